"""`tallylight serve` for others than its own machine: by token, and behind a proxy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.ports import free_port
from tests.serving import Server

#: Long enough to be rare beside what is told, short enough to be waited for.
HEARTBEAT = 2.0


class OpenServer(Server):
    """Requests show the token that it printed at its first start. Keeps its port over restarts, as proxies need it."""

    def __init__(self, root: Path, data: Path, *options: str, jobs: int = 1, prefix: Sequence[str] = ()) -> None:
        super().__init__(root, data, jobs=jobs, prefix=prefix)
        self.options = options
        self.token = ""
        self._own_port = free_port()

    @property
    def address(self) -> str:
        """Where it is found, started or not."""
        return f"http://127.0.0.1:{self._own_port}"

    def start(self) -> OpenServer:
        super().start()
        # The address comes first of all that it says, and requests are answered by then.
        if not self.token:
            self.token = self._told_token()
        return self

    def command(self) -> list[str]:
        before, after = super().command(), ["--port", str(self._own_port)]
        return [*before, *after, *self.options]

    def environment(self) -> dict[str, str]:
        return {"TALLYLIGHT_HEARTBEAT": str(HEARTBEAT)}

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _told_token(self) -> str:
        self.says_also("not shown again")
        found = re.search(r"\?token=(\S+)", "".join(self.output))
        assert found, self.output
        return found[1]
