"""The same messages by polling, where a stream cannot pass. Pure, but for remembering where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from tallylight.client.heard import End, Json, Message, Reset, state_of
from tallylight.model import AT_REST

_STREAM: Final = re.compile(r"(?P<before>.*/api/ingest)/stream(?:/(?P<session>[^/]+))?")
#: Seconds that the server may wait for news, and what an answer may take beyond that.
_WAIT: Final = 25
_MARGIN: Final = 15.0


class Poll:
    """The poll in place of one stream."""

    def __init__(self, base: str, session_id: str) -> None:
        self._base = base
        self._session_id = session_id
        self._cursor = ""

    @property
    def is_of_one(self) -> bool:
        """Whether it is about one session."""
        return bool(self._session_id)

    @property
    def url(self) -> str:
        """Where the next answer is."""
        after = f"&after={quote(self._cursor, safe='')}" if self._cursor else ""
        named = f"&session={quote(self._session_id, safe='')}" if self._session_id else ""
        return f"{self._base}?wait={_WAIT}{after}{named}"

    @property
    def patience(self) -> float:
        """Seconds that its answer may take."""
        return _WAIT + _MARGIN

    def heard(self, answer: Json) -> Iterator[Message]:
        """The messages of an answer, those of other sessions left out."""
        self._cursor = answer["cursor"]
        if "reset" in answer:
            yield Reset(reason=answer["reset"], session_id=self._session_id)
        for body in answer["states"]:
            if self._session_id in {"", body["session_id"]}:
                state = state_of(body, self._cursor)
                yield state
                if state.status in _OVER:
                    session_id, status, seq = state.session_id, state.status, state.seq
                    yield End(session_id=session_id, status=status, seq=seq, position=self._cursor)


_OVER: Final = AT_REST | {"deleted"}


def poll_of(stream_url: str) -> Poll | None:
    """The poll that says what this stream says; None for an address that is none of a Tallylight server."""
    parts = urlsplit(stream_url)
    match = _STREAM.fullmatch(parts.path)
    if match is None:
        return None
    base = urlunsplit((parts.scheme, parts.netloc, f"{match['before']}/poll", "", ""))
    return Poll(base, unquote(match["session"] or ""))
