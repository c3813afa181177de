"""What `live` is told of a feed: a numbered state. It knows nothing of what the state means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tallylight.live import frames
from tallylight.live.cursor import Cursor


@dataclass(frozen=True)
class Update:
    """A whole state of one feed. Never changed after it was made: every reader shares its bytes."""

    key: str  #: which feed
    epoch: str
    seq: int  #: counts the facts behind the state; never falls within an epoch
    state: Mapping[str, Any]  #: JSON values; the mapping must not change after this
    final: bool  #: the feed is at rest: `end` follows
    tally: int = 0  #: position among the writes of all feeds: what shared cursors count

    @cached_property
    def data(self) -> bytes:
        """The state's `data:` line, encoded on first use and then shared."""
        return frames.data(self.state)

    @cached_property
    def frame(self) -> bytes:
        """The state as a message with this feed's own id, and the end where it is final: what a single-feed reader
        gets.
        """
        whole = frames.message(self.data, str(Cursor(self.epoch, self.seq)))
        return whole + self.end(str(Cursor(self.epoch, self.seq, ended=True))) if self.final else whole

    def end(self, position: str = "") -> bytes:
        """The `end` event of this state."""
        body = {"session_id": self.key, "status": self.state.get("status", "ended"), "seq": self.seq}
        return frames.event("end", body, position)
