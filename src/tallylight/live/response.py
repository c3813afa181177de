"""The endless response: one ASGI answer that tells a reader everything until it, the feed or the server ends."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

from tallylight.live import frames
from tallylight.live.hub import Hub
from tallylight.live.opening import Opening
from tallylight.live.reader import Reader

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEADERS = (
    (b"content-type", frames.MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    # nginx buffers responses unless told not to.
    (b"x-accel-buffering", b"no"),
)


class StreamResponse:
    """Streams what the hub offers a reader, beginning with an opening. Ends when the feed comes to rest, the client
    leaves (told by `http.disconnect` or by a failing send) or the hub closes. The reader has left the hub when the call
    returns, however it ends.
    """

    def __init__(self, hub: Hub, reader: Reader, opening: Opening) -> None:
        self._hub = hub
        self._reader = reader
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self._opening.status, "headers": self._headers()})
            if self._opening.status != 200 or scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            await self._stream(receive, send)
        except* OSError as errors:
            # The other way a server tells that the client is gone (ASGI 2.4): nobody is left to answer.
            log.debug("a reader left: %s", errors.exceptions)
        finally:
            self._hub.leave(self._reader)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        return list(HEADERS) if self._opening.status == 200 else [(b"cache-control", b"no-store")]

    async def _stream(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:
            self._reader.scope = tasks.cancel_scope
            tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
            # Spread: readers that lost the same server would otherwise all come back in the same instant.
            first = frames.retry(random.randrange(2000, 4001))  # noqa: S311 (guards nothing)
            await send(_body(first + self._opening.body))
            if not self._opening.closes:
                await self._pump(send)
            await send(_body(b"", more=False))
            tasks.cancel_scope.cancel()

    async def _pump(self, send: Send) -> None:
        reader = self._reader
        self._hub.wrote(reader)
        while True:
            await reader.wake.wait()
            chunk, last = reader.take(), reader.closing
            if chunk:
                await send(_body(chunk))
                self._hub.wrote(reader)
            if last and not reader.pending:
                return


def _body(chunk: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
