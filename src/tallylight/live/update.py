"""What `live` is told of a feed: a numbered state, and what happened on the way to it. It knows nothing of their
meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallylight.live import frames
from tallylight.live.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, for the second lane, where each one matters and none is conflated away."""

    seq: int
    body: Mapping[str, Any]  #: JSON values, `seq` among them


@dataclass(frozen=True, slots=True)
class Update:
    """A whole state of one feed. Never changed after it was made: every reader shares its bytes."""

    key: str  #: which feed
    epoch: str
    seq: int  #: counts the facts behind the state; never falls within an epoch
    state: Mapping[str, Any]  #: JSON values, no nulls; the mapping must not change after this
    final: bool  #: the feed is at rest: `end` follows
    tally: int = 0  #: position among the writes of all feeds: what shared cursors count
    entries: tuple[Entry, ...] = ()  #: what happened since the update before, oldest first

    @property
    def position(self) -> str:
        """The id of this state on its own stream."""
        return str(Cursor(self.epoch, self.seq))

    @property
    def end_position(self) -> str:
        """The id of its end on its own stream."""
        return str(Cursor(self.epoch, self.seq, ended=True))

    def end(self, position: str = "") -> bytes:
        """The `end` event of this state."""
        body = {"session_id": self.key, "status": self.state.get("status", "ended"), "seq": self.seq}
        return frames.event("end", body, position)
