"""Helpers for tests of Tallylight and of what is built on it. Nothing in the package imports this module."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import anyio.lowlevel

from tallylight.engine import Engine, Verdict
from tallylight.engine.contract import Item, Result, WorkerOn
from tallylight.live import Event, Parser

App = Callable[..., Any]


class ManualClock:
    """A clock that stands still until it is turned. Monotonic time starts at 0, wall time at `now`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._start = now
        self._elapsed = 0.0
        self._turned = anyio.Event()

    def now(self) -> float:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep_until(self, deadline: float) -> None:
        await anyio.lowlevel.checkpoint()
        while self._elapsed < deadline:
            await self._turned.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass: whoever slept for it runs until all tasks wait again, before this returns."""
        await anyio.wait_all_tasks_blocked()
        self._elapsed += seconds
        turned, self._turned = self._turned, anyio.Event()
        turned.set()
        await anyio.wait_all_tasks_blocked()


class PacedEngine:
    """An engine that holds every chunk back until the test lets it go on, and then has another engine run it.

    Shut at first; the oldest chunk goes first. Make and close it on the event loop; `let` and `open` may be called from
    any thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._gate = asyncio.Semaphore(0)
        self._is_open = False
        self._held = 0
        self._moved = anyio.Event()

    @property
    def jobs(self) -> int:
        return self._engine.jobs

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        """As `Engine.run`, once the chunk is let go on."""
        await self._turn()
        return await self._engine.run(function, items)

    def working_on(self) -> list[WorkerOn]:
        return self._engine.working_on()

    async def aclose(self) -> None:
        await self._engine.aclose()

    def let(self, chunks: int = 1) -> None:
        """Let so many more chunks go on."""
        self._loop.call_soon_threadsafe(self._let, chunks)

    def open(self) -> None:
        """Hold nothing back any more."""
        self._loop.call_soon_threadsafe(self._open)

    async def holds(self, chunks: int = 1) -> None:
        """Return once at least so many chunks are held back. On the engine's own loop."""
        while self._held < chunks:
            await self._moved.wait()

    async def _turn(self) -> None:
        self._hold(1)
        try:
            if not self._is_open:
                await self._gate.acquire()
        finally:
            self._hold(-1)

    def _hold(self, change: int) -> None:
        self._held += change
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    def _let(self, chunks: int) -> None:
        for _ in range(chunks):
            self._gate.release()

    def _open(self) -> None:
        self._is_open = True
        self._let(self._held)


class StreamProbe:
    """Calls an ASGI app as a server would and reads its event stream; the client leaves when told to, never by a timer.

    `until` decides after each event whether the client has seen enough. `leave_by` chooses the way the app learns that
    it left: `disconnect` (an `http.disconnect` message) or `error` (an OSError from `send`), as ASGI servers differ in
    it. Reads gzip too; `writes` are as they came.
    """

    def __init__(
        self, until: Callable[[list[Event]], bool] = lambda _events: False, leave_by: str = "disconnect"
    ) -> None:
        self.events: list[Event] = []
        self.status = 0
        self.headers: dict[str, str] = {}
        self.writes: list[bytes] = []
        self.ended = False  #: the app finished the response by itself
        self.retry_ms: int | None = None
        self._until = until
        self._leave_by = leave_by
        self._parser = Parser()
        self._uncompressed: Callable[[bytes], bytes] = bytes
        self._gone = anyio.Event()
        self._moved = anyio.Event()
        self._writable = anyio.Event()
        self._writable.set()
        self._takes_head = False

    @property
    def last_event_id(self) -> str:
        """What the client would come back with."""
        return self._parser.last_event_id

    async def get(self, app: App, path: str, *, query: str = "", headers: Mapping[str, str] | None = None) -> None:
        """GET `path`; returns when the app has returned."""
        all_headers = {"host": "127.0.0.1", "accept": "text/event-stream", **(headers or {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4" if self._leave_by == "error" else "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in all_headers.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8710),
            "state": {},
        }
        await app(scope, self._receive, self._send)

    async def saw(self, condition: Callable[[list[Event]], bool]) -> list[Event]:
        """Wait until the events so far meet a condition."""
        while not condition(self.events):
            await self._moved.wait()
        return self.events

    def leave(self) -> None:
        """The client goes away."""
        self._gone.set()

    def stall(self) -> None:
        """Take nothing more: `send` waits, as it does on a full socket."""
        self._writable = anyio.Event()

    def stall_body(self) -> None:
        """Take the head of the answer and nothing more."""
        self._takes_head = True
        self.stall()

    def resume(self) -> None:
        """Read again."""
        self._writable.set()

    async def _receive(self) -> dict[str, Any]:
        if self._leave_by == "error":
            await anyio.sleep_forever()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        # As servers do it: nothing is waited for while the socket takes what it is given.
        is_head = message["type"] == "http.response.start"
        if not self._writable.is_set() and not (is_head and self._takes_head):
            await self._writable.wait()
        if self._leave_by == "error" and self._gone.is_set():
            raise OSError("the client has gone")
        if is_head:
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            if self.headers.get("content-encoding") == "gzip":
                self._uncompressed = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
            return
        self._read(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    def _read(self, body: bytes) -> None:
        if body:
            self.writes.append(body)
        for event in self._parser.feed(self._uncompressed(body)):
            self.events.append(event)
            if self._until(self.events):
                self.leave()
        self.retry_ms = self._parser.retry_ms
