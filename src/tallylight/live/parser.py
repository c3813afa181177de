"""The other end: reads the bytes of an event stream as a browser does (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
#: Digits of a reconnection time that is believed; anything longer is a joke, and Python refuses to read 4,301 of them.
_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event."""

    name: str  #: `message` where the stream gave none
    data: str
    id: str  #: the last event id at its dispatch


class Parser:
    """Feed it bytes in any pieces; it gives the events that are complete. An event cut off by the stream's end never
    appears.
    """

    def __init__(self) -> None:
        self.last_event_id = ""
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._started = False
        self._ended_by_cr = False  #: the piece before; a LF that begins the next one then belongs to that CR
        self._name = ""
        self._data: list[str] = []
        self._pending_id = ""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that this piece completes, in order."""
        text = self._decoder.decode(chunk)
        if not text:
            return
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if self._ended_by_cr:
            text = text.removeprefix("\n")
        self._ended_by_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + text)
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self._pending_id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
                self.retry_ms = int(value)
        return None

    def _dispatch(self) -> Event | None:
        self.last_event_id = self._pending_id
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return Event(name, "\n".join(data), self.last_event_id) if data else None
