"""All feeds and all readers of one process, and the one clock that paces them.

Publishing is cheap and callable from any thread: it keeps the newest update of a feed and wakes the loop at most once a
slot. At each slot every feed that moved is offered to its readers: at most 20 writes a second to each, the first at
once, the last guaranteed.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from tallylight.clock import Clock
from tallylight.live import frames
from tallylight.live.accounting import Accounts, Cause
from tallylight.live.compression import Packer
from tallylight.live.drive import Rest
from tallylight.live.feed import Feed, Slot
from tallylight.live.line import Line
from tallylight.live.opening import Bundles
from tallylight.live.reader import Reader, Wish
from tallylight.live.transport import Chunks
from tallylight.live.update import Entry, Update

log: Final = logging.getLogger(__name__)

#: Bytes that one reader may hold at most: a write under way (the newest states and 500 entries, which are shared where
#: readers keep up) and what the server buffers before `send` waits.
READER_MEMORY: Final = (128 + 64) << 10
#: Readers at the same time, where open files allow so many.
MOST_READERS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a hub treats its readers. All times in seconds."""

    slot: float = 0.05  #: between two writes to one reader
    #: Silence after which a reader gets a heartbeat. Proxies and antivirus products cut idle streams from 15 s on.
    heartbeat: float = 10.0
    #: A reader that takes nothing for so long is dropped.
    deadline: float = 30.0
    #: A connection older than this, less up to a fifth of it, is ended with `bye`, and its reader comes back: behind a
    #: proxy that takes everything a dead client shows in no other way.
    longest: float = 900.0
    farewell: float = 1.0  #: a stopping server gives its readers so long to take their `bye`
    most_readers: int = MOST_READERS
    #: So long readers are written to in one go. Then others have their turn on the event loop: a request must not wait
    #: until thousands of readers have their update.
    turn: float = 0.0005


