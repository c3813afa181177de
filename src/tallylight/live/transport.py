"""The connection under a reader, where the server lets us reach it.

ASGI shows an application only `send`, which blocks no sooner than the server's and the kernel's buffers are full, and
says nothing of a peer that takes nothing. A server that wants stalled readers to be noticed puts its transport into the
scope, under `extensions`, as `{"tallylight.transport": {"transport": …}}`; `tallylight serve` does. Where it also knows
that nothing between it and the stream changes bodies, it may add `"write_chunk"`, the way past `send`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

#: The name of the ASGI extension.
EXTENSION: Final = "tallylight.transport"

#: Writes what is one chunk of an HTTP/1.1 body already; False, and nothing written, where the client must be waited for
#: or is gone: then `send` knows what to do.
WriteChunk = Callable[[bytes], bool]


class Transport(Protocol):
    """What is asked of a transport: asyncio's and uvloop's have it. Only on the event loop's thread."""

    def abort(self) -> None:
        """Close the connection at once; what is buffered is lost."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that were written and that the kernel has not taken yet."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        ...


class Wire:
    """A transport that also knows how it was lost: a server's protocol, which alone is told, says so.

    An application learns of every loss in the same way. Without this a client that the kernel gave up, since it took
    nothing until the deadline, would look like one that left.
    """

    __slots__ = ("_transport", "timed_out")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.timed_out = False  #: the kernel gave the client up (see `notice_death`)

    def abort(self) -> None:
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        size: int = self._transport.get_write_buffer_size()
        return size

    def is_closing(self) -> bool:
        closing: bool = self._transport.is_closing()
        return closing

    def get_extra_info(self, name: str) -> Any:
        """What the transport knows about itself: its socket, its addresses."""
        return self._transport.get_extra_info(name)

    def lost(self, error: Exception | None) -> None:
        """The connection is over; `error` is what the protocol's `connection_lost` was told."""
        self.timed_out = isinstance(error, TimeoutError)


def transport_of(scope: Mapping[str, Any]) -> Transport | None:
    """The transport of a request's connection; None where the server does not tell."""
    transport: Transport | None = (scope.get("extensions") or {}).get(EXTENSION, {}).get("transport")
    return transport


def write_chunk_of(scope: Mapping[str, Any]) -> WriteChunk | None:
    """The way past `send`; None where the server offers none."""
    write_chunk: WriteChunk | None = (scope.get("extensions") or {}).get(EXTENSION, {}).get("write_chunk")
    return write_chunk


def extension(transport: Transport, write_chunk: WriteChunk | None = None) -> dict[str, dict[object, object]]:
    """What a server adds to the `extensions` of every scope of a connection."""
    offered: dict[object, object] = {"transport": transport}
    return {EXTENSION: offered if write_chunk is None else offered | {"write_chunk": write_chunk}}


class Chunks:
    """Makes bytes a chunk of an HTTP/1.1 body (RFC 9112, 7.1), once for all readers that get the same ones in turn."""

    def __init__(self) -> None:
        self._body = self._chunk = b""

    def chunk(self, body: bytes) -> bytes:
        """`body`, which must not be empty: an empty chunk ends the response."""
        if body is not self._body:
            self._body, self._chunk = body, b"%x\r\n%b\r\n" % (len(body), body)
        return self._chunk


def notice_death(transport: Transport, seconds: float) -> bool:
    """Have the kernel end the connection once what was sent has stayed unacknowledged, or untaken, for so long.

    A few bytes now and then fit into the kernel's buffer for hours, so `get_write_buffer_size` says nothing of a peer
    whose cable was cut; by itself the kernel gives up after a quarter of an hour. True where the platform can do it and
    the connection is TCP. Not for downloads: a video that is paused for so long would be cut off too.
    """
    connection = getattr(transport, "get_extra_info", lambda _name: None)("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if connection is None or option is None or connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    connection.setsockopt(socket.IPPROTO_TCP, option, max(1, round(seconds * 1000)))
    return True
