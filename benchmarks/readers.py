"""Readers of a session's stream over real HTTP, as light as they can be: they share the cores with the server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

_SEQ = re.compile(rb'"seq":\s*(\d+)')


@dataclass(frozen=True, slots=True)
class Received:
    """One state message, and when its bytes were here."""

    at: float  #: wall time, as the server's facts have it
    data: bytes

    @property
    def seq(self) -> int:
        found = _SEQ.search(self.data)
        if found is None:
            raise SystemExit(f"A message without seq: {self.data!r}")
        return int(found[1])

    @property
    def message(self) -> dict[str, Any]:
        return dict(json.loads(self.data))


async def follow(port: int, session_id: str) -> AsyncGenerator[Received, None]:
    """A session's state messages until the server ends the stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = f"GET /api/ingest/stream/{session_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        writer.write(f"{request}Connection: close\r\n\r\n".encode())
        name = b""
        async for line in reader:
            if line.startswith(b"event:"):
                name = line[6:].strip()
            elif line.startswith(b"data:") and name in {b"", b"message"}:
                yield Received(time.time(), line[5:])
            elif not line.strip():
                name = b""
    finally:
        writer.close()


async def follow_all(port: int, session_id: str, count: int) -> list[list[Received]]:
    """What each of `count` readers received until the end."""

    async def one() -> list[Received]:
        return [received async for received in follow(port, session_id)]

    return await asyncio.gather(*(one() for _ in range(count)))


async def first_progress(port: int, session_id: str) -> float:
    """When the first message with a processed file was here."""
    async with aclosing(follow(port, session_id)) as messages:
        async for received in messages:
            if received.message["processed_files"] > 0:
                return received.at
    raise SystemExit(f"Session {session_id} ended without any progress.")
