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
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.abc import TaskGroup

from tallylight.clock import Clock
from tallylight.live import frames
from tallylight.live.accounting import Accounts, Cause
from tallylight.live.drive import Rest
from tallylight.live.feed import Feed, Slot
from tallylight.live.line import Line
from tallylight.live.reader import Reader, Wish
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


class Hub:
    """Feeds by key, each with its newest slot, and the readers that follow them.

    Guarantees: a reader is offered every feed's newest update no later than one slot after it was published; updates of
    a feed are offered in the order of their seq; a final update is never replaced by another before it was offered; no
    reader waits for another.
    """

    def __init__(self, clock: Clock, *, tally: int = 0, pace: Pace | None = None) -> None:
        self.accounts = Accounts(reader_memory_bound=READER_MEMORY)
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
        self._feeds: dict[str, Feed] = {}
        self._readers: dict[Reader, None] = {}
        self._unbeaten: list[Reader] = []
        self._follow_entries = 0
        self._tally = tally
        self._closed = False

    @property
    def readers(self) -> int:
        """How many clients are connected."""
        return len(self._readers)

    @property
    def tally(self) -> int:
        """Position of the newest published update: what is read after reading this is at least as new."""
        return self._tally

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
            unsent = {key: waiting[-1] for key, waiting in self._published.items()}
        reader.begin(told, tally, unsent, known)

    def attach(self, reader: Reader, line: Line) -> None:
        """From now on the hub itself writes to the reader, beginning with what is pending."""
        reader.line = line
        line.notice_death(self._pace.deadline)
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
            self._closed = True
            for reader in list(self._readers):
                self._dismiss(reader, Cause.STOPPING)
            if self._tasks is not None:
                # Not only when the hub itself ends: a server that waits for its responses would wait for the stalled.
                self._tasks.start_soon(self._see_off)

    def close_soon(self) -> None:
        """`close`, callable from any thread and from signal handlers. Does nothing where the hub is not running."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.close)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Pace the readers while the context is open; closing it ends every stream."""
        self._loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as self._tasks:
            for loop in (self._flushing, self._greeting, self._watching):
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
        with self._lock:
            updates, self._published = self._published, {}
            entries, self._entries = self._entries, {}
            tally, published_at = self._tally, self._published_at
            self._awake = False
        self._slot_published_at = published_at
        moved = {
            key: [self._advance(update, entries.pop(key, ())) for update in waiting] for key, waiting in updates.items()
        }
        everything = [advanced for waiting in moved.values() for advanced in waiting]
        written = self.accounts.delivered
        for reader in list(self._readers):
            only = reader.only
            offers = everything if only is None else moved.get(only, [])
            if len(offers) == 1 and (chunk := reader.only_news(offers[0][1], tally)):
                self._write(reader, chunk)
            elif offers:
                for feed, slot in offers:
                    self.accounts.conflated += reader.offer(feed, slot, tally)
                self._push(reader)
        self.accounts.publish_to_write.observe_many(
            self._clock.monotonic() - published_at, self.accounts.delivered - written
        )

    # --- writing --------------------------------------------------------------------------------------------------

    def _advance(self, update: Update, entries: Iterable[Entry]) -> tuple[Feed, Slot]:
        feed = self._feeds.setdefault(update.key, Feed(update.key))
        feed.add(entries)
        slot = feed.advance(update)
        if update.final:
            del self._feeds[update.key]
        return feed, slot

    def _push(self, reader: Reader) -> None:
        """Write what is pending to a reader, unless a write is still under way: then that one's end comes back here."""
        if reader.line is None or reader.line.busy:
            return
        chunk = reader.take()
        if chunk:
            self._write(reader, chunk)
        elif reader.cause is not None:
            reader.line.hang_up(reader.cause)

    def _write(self, reader: Reader, chunk: bytes) -> None:
        line = reader.line
        assert line is not None
        try:
            rest = line.write(chunk)
        except OSError:
            line.abort(Cause.GONE)
            return
        if rest is not None:
            line.busy = True
            if self._tasks is not None:
                self._tasks.start_soon(self._finish, reader, line, rest, len(chunk), self._slot_published_at)
            return
        self._wrote(reader, len(chunk))
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
            self.flush()

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
        # A real event, not a comment: comments are invisible to the page's watchdog.
        frame = frames.event("heartbeat", {"t": round(self._clock.now(), 3)})
        for reader in readers:
            if reader.cause is None:
                reader.say(frame)
                self._push(reader)

    def _dismiss(self, reader: Reader, cause: Cause) -> None:
        again = random.randrange(2000, 10_000)  # noqa: S311 (spreads reconnects; guards nothing)
        reader.say(frames.event("bye", {"reason": cause.value}, retry_ms=again), ends=cause)
        self._push(reader)

    async def _see_off(self) -> None:
        deadline = self._clock.monotonic() + self._pace.farewell
        while self._lines() and self._clock.monotonic() < deadline:
            await self._clock.sleep_until(min(deadline, self._clock.monotonic() + self._pace.slot))
        for line in self._lines():
            line.abort(Cause.STOPPING)

    def _lines(self) -> list[Line]:
        return [reader.line for reader in self._readers if reader.line is not None]
