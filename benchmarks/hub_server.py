"""A hub with eight sessions behind uvicorn, on a loop that times its callbacks.

Prints its port. `GET /` is a reader of the shared stream. `GET /publish?rate=R&seconds=S` publishes an update of each
session R times a second, `GET /flood?rate=R&seconds=S` R updates a second from four threads; both answer with what
happened. `GET /stats` gives the accounts.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import pstats
import resource
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any
from urllib.parse import parse_qs

import uvicorn
import uvloop

from stream_server import listen
from stream_source import Source
from tallylight.cli.protocol import DirectProtocol
from tallylight.clock import SystemClock
from tallylight.live import Cursor, Hub, StreamResponse, Update, Wish, shared
from tallylight.live.line import Receive, Scope, Send

SESSIONS = 8
THREADS = 4
EPOCH = "k3f9a2"
#: A thread of a flood publishes in bursts, each of what has become due since the one before.
_BURST_S = 0.001


class TimedLoop(uvloop.Loop):
    """Notes the processor time of every callback while it is told to, and how often the hub has it woken.

    The time is that of the loop's own thread (`time.thread_time`), so what other threads use meanwhile does not count.
    Steps of tasks and timers come by here; what the sockets say does not, and no flood causes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.timing = False
        self.spent: list[float] = []
        self.wakes = 0

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle: asyncio.Handle = super().call_soon(self._timed, callback, *args, context=context)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle: asyncio.TimerHandle = super().call_later(delay, self._timed, callback, *args, context=context)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        self.wakes += self.timing and isinstance(getattr(callback, "__self__", None), Hub)
        handle: asyncio.Handle = super().call_soon_threadsafe(self._timed, callback, *args, context=context)
        return handle

    def _timed(self, callback: Callable[..., Any], *args: Any) -> None:
        before = time.thread_time()
        callback(*args)
        if self.timing:
            self.spent.append(time.thread_time() - before)


class Application:
    """Readers, and the requests that make it publish."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keys = [f"5c1d2f34-9f0e-4a51-8b6e-0d2f6f1f2a{number:02}" for number in range(SESSIONS)]
        self._sources = [Source(key) for key in self._keys]
        self._tally = 0
        self._newest = [self._next(number) for number in range(SESSIONS)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = {name: float(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
        match scope["path"]:
            case "/":
                await self._follow(scope, receive, send)
            case "/publish":
                await _answer(send, await self._publish(query["rate"], query["seconds"]))
            case "/flood":
                await _answer(send, await self._flood(query["rate"], query["seconds"]))
            case "/stats":
                await _answer(send, self._hub.accounts.as_json())

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self._hub.join(Wish(), EPOCH)
        self._hub.begin(reader, {update.key: update.seq for update in self._newest}, self._tally)
        await StreamResponse(self._hub, reader, shared(self._newest, Cursor(EPOCH, self._tally), time.time()))(
            scope, receive, send
        )

    async def _publish(self, rate: float, seconds: float) -> dict[str, Any]:
        loop, updates = asyncio.get_running_loop(), round(rate * seconds)
        start = loop.time()
        for number in range(updates):
            await asyncio.sleep(max(0.0, start + number / rate - loop.time()))
            self._newest = [self._next(each) for each in range(SESSIONS)]
            for update in self._newest:
                self._hub.publish(update)
        return {"published": updates * SESSIONS, "tally": self._tally}

    def _next(self, number: int) -> Update:
        self._tally += 1
        body = self._sources[number].next()
        return Update(self._keys[number], EPOCH, body["seq"], body, final=False, tally=self._tally)

    async def _flood(self, rate: float, seconds: float) -> dict[str, Any]:
        """From threads: each publishes to a session of its own."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TimedLoop)
        before, profile = self._hub.accounts.snapshot(), cProfile.Profile()
        loop.spent, loop.wakes, loop.timing = [], 0, True
        if "--profile" in sys.argv:
            profile.enable()
        start = loop.time()
        with ThreadPoolExecutor(THREADS) as pool:
            pours = (pool.submit(_pour, self._hub, each, rate / THREADS, seconds) for each in self._newest[:THREADS])
            await asyncio.gather(*map(asyncio.wrap_future, pours))
        elapsed, loop.timing = loop.time() - start, False
        if "--profile" in sys.argv:
            profile.disable()
            pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(15)
        after = self._hub.accounts.snapshot()
        return {
            "seconds": elapsed,
            "published": after.published - before.published,
            "delivered": after.delivered - before.delivered,
            "wakes": loop.wakes,
            "spent": sorted(loop.spent),
        }


def _pour(hub: Hub, newest: Update, rate: float, seconds: float) -> None:
    start, done, body = time.monotonic(), 0, dict(newest.state)
    while (elapsed := time.monotonic() - start) < seconds:
        for _ in range(round(elapsed * rate) - done):
            done += 1
            seq = newest.seq + done
            state = {**body, "seq": seq, "mono": time.monotonic_ns()}
            hub.publish(Update(newest.key, EPOCH, seq, state, final=False, tally=newest.tally + done))
        time.sleep(_BURST_S)


async def _answer(send: Send, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _serve(listening: socket.socket) -> None:
    async with Hub(SystemClock()).running() as hub:
        config = uvicorn.Config(
            Application(hub),
            http=DirectProtocol,
            lifespan="off",
            log_level="warning",
            access_log=False,
            ws="none",
            proxy_headers=False,
        )
        print(listening.getsockname()[1], flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


def main() -> None:
    """Allow as many open files as may be, and serve until a signal."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with listen() as listening, asyncio.Runner(loop_factory=TimedLoop) as runner:
        runner.run(_serve(listening))


if __name__ == "__main__":
    main()
