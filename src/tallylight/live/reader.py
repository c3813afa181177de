"""One connected client.

A reader is not a queue: it holds the newest unsent update of each feed it follows, so a slow one costs its own bounded
memory and is told less often, but always the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import anyio

from tallylight.live import opening
from tallylight.live.cursor import Cursor
from tallylight.live.update import Update


class Reader:
    """What one client has yet to be told. Made and fed by the hub, emptied by its response; all on the event loop.

    `only` is the feed it follows, None for a shared reader, which follows every feed.
    """

    def __init__(self, only: str | None, epoch: str = "") -> None:
        self.only = only
        self.wake = anyio.Event()
        self.last_write = 0.0  #: monotonic; the hub beats when this is long ago
        self.scope: anyio.CancelScope | None = None  #: of the response's pump, to end a stalled one
        self.closing = False  #: what is pending now is the last
        self._epoch = epoch  #: of the shared cursors
        self._tally = 0
        self._newest: dict[str, Update] = {}
        self._stale: dict[str, Update] = {}
        self._extra: list[bytes] = []

    def offer(self, update: Update, tally: int) -> None:
        """Put an update in place of an unsent older one of the same feed."""
        if self.closing:
            return
        if self._stale.pop(update.key, None) is update:
            return
        waiting = self._newest.get(update.key)
        if waiting is None or update.seq >= waiting.seq:
            self._newest[update.key] = update
        self._tally = max(self._tally, tally)
        if self.only is not None and update.final:
            self.closing = True
        self.wake.set()

    def say(self, frame: bytes, *, last: bool = False) -> None:
        """Send an event that is no state (heartbeat, bye) with the next write."""
        if not self._extra or last:
            self._extra.append(frame)
        self.closing = self.closing or last
        self.wake.set()

    def begin(self, told: dict[str, int], tally: int = 0, unsent: Mapping[str, Update] = MappingProxyType({})) -> None:
        """Note what the opening told (feed to seq): updates that waited meanwhile and are not newer are dropped.

        `unsent` are those the hub has yet to offer; what `tally` covers of them is no news either. One of the same seq
        that is published later is a refresh, and is not dropped.
        """
        self._stale = {
            key: update for key, update in unsent.items() if update.seq <= told.get(key, -1) or update.tally <= tally
        }
        for key, seq in told.items():
            if key in self._newest and self._newest[key].seq <= seq:
                del self._newest[key]
        self._tally = max(self._tally, tally)
        if not self.pending:
            self.wake = anyio.Event()

    @property
    def pending(self) -> bool:
        return bool(self._newest or self._extra)

    def take(self) -> bytes:
        """Everything unsent as the bytes of one write; forgets it."""
        self.wake = anyio.Event()
        updates, self._newest = list(self._newest.values()), {}
        extra, self._extra = b"".join(self._extra), []
        if self.only is not None:
            return b"".join(update.frame for update in updates) + extra
        return opening.several(updates, Cursor(self._epoch, self._tally)) + extra
