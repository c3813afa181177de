"""The endless response: one ASGI answer that lasts until the client, the feed or the server ends it."""

from __future__ import annotations

import logging
import random
from typing import Final

import anyio

from tallylight.live import frames
from tallylight.live.accounting import Cause
from tallylight.live.compression import Gzip
from tallylight.live.hub import Hub
from tallylight.live.line import Line, Message, Receive, Scope, Send
from tallylight.live.opening import Opening
from tallylight.live.reader import Reader
from tallylight.live.transport import transport_of, write_chunk_of

log: Final = logging.getLogger(__name__)

HEADERS: Final = (
    (b"content-type", frames.MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store, no-transform"),
    # nginx buffers responses unless told not to.
    (b"x-accel-buffering", b"no"),
)
#: Compressors on the way (nginx's `gzip`, Caddy's `encode`) leave alone what has an encoding. Of what has none they may
#: keep the events until there are enough of them; few heed `no-transform`.
PLAIN_HEADERS: Final = ((b"content-encoding", b"identity"),)
GZIP_HEADERS: Final = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


class StreamResponse:
    """Sends a reader its opening and lets the hub write to it from then on.

    Ends when the feed comes to rest, the client leaves (told by `http.disconnect` or by a failing send), the hub closes
    or gives the client up. The reader has left the hub when the call returns, however it ends. Costs one task, the
    request's own, which waits for the client to leave. `gzip` is for clients that take it (`accepts_gzip`).
    """

    def __init__(self, hub: Hub, reader: Reader, opening: Opening, *, gzip: bool = False) -> None:
        self._hub = hub
        self._reader = reader
        self._opening = opening
        self._gzip = Gzip(hub.packer) if gzip and opening.status == 200 else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cause = Cause.FAILED
        try:
            await send({"type": "http.response.start", "status": self._opening.status, "headers": self._headers()})
            if self._opening.status != 200 or scope["method"] == "HEAD":
                cause = Cause.REST
                await send(_last())
            else:
                cause = await self._stream(scope, receive, send)
        except OSError as error:
            # The other way a server tells that the client is gone (ASGI 2.4): nobody is left to answer.
            log.debug("a reader left: %s", error)
            cause = Cause.GONE
        except anyio.get_cancelled_exc_class():
            cause = Cause.CANCELLED
            raise
        finally:
            self._hub.leave(self._reader, cause)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        if self._opening.status != 200:
            return [(b"cache-control", b"no-store")]
        return [*HEADERS, *(PLAIN_HEADERS if self._gzip is None else GZIP_HEADERS)]

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> Cause:
        with anyio.CancelScope() as waiting:
            line = Line(send, waiting, transport_of(scope), write_chunk_of(scope), self._gzip)
            self._hub.attach(self._reader, line)
            over = await self._open(line, send)
            if over is not None:
                line.hang_up(over)
            else:
                self._hub.opened(self._reader, line)
                await _until_gone(receive)
        line.give_up()
        if line.cause is not None and not line.dead:
            await send(self._end())
        return line.cause or Cause.GONE

    async def _open(self, line: Line, send: Send) -> Cause | None:
        """Send the opening; the cause where there is nothing more to say."""
        # Its bytes would otherwise stay for as long as the stream.
        opening, self._opening = self._opening, Opening()
        accounts = self._hub.accounts
        accounts.resets += opening.resets
        # Spread: readers that lost the same server would otherwise all come back in the same instant.
        again = frames.retry(random.randrange(2000, 4001))  # noqa: S311 (guards nothing)
        # The first part goes with it: some antivirus products hold what comes before the first event.
        for number, part in enumerate(opening.parts or (b"",)):
            body = line.encoded(part if number else again + part)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            accounts.bytes_written += len(body)
        return opening.cause if opening.closes else None

    def _end(self) -> Message:
        return _last(b"" if self._gzip is None else self._gzip.end())


def _last(body: bytes = b"") -> Message:
    return {"type": "http.response.body", "body": body, "more_body": False}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
