"""The application under the `uvicorn` command itself, as anybody may run it."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping

from tests.serving import Server


class PlainUvicorn(Server):
    """Nothing is set for it but what the application needs to start."""

    says = "running on "
    #: uvicorn raises the signal once more when it has stopped; of the two only SIGTERM then ends it.
    exit_statuses: Mapping[int, int] = {signal.SIGTERM: -signal.SIGTERM, signal.SIGINT: 0}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "--factory", "tallylight.web.app:create_app", "--port", "0"]

    def environment(self) -> dict[str, str]:
        return {
            "TALLYLIGHT_ROOTS": json.dumps([str(self.root)]),
            "TALLYLIGHT_DATA": str(self.data),
            "TALLYLIGHT_JOBS": str(self.jobs),
        }
