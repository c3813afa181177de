"""One connected client.

A reader is not a queue: it holds the newest unsent slot of each feed it follows, so a slow one costs its own bounded
memory and is told less often, but always the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import anyio

from tallylight.live.accounting import Cause, ReaderTransport
from tallylight.live.cursor import Cursor
from tallylight.live.feed import Feed, Slot
from tallylight.live.line import Line
from tallylight.live.opening import Bundles
from tallylight.live.update import Update

_NOTHING: Final[Mapping[str, tuple[Update, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asked for."""

    only: str | None = None  #: the feed it follows; None is the shared stream, which follows every feed
    patch: bool = False  #: patches where it has the state before
    outcomes: bool = False  #: the second lane too
    polls: bool = False  #: it waits for one answer

    @property
    def transport(self) -> ReaderTransport:
        """How it is counted."""
        if self.polls:
            return ReaderTransport.POLL
        return ReaderTransport.SHARED if self.only is None else ReaderTransport.SESSION


class Reader:
    """What one client has yet to be told. Made and fed by the hub; all on the event loop."""

    __slots__ = (
        "_ended",
        "_epoch",
        "_extra",
        "_given",
        "_known",
        "_newest",
        "_places",
        "_stale",
        "_tally",
        "_waiter",
        "cause",
        "expires",
        "last_write",
        "line",
        "only",
        "taken",
        "wish",
    )

    def __init__(self, wish: Wish, epoch: str = "") -> None:
        self.wish = wish
        self.only = wish.only
        self.line: Line | None = None  #: where the hub writes; None while the reader is emptied by hand
        self.taken = 0  #: updates in the newest write
        self.last_write = 0.0  #: monotonic; the hub beats when this is long ago
        self.expires = 0.0  #: monotonic; the hub ends it when this is past
        self.cause: Cause | None = None  #: why it ends; what is pending then is the last
        self._epoch = epoch  #: of the shared cursors
        self._tally = 0
        self._newest: dict[str, tuple[Feed, Slot]] = {}
        self._ended: list[tuple[Feed, Slot]] = []  #: finals that something newer follows already
        self._stale: dict[str, tuple[Update, ...]] = {}
        self._given: dict[str, int] = {}  #: number of the slot it was last told, by feed
        self._known: dict[str, int] = {}  #: seq up to which it knows the entries, by feed
        self._places: dict[Feed, int] = {}  #: its place among the entries of each feed it is told of
        self._extra: list[bytes] = []
        self._waiter: anyio.Event | None = None

    def only_news(self, slot: Slot, tally: int) -> bytes:
        """The bytes of a slot that is all there is to tell: the shortest way, taken nearly always. Empty where
        something else is pending, or under way, or wished for.
        """
        line = self.line
        if line is None or line.busy or self._newest or self._extra or self._stale or self.wish.outcomes:
            return b""
        if self.cause is not None or self._ended:
            return b""
        self.taken = 1
        as_patch = self._has_base(slot)
        if self.only is None:
            self._tally = max(self._tally, tally)
            return slot.shared_frame(self._epoch, self._tally, as_patch=as_patch)
        if slot.update.final:
            self.cause = Cause.REST
        return slot.patch_frame if as_patch else slot.whole_frame

    def offer(self, feed: Feed, slot: Slot, tally: int) -> bool:
        """Put a slot in place of an unsent older one of the same feed; True where there was one."""
        if self.cause is not None or self._is_stale(slot.update):
            return False
        waiting = self._newest.pop(feed.key, None)
        if waiting is not None and waiting[1].update.final:
            self._ended.append(waiting)
        self._newest[feed.key] = (feed, slot)
        if self.wish.outcomes and feed not in self._places:
            # Now, not when it is told: a slow reader would by then have lost entries that nobody counted.
            self._places[feed] = feed.place_before_newest(self._known.get(feed.key, 0))
        self._tally = max(self._tally, tally)
        self._stir()
        return waiting is not None and not waiting[1].update.final

    def _is_stale(self, update: Update) -> bool:
        """Whether the opening covered it; forgets what it covered once something else comes, which is newer."""
        is_stale = any(update is covered for covered in self._stale.get(update.key, ()))
        if not is_stale:
            self._stale.pop(update.key, None)
        return is_stale

    def say(self, frame: bytes, ends: Cause | None = None) -> None:
        """Send an event that is no state (heartbeat, bye) with the next write; `ends` makes that the last one."""
        if not self._extra or ends:
            self._extra.append(frame)
        self.cause = self.cause or ends
        self._stir()

    def begin(
        self,
        told: Mapping[str, int],
        tally: int = 0,
        unsent: Mapping[str, tuple[Update, ...]] = _NOTHING,
        known: Mapping[str, int] | None = None,
    ) -> None:
        """Note what the opening told (feed to seq): what waited meanwhile and is not newer is dropped.

        `unsent` are updates the hub has yet to offer; what `tally` covers of them is no news either. One of the same
        seq that is published later is a refresh, and is not dropped. `known` is up to where it was told the entries,
        where that is further than the states.
        """

        def is_no_news(update: Update) -> bool:
            return update.seq <= told.get(update.key, -1) or update.tally <= tally

        covered = {key: tuple(filter(is_no_news, updates)) for key, updates in unsent.items()}
        self._stale = {key: updates for key, updates in covered.items() if updates}
        self._known = {**told, **(known or {})}
        self._newest = {key: offered for key, offered in self._newest.items() if not is_no_news(offered[1].update)}
        self._ended = [offered for offered in self._ended if not is_no_news(offered[1].update)]
        if self.wish.outcomes:
            feeds = (feed for feed, _ in (*self._ended, *self._newest.values()))
            self._places = {feed: feed.place_after(self._known.get(feed.key, 0)) for feed in feeds}
        self._tally = max(self._tally, tally)

    @property
    def pending(self) -> bool:
        return bool(self._newest or self._extra)

    async def wait(self) -> None:
        """Return once something is pending: for readers without a line, which are emptied by `take`."""
        while not self.pending:
            self._waiter = anyio.Event()
            await self._waiter.wait()

    def take(self, bundles: Bundles | None = None) -> bytes:
        """Everything unsent as the bytes of one write; forgets it. Entries come first; only the last event of states
        carries the id, so that a reader cut off in between is told all of them again. Readers with the same `bundles`
        share the bytes.
        """
        offered = [*self._ended, *self._newest.values()]
        self._ended, self._newest = [], {}
        self.taken = len(offered)
        extra, self._extra = b"".join(self._extra), []
        entries = b"".join(self._entries(feed, slot) for feed, slot in offered) if self.wish.outcomes else b""
        if self.only is not None:
            return entries + b"".join(self._until_rest([slot for _, slot in offered])) + extra
        slots = [(slot, self._has_base(slot)) for _, slot in offered]
        return entries + (bundles or Bundles()).several(slots, Cursor(self._epoch, self._tally)) + extra

    def _until_rest(self, slots: list[Slot]) -> Iterator[bytes]:
        """What a reader of one feed is told: nothing comes after the end."""
        for slot in slots:
            yield self._own(slot)
            if slot.update.final:
                self.cause = self.cause or Cause.REST
                return

    def _own(self, slot: Slot) -> bytes:
        return slot.patch_frame if self._has_base(slot) else slot.whole_frame

    def _has_base(self, slot: Slot) -> bool:
        """Whether the client has the slot before, so that a patch will do; notes that it has this one now."""
        if not self.wish.patch:
            return False
        key = slot.update.key
        has_base = self._given.get(key) == slot.number - 1 and bool(slot.patch)
        if slot.update.final:
            # What comes after the end of a feed is another feed, with slots of its own.
            self._given.pop(key, None)
        else:
            self._given[key] = slot.number
        return has_base

    def _entries(self, feed: Feed, slot: Slot) -> bytes:
        frame = feed.entries_frame(self._places[feed])
        if slot.update.final:
            # What comes after the end of a feed is another feed, which counts its own entries.
            del self._places[feed]
        else:
            self._places[feed] = feed.count
        return frame

    def _stir(self) -> None:
        if self._waiter is not None:
            self._waiter.set()
