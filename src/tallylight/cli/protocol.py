"""uvicorn's HTTP protocol, which here also tells the application the transport of its connection."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tallylight.live.transport import extension


class ReachableProtocol(HttpToolsProtocol):
    """Every request's scope has the extension that `tallylight.live.transport` reads.

    Also for the `uvicorn` command: `--http tallylight.cli.protocol:ReachableProtocol`.
    """

    def on_message_begin(self) -> None:
        """Add the extension to the scope of the request that begins."""
        super().on_message_begin()
        self.scope["extensions"] = extension(self.transport)
