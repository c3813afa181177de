"""Plain lines, for logs and pipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from tallylight.cli.draw import words
from tallylight.facts import Trouble
from tallylight.model import Json

#: Seconds between two lines of progress: a log is read later, so seldom is enough.
EVERY: Final = 5.0


class Plain:
    """A line now and then, one for each failure, one at the end. Never moves the cursor."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown_at: float | None = None
        self._held: list[str] = []  #: lines that came before the session was named

    def message(self, message: Json) -> None:
        if self._shown_at is None:
            self._name(message)
        elif message["t"] - self._shown_at >= EVERY:
            self._shown_at = message["t"]
            self._line("; ".join(part for part in (words.progress(message), words.pace(message)) if part))

    def failures(self, failures: Sequence[Trouble]) -> None:
        lines = [f"failed: {words.failure(trouble)}" for trouble in failures]
        if self._shown_at is None:
            self._held += lines
            return
        for line in lines:
            self._line(line)

    def finish(self, message: Json) -> None:
        # Of a session that was done at once this is all there is.
        if self._shown_at is None:
            self._name(message)
        self._line(words.ending(message))

    def close(self) -> None:
        """Nothing was changed that would have to be put back."""

    def _name(self, message: Json) -> None:
        self._shown_at = message["t"]
        self._line(f"session {message['session_id']}")
        for line in self._held:
            self._line(line)

    def _line(self, text: str) -> None:
        # A log in another encoding must not end the run over one file's name.
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        self._out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._out.flush()