class Hub:
    """Feeds by key, each with its newest slot, and the readers that follow them.

    Guarantees: a reader is offered every feed's newest update no later than one slot after it was published; updates of
    a feed are offered in the order of their seq; a final update is never replaced by another before it was offered; no
    reader waits for another.
    """

    def __init__(self, clock: Clock, *, tally: int = 0, pace: Pace | None = None, is_sole: bool = True) -> None:
        self.accounts = Accounts(reader_memory_bound=READER_MEMORY)
        self.packer = Packer()  #: for the streams of clients that take gzip
        self._clock = clock
        self._pace = pace or Pace()
        self._lock = threading.Lock()
        self._published: dict[str, list[Update]] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._published_at = 0.0  #: of the first update of the coming slot
        self._slot_published_at = 0.0  #: of the slot that is being written
        self._awake = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: TaskGroup | None = None
        self._moved = anyio.Event()
        self._newcomers = anyio.Event()
        self._stopping = anyio.Event()
        self._feeds: dict[str, Feed] = {}
        self._readers: dict[Reader, None] = {}
        self._unbeaten: list[Reader] = []
        self._follow_entries = 0
        self._tally = tally
        self._is_sole = is_sole  #: all writes are published here in their order; else `reached` counts
        self._bundles = Bundles()
        self._chunks = Chunks()
        self._slot: Iterator[None] = iter(())  #: what is left of the newest slot
        self._under_way: dict[str, list[Update]] = {}  #: its updates
        self._closed = False

    @property
    def readers(self) -> int:
        """How many clients are connected."""
        return len(self._readers)

    @property
    def tally(self) -> int:
        """Position up to which everything was published: what is read after reading this is at least as new."""
        return self._tally

    def reached(self, tally: int) -> None:
        """Everything up to this position was published: for a hub that is not the sole one, since updates of what other
        processes wrote come later than newer ones of this.
        """
        self._tally = max(self._tally, tally)

    @property
    def wants_entries(self) -> bool:
        """Whether anybody follows the second lane; entries of updates published meanwhile may be left out."""
        return self._follow_entries > 0

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def full(self) -> bool:
        """Whether one more reader would be too many. Nobody is ever sent away for a newcomer: that would cascade."""
        return len(self._readers) >= self._pace.most_readers

    def publish(self, update: Update) -> None:
        """Make this the newest update of its feed. Callable from any thread; never waits for a reader."""
        now = self._clock.monotonic()
        with self._lock:
            waiting = self._published.setdefault(update.key, [])
            # An end must be told, also where a commit set the session in motion again within the same slot.
            if waiting and not waiting[-1].final:
                waiting.pop()
            waiting.append(update)
            if update.entries:
                self._entries.setdefault(update.key, []).extend(update.entries)
            if self._is_sole:
                self._tally = max(self._tally, update.tally)
            self.accounts.published += 1
            if self._awake or self._loop is None:
                return
            self._awake = True
            self._published_at = now
        self._loop.call_soon_threadsafe(self._wake)

    def join(self, wish: Wish, epoch: str = "") -> Reader:
        """Register a reader. From now on nothing published passes it by: read the state after this."""
        reader = Reader(wish, epoch)
        reader.last_write = self._clock.monotonic()
        # Drawn once for each: a crowd that came together must not leave, and come back, together.
        reader.expires = reader.last_write + self._pace.longest * random.uniform(0.8, 1)  # noqa: S311 (guards nothing)
        self._readers[reader] = None
        self._follow_entries += wish.outcomes
        self.accounts.opened(wish.transport)
        log.info("reader came: %s %s", wish.transport, wish.only or "")
        if self._closed:
            self._dismiss(reader, Cause.STOPPING)
        else:
            self._unbeaten.append(reader)
            self._newcomers.set()
        return reader

    def begin(
        self, reader: Reader, told: Mapping[str, int], tally: int = 0, known: Mapping[str, int] | None = None
    ) -> None:
        """Note what a reader's opening tells, as `Reader.begin` does."""
        with self._lock:
            coming = {key: tuple(waiting) for key, waiting in self._published.items()}
        under_way = {key: tuple(waiting) for key, waiting in self._under_way.items()}
        unsent = {key: under_way.get(key, ()) + coming.get(key, ()) for key in under_way | coming}
        reader.begin(told, tally, unsent, known)

    def attach(self, reader: Reader, line: Line) -> None:
        """From now on a client that takes nothing is noticed; nothing is written before `opened`."""
        line.busy = True
        reader.line = line
        line.notice_death(self._pace.deadline)

    def opened(self, reader: Reader, line: Line) -> None:
        """From now on the hub itself writes to the reader, beginning with what is pending."""
        line.busy = False
        reader.last_write = self._clock.monotonic()
        self._push(reader)

    def leave(self, reader: Reader, cause: Cause = Cause.GONE) -> None:
        """Forget a reader. Harmless when it has left before."""
        if reader in self._readers:
            del self._readers[reader]
            self._follow_entries -= reader.wish.outcomes
            self.accounts.ended(reader.wish.transport, cause)
            log.info("reader left: %s, %s", reader.wish.transport, cause)

    def close(self) -> None:
        """End every stream with `bye`: the server stops. Readers come back at spread times. Not from other threads."""
        if not self._closed:
            # Before any `bye`: what was published within this slot may be the last that a session says.
            self.flush()
            self._closed = True
            for reader in list(self._readers):
                if reader.cause is None:
                    self._dismiss(reader, Cause.STOPPING)
            self._stopping.set()

    def close_soon(self) -> None:
        """`close`, callable from any thread and from signal handlers. Does nothing where the hub is not running."""
        if self._loop is not None:
            # Closing may start tasks, which a bare callback of the loop may not.
            self._loop.call_soon_threadsafe(self._stopping.set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Pace the readers while the context is open; closing it ends every stream."""
        self._loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as self._tasks:
            for loop in (self._flushing, self._greeting, self._watching, self._closing):
                self._tasks.start_soon(loop)
            try:
                yield self
            finally:
                self.close()
                with anyio.CancelScope(shield=True):
                    await self._see_off()
                self._loop = None
                self._tasks.cancel_scope.cancel()

    def flush(self) -> None:
        """Offer what was published since the last slot to every reader it concerns, and write to those that wait."""
        for _ in self._slot:  # one that is under way comes first
            pass
        self._slot = self._offering()
        for _ in self._slot:
            pass

    # --- writing --------------------------------------------------------------------------------------------------

    def _offering(self) -> Iterator[None]:
        """A slot, in turns of a few readers each."""
        with self._lock:
            updates, self._published = self._published, {}
            entries, self._entries = self._entries, {}
            tally, published_at = self._tally, self._published_at
            self._awake = False
        self._under_way, self._slot_published_at = updates, published_at
        moved = {
            key: [self._advance(update, entries.get(key, [])) for update in waiting] for key, waiting in updates.items()
        }
        everything = [advanced for waiting in moved.values() for advanced in waiting]
        written, turn_ends = self.accounts.delivered, self._clock.monotonic() + self._pace.turn
        for reader in list(self._readers):
            if reader in self._readers:
                self._offer(reader, everything if reader.only is None else moved.get(reader.only, []), tally)
            if self._clock.monotonic() >= turn_ends:
                self._note_delay(published_at, written)
                yield
                written, turn_ends = self.accounts.delivered, self._clock.monotonic() + self._pace.turn
        self._note_delay(published_at, written)
        self._under_way = {}

    def _note_delay(self, published_at: float, delivered_before: int) -> None:
        delivered = self.accounts.delivered - delivered_before
        self.accounts.publish_to_write.observe_many(self._clock.monotonic() - published_at, delivered)

    def _offer(self, reader: Reader, offers: list[tuple[Feed, Slot]], tally: int) -> None:
        if len(offers) == 1 and (piece := reader.only_news(offers[0][1], tally)):
            self._write(reader, piece)
        elif offers:
            for feed, slot in offers:
                self.accounts.conflated += reader.offer(feed, slot, tally)
            self._push(reader)

    def _advance(self, update: Update, entries: list[Entry]) -> tuple[Feed, Slot]:
        feed = self._feeds.setdefault(update.key, Feed(update.key))
        # What comes after an end belongs to the feed that follows.
        feed.add(entry for entry in entries if entry.seq <= update.seq)
        entries[:] = [entry for entry in entries if entry.seq > update.seq]
        slot = feed.advance(update)
        if update.final:
            del self._feeds[update.key]
        return feed, slot

    def _push(self, reader: Reader) -> None:
        """Write what is pending to a reader, unless a write is still under way: then that one's end comes back here."""
        if reader.line is None or reader.line.busy:
            return
        piece = reader.take(self._bundles)
        if piece:
            self._write(reader, piece)
        elif reader.cause is not None:
            reader.line.hang_up(reader.cause)

    def _write(self, reader: Reader, piece: bytes) -> None:
        line = reader.line
        assert line is not None
        body = line.encoded(piece)
        try:
            rest = line.write(body, self._chunks)
        except OSError:
            line.abort(Cause.GONE)
            return
        if rest is not None:
            line.busy = True
            if self._tasks is not None:
                self._tasks.start_soon(self._finish, reader, line, rest, len(body), self._slot_published_at)
            return
        self._wrote(reader, len(body))
        if reader.cause is not None:
            line.hang_up(reader.cause)

    async def _finish(self, reader: Reader, line: Line, rest: Rest, size: int, published_at: float) -> None:
        try:
            with line.finishing():
                await rest
        except OSError:
            line.abort(Cause.GONE)
        finally:
            line.busy = False
        if line.cause is None:
            self._wrote(reader, size)
            self.accounts.publish_to_write.observe_many(reader.last_write - published_at, reader.taken)
            self._push(reader)

    def _wrote(self, reader: Reader, size: int) -> None:
        reader.last_write = self._clock.monotonic()
        self.accounts.delivered += reader.taken
        self.accounts.bytes_written += size

    # --- loops ----------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._moved.set()

    async def _flushing(self) -> None:
        next_slot = self._clock.monotonic()
        while True:
            await self._moved.wait()
            await self._clock.sleep_until(next_slot)
            self._moved = anyio.Event()
            # Counted from its start: a slot that takes long must not make the next one late too.
            next_slot = self._clock.monotonic() + self._pace.slot
            self._slot = self._offering()
            for _ in self._slot:
                await checkpoint()

    async def _greeting(self) -> None:
        """Beat once soon after the opening: some antivirus products hold the first event until a second comes."""
        while True:
            await self._newcomers.wait()
            await self._clock.sleep_until(self._clock.monotonic() + self._pace.slot)
            self._newcomers = anyio.Event()
            newcomers, self._unbeaten = self._unbeaten, []
            self._beat(newcomers)

    async def _watching(self) -> None:
        """Once in a while look at every reader: which are silent, which take nothing, which are too old."""
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + self._pace.heartbeat / 10)
            now = self._clock.monotonic()
            # Looked at ten times a beat, so one that would be due before the next look is due now.
            silent_since = now - self._pace.heartbeat * 0.9
            self._beat([reader for reader in self._readers if reader.last_write <= silent_since])
            for reader in list(self._readers):
                self._look_at(reader, now)

    def _look_at(self, reader: Reader, now: float) -> None:
        if reader.line is not None and reader.line.stalled(now) > self._pace.deadline:
            reader.line.abort(Cause.STALLED)
        elif reader.cause is None and now > reader.expires:
            self._dismiss(reader, Cause.AGED)

    def _beat(self, readers: list[Reader]) -> None:
        frame = frames.heartbeat(self._clock.now())
        for reader in readers:
            if reader.cause is None:
                reader.say(frame)
                self._push(reader)

    def _dismiss(self, reader: Reader, cause: Cause) -> None:
        again = random.randrange(2000, 10_000)  # noqa: S311 (spreads reconnects; guards nothing)
        reader.say(frames.event("bye", {"reason": cause.value}, retry_ms=again), ends=cause)
        self._push(reader)

    async def _closing(self) -> None:
        """Not only when the hub itself ends: a server that waits for its responses would wait for the stalled."""
        await self._stopping.wait()
        self.close()
        await self._see_off()

    async def _see_off(self) -> None:
        deadline = self._clock.monotonic() + self._pace.farewell
        while self._lines() and self._clock.monotonic() < deadline:
            await self._clock.sleep_until(min(deadline, self._clock.monotonic() + self._pace.slot))
        for line in self._lines():
            line.abort(Cause.STOPPING)

    def _lines(self) -> list[Line]:
        return [reader.line for reader in self._readers if reader.line is not None]
