"""All feeds and all readers of one process, and the one clock that paces them.

Publishing is cheap and callable from any thread: it keeps the newest update of a feed and wakes the loop at most once a
slot. At each slot every feed that moved is offered to its readers: at most 20 writes a second to each, the first at
once, the last guaranteed.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from tallylight.clock import Clock
from tallylight.live import frames
from tallylight.live.reader import Reader
from tallylight.live.update import Update

#: Seconds between two writes to one reader.
SLOT = 0.05
#: Seconds of silence after which a reader gets a heartbeat. Proxies and antivirus products cut idle streams from 15 s
#: on.
HEARTBEAT = 10.0
#: A stopping server gives its readers this long to take their `bye`; then it drops them.
FAREWELL = 1.0


class Hub:
    """Feeds by key, each with its newest update, and the readers that follow them.

    Guarantees: a reader is offered every feed's newest update no later than one slot after it was published; updates of
    a feed are offered in the order of their seq; a final update is never replaced by another before it was offered; no
    reader waits for another.
    """

    def __init__(self, clock: Clock, *, tally: int = 0, slot: float = SLOT, heartbeat: float = HEARTBEAT) -> None:
        self._clock = clock
        self._slot = slot
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._published: dict[str, Update] = {}
        self._awake = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = anyio.Event()
        self._newcomers = anyio.Event()
        self._readers: dict[Reader, None] = {}
        self._unbeaten: list[Reader] = []
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
    def closed(self) -> bool:
        return self._closed

    def publish(self, update: Update) -> None:
        """Make this the newest update of its feed. Callable from any thread; never waits for a reader."""
        with self._lock:
            self._published[update.key] = update
            self._tally = max(self._tally, update.tally)
            if self._awake or self._loop is None:
                return
            self._awake = True
        self._loop.call_soon_threadsafe(self._wake)

    def join(self, only: str | None, epoch: str = "") -> Reader:
        """Register a reader of one feed, or of all (None). From now on nothing published passes it by: read the state
        after this.
        """
        reader = Reader(only, epoch)
        reader.last_write = self._clock.monotonic()
        self._readers[reader] = None
        if self._closed:
            self._dismiss(reader)
        else:
            self._unbeaten.append(reader)
            self._newcomers.set()
        return reader

    def begin(self, reader: Reader, told: dict[str, int], tally: int = 0) -> None:
        """Note what a reader's opening tells (feed to seq, read at `tally`): what waits and is no newer is dropped."""
        with self._lock:
            unsent = dict(self._published)
        reader.begin(told, tally, unsent)

    def leave(self, reader: Reader) -> None:
        """Forget a reader. Harmless when it has left before."""
        self._readers.pop(reader, None)

    def wrote(self, reader: Reader) -> None:
        """Note that the reader was just written to, which postpones its heartbeat."""
        reader.last_write = self._clock.monotonic()

    def close(self) -> None:
        """End every stream with `bye`: the server stops. Readers come back at spread times. Not from other threads."""
        if not self._closed:
            self._closed = True
            for reader in list(self._readers):
                self._dismiss(reader)

    def close_soon(self) -> None:
        """`close`, callable from any thread and from signal handlers. Does nothing where the hub is not running."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.close)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Pace the readers while the context is open; closing it ends every stream."""
        self._loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as tasks:
            for loop in (self._flushing, self._greeting, self._beating):
                tasks.start_soon(loop)
            try:
                yield self
            finally:
                with anyio.CancelScope(shield=True):
                    await self._see_off()
                self._loop = None
                tasks.cancel_scope.cancel()

    def flush(self) -> None:
        """Offer what was published since the last slot to every reader it concerns."""
        with self._lock:
            updates, self._published = self._published, {}
            tally = self._tally
            self._awake = False
        for reader in self._readers:
            if reader.only is None:
                for update in updates.values():
                    reader.offer(update, tally)
            elif reader.only in updates:
                reader.offer(updates[reader.only], tally)

    def _wake(self) -> None:
        self._moved.set()

    async def _flushing(self) -> None:
        next_slot = self._clock.monotonic()
        while True:
            await self._moved.wait()
            await self._clock.sleep_until(next_slot)
            self._moved = anyio.Event()
            self.flush()
            next_slot = self._clock.monotonic() + self._slot

    async def _greeting(self) -> None:
        """Beat once soon after the opening: some antivirus products hold the first event until a second comes."""
        while True:
            await self._newcomers.wait()
            await self._clock.sleep_until(self._clock.monotonic() + self._slot)
            self._newcomers = anyio.Event()
            newcomers, self._unbeaten = self._unbeaten, []
            self._beat(newcomers)

    async def _beating(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + self._heartbeat / 10)
            # Looked at ten times a beat, so one that would be due before the next look is due now.
            silent_since = self._clock.monotonic() - self._heartbeat * 0.9
            self._beat([reader for reader in self._readers if reader.last_write <= silent_since])

    def _beat(self, readers: list[Reader]) -> None:
        # A real event, not a comment: comments are invisible to the page's watchdog.
        frame = frames.event("heartbeat", {"t": round(self._clock.now(), 3)})
        for reader in readers:
            if not reader.closing:
                reader.say(frame)

    def _dismiss(self, reader: Reader) -> None:
        again = random.randrange(2000, 10_000)  # noqa: S311 (spreads reconnects; guards nothing)
        reader.say(frames.event("bye", {"reason": "stopping"}, retry_ms=again), last=True)

    async def _see_off(self) -> None:
        self.close()
        deadline = self._clock.monotonic() + FAREWELL
        while self._served() and self._clock.monotonic() < deadline:
            await self._clock.sleep_until(min(deadline, self._clock.monotonic() + self._slot))
        for scope in self._served():
            scope.cancel()

    def _served(self) -> list[anyio.CancelScope]:
        return [reader.scope for reader in self._readers if reader.scope is not None]
