"""A TCP proxy between the browser and the server, which does what networks do to streams."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

STREAM = b"content-type: text/event-stream"
_HEAD = re.compile(rb"(?im)^(host: |origin: http://)[^\r\n]*")
#: A request as a browser sends it to a proxy that it knows of.
_FORWARDED = re.compile(rb"^([A-Z]+ )http://[^/ ]+")
_ASKS_FOR_STREAM = re.compile(r"GET /api/ingest/stream[/?]")


class Proxy:
    """Passes everything on to `target`, as requests for it, until told to do otherwise. In a thread of its own."""

    def __init__(self, target: str, name: str = "127.0.0.1") -> None:
        self.streams = 0  #: event streams that were answered through it
        self.asked: list[str] = []  #: the head of each request for one that was passed on
        self.refused = 0  #: requests that were answered by `refuse`
        self._target = urlsplit(target)
        self._name = name
        self._refusal = 0
        self._holds_streams = False
        self._swallowed: re.Pattern[str] | None = None
        self._flows = threading.Event()
        self._flows.set()
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._stopped: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(5)

    @property
    def url(self) -> str:
        return f"http://{self._name}:{self.port}"

    def close(self) -> None:
        """Cut every connection and stop."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    def cut(self) -> None:
        """Cut every connection that there is."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(5)

    def refuse(self, status: int) -> None:
        """Cut every connection, and answer requests by this status, as proxies do while a server restarts."""
        self._refusal = status
        self.cut()

    def accept(self) -> None:
        """Pass requests on again."""
        self._refusal = 0

    def hold_streams(self) -> None:
        """Keep back what follows the head of an event stream, as antivirus products do, from the next stream on."""
        self._holds_streams = True

    def release_streams(self) -> None:
        """Let streams pass, from the next one on."""
        self._holds_streams = False

    def swallow(self, target: str) -> None:
        """Leave requests unanswered from now on whose target begins with a match of this expression."""
        self._swallowed = re.compile(f"[A-Z]+ {target}")

    def silence(self) -> None:
        """Let nothing through any more in either direction, with no word to anybody: a cable that was pulled."""
        self._flows.clear()

    def mend(self) -> None:
        """Let connections that come from now on through; those of before stay silent."""
        self._flows.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()
        await self._cut()

    async def _cut(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await (self._refuse(reader, writer) if self._refusal else self._pass(reader, writer))
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        self.refused += 1
        writer.write(b"HTTP/1.1 %d Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % self._refusal)
        await writer.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        wire = _Wire(self)
        up = asyncio.create_task(wire.copy(reader, inner_writer, self._rewritten))
        down = asyncio.create_task(wire.copy(inner_reader, writer, wire.held))
        try:
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            inner_writer.transport.abort()

    def _rewritten(self, chunk: bytes) -> bytes:
        """A browser sends each head in one piece, so this need not put pieces together."""
        request = _FORWARDED.sub(rb"\1", chunk)
        if _ASKS_FOR_STREAM.match(request.decode("latin-1")):
            self.asked.append(request.decode("latin-1"))
        return _HEAD.sub(lambda found: found[1] + self._target.netloc.encode(), request)

    def drops(self, chunk: bytes) -> bool:
        """Whether neither this goes through, nor anything after it on the same connection."""
        swallowed = self._swallowed is not None and self._swallowed.match(chunk.decode("latin-1"))
        return bool(swallowed) or not self._flows.is_set()

    def answered(self, chunk: bytes) -> bool:
        """Whether this begins an event stream that is to be held back."""
        begins = STREAM in chunk.lower()
        self.streams += begins
        return begins and self._holds_streams


class _Wire:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._is_held = False
        self._is_dead = False

    async def copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        while chunk := await source.read(65536):
            self._is_dead = self._is_dead or self._proxy.drops(chunk)
            if not self._is_dead:
                sink.write(change(chunk))
                await sink.drain()
        if self._is_dead:
            await asyncio.Event().wait()

    def held(self, chunk: bytes) -> bytes:
        """What of the server's bytes goes through."""
        if self._is_held:
            return b""
        self._is_held = self._proxy.answered(chunk)
        head, blank, _ = chunk.partition(b"\r\n\r\n")
        return head + blank if self._is_held else chunk
