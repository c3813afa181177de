"""One JSON message a line: the stream's own messages, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from tallylight.facts import Trouble
from tallylight.model import Json


class JsonLines:
    """Each line is a whole message; the last one of a phase has a status at rest. Failures are in the messages."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def message(self, message: Json) -> None:
        # Escaped to ASCII: whatever the terminal's encoding, every line can be written and read.
        self._out.write(json.dumps(message, separators=(",", ":"), allow_nan=False) + "\n")
        self._out.flush()

    def failures(self, failures: Sequence[Trouble]) -> None:
        """Said by the messages themselves."""

    def finish(self, message: Json) -> None:
        self.message(message)

    def close(self) -> None:
        """Nothing was changed that would have to be put back."""
