"""A TCP proxy between Chromium and the server that passes every byte on as it is, and counts them by what was asked.

Over HTTP/1.1 a connection carries one request at a time, so all bytes after a request's head, in both directions, are
that request's until the next head. What is counted is what the browser's socket sends and receives: heads, chunk sizes
and bodies; not the headers of TCP and IP.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Self

_REQUEST: Final = re.compile(rb"(?:GET|POST|DELETE) (\S+) HTTP/1\.1\r\n")
_STARTS_WITHIN_S: Final = 5


@dataclass(slots=True)
class Traffic:
    """What one kind of request has moved."""

    requests: int = 0
    up: int = 0  #: bytes that the browser sent
    down: int = 0  #: bytes that it received

    @property
    def bytes(self) -> int:
        return self.up + self.down

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.requests + other.requests, self.up + other.up, self.down + other.down)


class Wire:
    """The proxy, in a thread of its own while the context is open. `kinds` are beginnings of paths, counted apart."""

    def __init__(self, port: int, kinds: tuple[str, ...]) -> None:
        self.url = ""
        self._to = port
        self._kinds = kinds
        self._traffic = {kind: Traffic() for kind in (*kinds, "")}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="wire", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_STARTS_WITHIN_S):
            raise SystemExit("The proxy did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def traffic(self, kind: str) -> Traffic:
        """What requests of this kind have moved so far."""
        return replace(self._traffic[kind])

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        # A browser drops connections as it likes, and the benchmark drops the browser.
        with suppress(OSError, asyncio.CancelledError):
            await self._pass(reader, writer)
        self._tasks.discard(task)
        writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._to)
        connection = _Connection(self._traffic, self._kinds)
        copies = [
            asyncio.create_task(_copy(reader, inner_writer, connection.sent)),
            asyncio.create_task(_copy(inner_reader, writer, connection.received)),
        ]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            inner_writer.transport.abort()


class _Connection:
    """One connection of the browser's, and the kind of request that it carries now."""

    def __init__(self, traffic: dict[str, Traffic], kinds: tuple[str, ...]) -> None:
        self._traffic = traffic
        self._kinds = kinds
        self._current = traffic[""]

    def sent(self, chunk: bytes) -> None:
        if asked := _REQUEST.match(chunk):
            path = asked[1].decode("latin-1")
            self._current = self._traffic[next((kind for kind in self._kinds if path.startswith(kind)), "")]
            self._current.requests += 1
        self._current.up += len(chunk)

    def received(self, chunk: bytes) -> None:
        self._current.down += len(chunk)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, count: Callable[[bytes], None]) -> None:
    while chunk := await source.read(1 << 16):
        count(chunk)
        sink.write(chunk)
        await sink.drain()
