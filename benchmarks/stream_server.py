"""The Python contenders' server: uvicorn on uvloop and httptools, for one contender, on a port of its own.

usage: stream_server.py CONTENDER

Prints its port. `GET /` is a reader; `GET /publish?rate=R&updates=N` publishes and answers when the last is published.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
from typing import Any
from urllib.parse import parse_qs

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stream_apps import KEY, Contender, contender
from stream_source import Source
from tallylight.cli.protocol import DirectProtocol
from tallylight.live.line import Receive, Scope, Send

#: As `tallylight serve` has it; the same for all, for it changes what the kernel holds and when it says so.
SEND_BUFFER = 64 << 10


class Application:
    """A contender, and the request that makes it publish."""

    def __init__(self, to_measure: Contender, source: Source) -> None:
        self._contender = to_measure
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/publish":
            await self._publish(scope, send)
        else:
            await self._contender.serve(scope, receive, send)

    async def _publish(self, scope: Scope, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode())
        rate, updates = float(query["rate"][0]), int(query["updates"][0])
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(updates):
            await asyncio.sleep(max(0.0, start + number / rate - loop.time()))
            await self._contender.publish(self._source.next())
        body = json.dumps({"published": updates, "seconds": loop.time() - start}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


def listen() -> socket.socket:
    """A listening socket on a free port."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    return listening


async def serve(name: str, listening: socket.socket) -> None:
    """Serve one contender until a signal."""
    source = Source(KEY)
    to_measure = contender(name, source.next())
    protocol: type[Any] = DirectProtocol if name.startswith("tallylight") else HttpToolsProtocol
    config = uvicorn.Config(
        Application(to_measure, source),
        http=protocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        ws="none",
        proxy_headers=False,
    )
    async with to_measure.running():
        print(listening.getsockname()[1], flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


def main() -> None:
    """Allow as many open files as may be, and serve."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with listen() as listening, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1], listening))


if __name__ == "__main__":
    main()
