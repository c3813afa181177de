"""Live progress of jobs, for any ASGI application: one object that counts, publishes and serves."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from tallylight.clock import Clock, SystemClock
from tallylight.live.bar import Bar
from tallylight.live.hub import Hub, Pace
from tallylight.live.line import Receive, Scope, Send
from tallylight.live.progress import Progress
from tallylight.live.remote import Door, Remote
from tallylight.live.serving import serve
from tallylight.live.stopping import before_stopping
from tallylight.live.update import Update

#: Seconds between two looks at what was counted: with the hub's slot, well under a tenth of a second from a count to
#: its reader.
_LOOK_EVERY: Final = 0.025
#: Seconds after which a job that says nothing is told again: its time and speed still change.
_REFRESH: Final = 1.0

T = TypeVar("T")


class Live:
    """The jobs of one process and everybody who watches them.

    It is an ASGI application of its own: mount it, and `GET {mount}/{key}` is one job's stream, which ends with the
    job; `GET {mount}/` the stream of all of them. Who accepts `application/json` and no stream gets the state alone.
    Open `running()` for as long as the application lives (its lifespan).

    Guarantees: the first message comes at once and is the current state; a later one never shows a smaller count; the
    end is always told; a reader that takes nothing delays nobody. A job that has ended is told for `keep` seconds more,
    the newest `most_kept` of them; then its address is 404, as is that of a job that has not begun. States are kept in
    memory only: a process that starts anew knows nothing of the jobs before, and a reader that returns with an id of
    theirs is told 404, or `reset` where the job was begun again.
    """

    def __init__(
        self, *, keep: float = 300.0, most_kept: int = 1000, pace: Pace | None = None, clock: Clock | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._keep = keep
        self._most_kept = most_kept
        self.hub = Hub(self._clock, pace=pace)  #: what serves the readers; its `accounts` say how they fare
        self.epoch = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._jobs: dict[str, Progress] = {}
        self._updates: dict[str, Update] = {}  #: the newest of each job
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._changed: dict[str, Progress] = {}
        self._tally = 0
        self._door: Door | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = anyio.Event()

    def progress(self, key: str = "", *, total: float | None = None, label: str = "") -> Progress:
        """Begin a job, from any thread. `key` is its place in the addresses, made up where none is given; `total` may
        follow later.

        Raises ValueError where a job of this key is under way. One that has ended makes room.
        """
        key = key or secrets.token_urlsafe(9)
        job = Progress(key, total, label, clock=self._clock, changed=self._note)
        with self._lock:
            current = self._jobs.get(key)
            if current is not None and not current.at_rest:
                raise ValueError(f"A job {key!r} is under way already; choose another key, or let it end first.")
            self._jobs[key] = job
            self._ended.pop(key, None)
        # At once, not with the next look: a reader may come as soon as this has returned.
        self._tell(job)
        return job

    def tqdm(
        self, iterable: Iterable[T] | None = None, desc: str = "", total: float | None = None, **options: Any
    ) -> Bar[T]:
        """Where a program says `tqdm(…)`: the same loop, watched live. `key` is the job's; see `Bar`."""
        return Bar(self, iterable, desc, total, **options)

    def remote(self, job: Progress) -> Remote:
        """A handle that counts for a job from another process: give it to a pool's workers as an argument.

        The first one makes a socket in a temporary folder, which blocks for an instant.
        """
        with self._lock:
            if self._door is None:
                self._door = Door(self._counted)
            return self._door.remote(job.key)

    def states(self) -> list[Update]:
        """The newest state of every job that is under way or kept, those that were told longest ago first."""
        with self._lock:
            return sorted(self._updates.values(), key=lambda update: update.tally)

    def state(self, key: str) -> Update | None:
        """The newest state of one job; None where there is none of this key."""
        with self._lock:
            return self._updates.get(key)

    @property
    def tally(self) -> int:
        """How many states were told: the position of the newest."""
        return self._tally

    def now(self) -> float:
        return self._clock.now()

    @asynccontextmanager
    async def running(self, _app: object = None) -> AsyncIterator[None]:
        """Serve readers while the context is open; at its end, and as soon as a signal says to stop, every stream ends
        with `bye`. Fits as a Starlette or FastAPI `lifespan`.
        """
        self._loop = asyncio.get_running_loop()
        async with self.hub.running(), anyio.create_task_group() as tasks:
            for loop in (self._telling, self._refreshing):
                tasks.start_soon(loop)
            try:
                with before_stopping(self.hub.close_soon):
                    yield
            finally:
                self._loop = None
                self._tell_changed()
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._close_door)
                tasks.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await serve(self, scope, receive, send)

    def _counted(self, key: str, amount: float, text: str | None) -> None:
        """What another process says of a job; of one that is gone, nothing."""
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            if amount:
                job.advance(amount)
            if text is not None:
                job.note(text)

    def _close_door(self) -> None:
        with self._lock:
            door, self._door = self._door, None
        if door is not None:
            door.close()

    def _note(self, job: Progress) -> None:
        """A job has changed: to be told with the next look. Any thread."""
        loop = self._loop
        if job.at_rest or loop is None:
            self._tell(job)
            return
        with self._lock:
            is_first = not self._changed
            self._changed[job.key] = job
        if is_first:
            # One wake-up a look, however many changes.
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._news.set()

    def _tell(self, job: Progress, *, is_news: bool = True) -> None:
        with self._lock:
            if self._jobs.get(job.key) is not job:
                return
            # Made under the lock: states of one job must come in the order of their numbers.
            update = self._update(job, is_news=is_news)
            self._updates[job.key] = update
            if update.final:
                self._ended[job.key] = self._clock.monotonic()
                self._changed.pop(job.key, None)
            self.hub.publish(update)

    def _update(self, job: Progress, *, is_news: bool) -> Update:
        before = self._updates.get(job.key)
        seq = (before.seq if before is not None else 0) + is_news
        self._tally += 1
        state = {**job.state(), "seq": seq, "t": round(self._clock.now(), 3)}
        return Update(job.key, self.epoch, seq, state, final=job.at_rest, tally=self._tally)

    def _tell_changed(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, {}
        for job in changed.values():
            self._tell(job)

    async def _telling(self) -> None:
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            self._tell_changed()
            await self._clock.sleep_until(self._clock.monotonic() + _LOOK_EVERY)

    async def _refreshing(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + _REFRESH)
            for job in list(self._jobs.values()):
                if not job.at_rest:
                    self._tell(job, is_news=False)
            self._forget()

    def _forget(self) -> None:
        with self._lock:
            until = self._clock.monotonic() - self._keep
            while self._ended:
                key, ended = next(iter(self._ended.items()))
                if ended > until and len(self._ended) <= self._most_kept:
                    return
                del self._ended[key], self._jobs[key], self._updates[key]
