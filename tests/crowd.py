"""Many readers of a real server at once, in one event loop."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from tallylight.clock import SystemClock
from tallylight.live import Event, Parser

#: Seconds after which a crowd that still waits has failed; far beyond what a busy machine needs.
ALARM = 40.0
#: Seconds from the signal until the server has gone.
PROMISED = 2.0
#: Connections that are being opened at the same time: more would overflow the listening queue.
AT_ONCE = 100

_clock = SystemClock()


@dataclass(slots=True)
class Watcher:
    """One reader of a stream. Chunk sizes stay among the bytes: to the parser they are unknown fields."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    parser: Parser = field(default_factory=Parser)
    events: list[Event] = field(default_factory=list)

    async def until_first(self) -> None:
        """Wait until the stream has told something."""
        while not self.events:
            piece = await self.reader.read(1 << 16)
            assert piece, "the stream ended before its first event"
            self.events += self.parser.feed(piece.replace(b"\r\n", b"\n"))

    async def until_over(self) -> None:
        """Read until the server has ended the connection."""
        while piece := await self.reader.read(1 << 16):
            self.events += self.parser.feed(piece.replace(b"\r\n", b"\n"))


@asynccontextmanager
async def crowd(port: int, count: int, path: str = "/api/ingest/stream") -> AsyncIterator[list[Watcher]]:
    """So many readers, each of which has been told something; gone when the context ends."""
    raise_descriptor_limit(count + 200)
    watchers: list[Watcher] = []
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
    turns = anyio.Semaphore(AT_ONCE)

    async def come() -> None:
        async with turns:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            watchers.append(watcher := Watcher(reader, writer))
            writer.write(request)
            await watcher.until_first()

    try:
        with anyio.fail_after(ALARM):
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(come)
        yield watchers
    finally:
        for watcher in watchers:
            watcher.writer.close()


async def all_over(watchers: list[Watcher]) -> None:
    """Wait until the server has ended every connection."""
    with anyio.fail_after(ALARM):
        async with anyio.create_task_group() as tasks:
            for watcher in watchers:
                tasks.start_soon(watcher.until_over)


def raise_descriptor_limit(wanted: int) -> None:
    """Allow this process so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


class Stopwatch:
    """Seconds that something took on a machine with a processor for everyone.

    Where tests share two cores with browsers, all of them wait for their turn; those seconds are not the server's.
    """

    def __init__(self) -> None:
        self._begun = _clock.monotonic()
        self._waited = _waited_for_processors()

    def read(self) -> float:
        return _clock.monotonic() - self._begun - (_waited_for_processors() - self._waited)


def _waited_for_processors() -> float:
    """Seconds in which somebody on this machine was ready to run and could not (Linux; elsewhere nobody ever does)."""
    pressure = Path("/proc/pressure/cpu")
    return int(pressure.read_text().split("total=")[1].split()[0]) / 1e6 if pressure.exists() else 0.0
