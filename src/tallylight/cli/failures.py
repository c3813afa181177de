"""Which failures of a session have been drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from anyio import to_thread

from tallylight.facts import Trouble
from tallylight.model import Json

#: Failures read in one go.
PAGE: Final = 1000

#: The failed outcomes numbered above some seq, in order, at most `PAGE`, each with its own. Blocks.
ReadPage = Callable[[int], Sequence[tuple[int, Trouble]]]


class Failures:
    """Reads the list of them, since a message tells only the last few."""

    def __init__(self, read_page: ReadPage, after: int) -> None:
        self._read_page = read_page
        self._after = after
        self._seen = (-1, -1)

    async def new(self, message: Json) -> list[Trouble]:
        """Those that came with this message, each once."""
        # The count alone would not do: a file that is retried and fails again leaves it as it was.
        seen = (message["stats"]["errors"], message["progress"])
        if seen == self._seen or message["phase"] == "commit":
            return []
        found = await to_thread.run_sync(self._read)
        # Not before: what could not be read this time is read with the next message.
        self._seen = seen
        return found

    def _read(self) -> list[Trouble]:
        found: list[Trouble] = []
        while page := self._read_page(self._after):
            self._after = page[-1][0]
            found += [trouble for _, trouble in page]
        return found
