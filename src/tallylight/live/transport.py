"""The connection under a reader, where the server lets us reach it.

ASGI shows an application only `send`, which blocks no sooner than the server's and the kernel's buffers are full, and
says nothing of a peer that takes nothing. A server that wants stalled readers to be noticed puts its transport into the
scope, under `extensions`, as `{"tallylight.transport": {"transport": …}}`; `tallylight serve` does.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, Final, Protocol

#: The name of the ASGI extension.
EXTENSION: Final = "tallylight.transport"


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


def transport_of(scope: Mapping[str, Any]) -> Transport | None:
    """The transport of a request's connection; None where the server does not tell."""
    transport: Transport | None = (scope.get("extensions") or {}).get(EXTENSION, {}).get("transport")
    return transport


def extension(transport: Transport) -> dict[str, dict[object, object]]:
    """What a server adds to the `extensions` of every scope of a connection."""
    return {EXTENSION: {"transport": transport}}


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
