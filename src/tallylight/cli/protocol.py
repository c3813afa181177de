"""uvicorn's HTTP protocol, which here also tells the application how to reach its connection."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tallylight.live.transport import Wire, extension


class ReachableProtocol(HttpToolsProtocol):
    """Every request's scope has the extension that `tallylight.live.transport` reads.

    Also for the `uvicorn` command: `--http tallylight.cli.protocol:ReachableProtocol`.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came."""
        self.wire = Wire(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """It left, or was given up."""
        self.wire.lost(exc)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Add the extension to the scope of the request that begins."""
        super().on_message_begin()
        self.scope["extensions"] = extension(self.wire)


class DirectProtocol(ReachableProtocol):
    """The same, and streams write past `send`, which saves a sixth of what an update costs.

    Only for applications in which no middleware changes the bodies of event streams (compresses them, say): what is
    written so passes it by.
    """

    def on_message_begin(self) -> None:
        """Add the way past `send` too."""
        super().on_message_begin()
        self.scope["extensions"] = extension(self.wire, self.write_chunk)

    def write_chunk(self, chunk: bytes) -> bool:
        """As `tallylight.live.transport.WriteChunk`. uvicorn sends every body without a length in chunks."""
        if self.flow.write_paused or self.transport.is_closing():
            return False
        self.transport.write(chunk)
        return True
