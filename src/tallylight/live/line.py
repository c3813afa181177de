"""The wire to one client: at most one write at a time, never waited for by anybody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

from tallylight.live.accounting import Cause
from tallylight.live.compression import Gzip
from tallylight.live.drive import Rest, begin
from tallylight.live.transport import Chunks, Transport, WriteChunk, notice_death

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Line:
    """One client's `send`, used by the hub. `scope` is the response's: cancelling it ends the response."""

    __slots__ = (
        "_cause",
        "_finishing",
        "_gzip",
        "_scope",
        "_send",
        "_stuck_since",
        "_transport",
        "_unsent",
        "_write_chunk",
        "busy",
        "dead",
    )

    def __init__(
        self,
        send: Send,
        scope: anyio.CancelScope,
        transport: Transport | None = None,
        write_chunk: WriteChunk | None = None,
        gzip: Gzip | None = None,
    ) -> None:
        self.busy = False  #: a write is under way, and the client is slow to take it
        self._finishing: anyio.CancelScope | None = None
        self._cause: Cause | None = None
        self.dead = False  #: nothing more can be sent
        self._send = send
        self._scope = scope
        self._transport = transport
        self._write_chunk = write_chunk
        self._gzip = gzip
        self._unsent = 0
        self._stuck_since: float | None = None

    @property
    def cause(self) -> Cause | None:
        """Why it was hung up, by us or by the kernel; None while it was not, and where the client did."""
        timed_out = self._cause is None and getattr(self._transport, "timed_out", False)
        return Cause.STALLED if timed_out else self._cause

    def encoded(self, piece: bytes) -> bytes:
        """A piece of the stream as it goes over the wire; all that is encoded must be written, in this order."""
        return piece if self._gzip is None else self._gzip.pack(piece)

    def write(self, body: bytes, chunks: Chunks) -> Rest | None:
        """Begin to write; what is left to wait for, if anything. Raises what `send` raises."""
        if self._write_chunk is not None and self._write_chunk(chunks.chunk(body)):
            return None
        return begin(self._send({"type": "http.response.body", "body": body, "more_body": True}))

    def finishing(self) -> anyio.CancelScope:
        """The scope in which a write is finished that had to wait."""
        # Made when it is needed: most lines never wait, and each reader counts.
        self._finishing = anyio.CancelScope()
        return self._finishing

    def give_up(self) -> None:
        """Nobody waits any more for what is still being written."""
        if self._finishing is not None:
            self._finishing.cancel()

    def notice_death(self, seconds: float) -> None:
        """Let the kernel drop the connection when the peer acknowledges nothing for so long, where it can."""
        if self._transport is not None:
            notice_death(self._transport, seconds)

    def hang_up(self, cause: Cause) -> None:
        """End the response from this side; the first cause counts."""
        self._cause = self._cause or cause
        self._scope.cancel()

    def abort(self, cause: Cause) -> None:
        """Drop the connection without a word: the client takes nothing any more."""
        self.dead = True
        self.hang_up(cause)
        self.give_up()
        if self._transport is not None:
            self._transport.abort()

    def stalled(self, now: float) -> float:
        """Seconds in which the client has taken nothing of what is waiting for it. Asked about once a second."""
        unsent = self._transport.get_write_buffer_size() if self._transport is not None else int(self.busy)
        moved = unsent == 0 or unsent < self._unsent
        self._unsent = unsent
        if moved:
            self._stuck_since = None
            return 0.0
        if self._stuck_since is None:
            self._stuck_since = now
        return now - self._stuck_since
