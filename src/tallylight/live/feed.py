"""One feed: its newest state as a slot whose bytes all readers share, and the tail of its entries."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from tallylight.live import frames
from tallylight.live.cursor import Cursor
from tallylight.live.patch import difference
from tallylight.live.update import Entry, Update

#: Entries a feed keeps for connected readers that fall behind; a resuming one is told from the journal.
TAIL: Final = 2_000
#: Entries told at most in one write: a reader that fell behind gets the newest, and the number it missed.
MOST_ENTRIES: Final = 500


class Slot:
    """A published state, numbered among its feed's, with the frames that its readers share.

    `base` is the slot before it. Each frame is encoded on first use and never again.
    """

    def __init__(self, number: int, update: Update, base: Slot | None) -> None:
        self.number = number
        self.update = update
        self._shared: tuple[tuple[str, int, bool], bytes] = (("", 0, False), b"")
        self._before = base.update.state if base is not None else None

    @cached_property
    def data(self) -> bytes:
        """The whole state's `data:` line."""
        return frames.data(self.update.state)

    @cached_property
    def patch(self) -> bytes:
        """The `event:` and `data:` lines of the patch from the slot before; empty where there is none."""
        if self._before is None:
            return b""
        update, patch = self.update, difference(self._before, self.update.state)
        body = {"session_id": update.key, "base": self.number - 1, "slot": self.number, "seq": update.seq}
        return b"event: patch\n" + frames.data({**body, "t": update.state.get("t"), "patch": patch})

    @cached_property
    def whole_frame(self) -> bytes:
        """What a reader of this feed alone is sent: the state with its id, and the end where it is final."""
        return self.framed(self.data)

    @cached_property
    def patch_frame(self) -> bytes:
        """The same as a patch."""
        return self.framed(self.patch)

    def shared_frame(self, epoch: str, tally: int, *, as_patch: bool) -> bytes:
        """What a shared reader is sent where this is all there is to tell: the same, with a shared position."""
        key = (epoch, tally, as_patch)
        if self._shared[0] != key:
            line, update = self.patch if as_patch else self.data, self.update
            position = str(Cursor(epoch, tally))
            frame = frames.message(line) + update.end(position) if update.final else frames.message(line, position)
            self._shared = (key, frame)
        return self._shared[1]

    def framed(self, line: bytes) -> bytes:
        """`line` (`data` or `patch`) as an event with this feed's own id, and the end where it is final."""
        update = self.update
        whole = frames.message(line, update.position)
        return whole + update.end(update.end_position) if update.final else whole


class Feed:
    """The newest slot of a feed, and its last entries. Fed and read on the event loop."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.newest: Slot | None = None
        self._tail: deque[Entry] = deque(maxlen=TAIL)
        self._count = 0  #: entries so far
        self._newest_entries: tuple[Entry, ...] = ()
        self._told: tuple[int, int, bytes] = (-1, -1, b"")

    def advance(self, update: Update) -> Slot:
        """Make a slot of the newest update."""
        number = self.newest.number + 1 if self.newest is not None else 1
        self.newest = Slot(number, update, self.newest)
        return self.newest

    def add(self, entries: Iterable[Entry]) -> None:
        """Append entries to the tail."""
        self._newest_entries = tuple(entries)
        self._tail.extend(self._newest_entries)
        self._count += len(self._newest_entries)

    @property
    def count(self) -> int:
        """How many entries there were: the place a reader that knows them all is at."""
        return self._count

    def place_after(self, seq: int) -> int:
        """The place of a reader that knows the entries up to `seq`, as far as the tail reaches back."""
        return self._count - _newer(self._tail, seq)

    def place_before_newest(self, seq: int) -> int:
        """The same for a reader that lacks none but of those added last: then all of them count, however many."""
        return self._count - _newer(self._newest_entries, seq)

    def entries_frame(self, place: int) -> bytes:
        """The `outcomes` event for a reader at `place`, encoded once for all at it; empty where nothing is new."""
        if place >= self._count:
            return b""
        if self._told[:2] != (place, self._count):
            self._told = (place, self._count, self._encoded(place))
        return self._told[2]

    def _encoded(self, place: int) -> bytes:
        missing = self._count - place
        known = min(missing, len(self._tail), MOST_ENTRIES)
        entries = [self._tail[index] for index in range(len(self._tail) - known, len(self._tail))]
        return outcomes_event(self.key, [entry.body for entry in entries], skipped=missing - known)


def _newer(entries: Iterable[Entry], seq: int) -> int:
    return sum(entry.seq > seq for entry in entries)


def outcomes_event(key: str, items: Sequence[Mapping[str, Any]], *, skipped: int = 0) -> bytes:
    """An `outcomes` event. `from` and `to` are the seqs of its first and last item; `skipped` came before the first."""
    body = {"session_id": key, "from": items[0]["seq"], "to": items[-1]["seq"], "skipped": skipped, "items": items}
    return frames.event("outcomes", body)
