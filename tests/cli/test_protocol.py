"""What the server's connections are like: within the application's reach, with the socket options they should have."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
import uvicorn

from tallylight.cli.protocol import DirectProtocol, ReachableProtocol
from tallylight.cli.server import SEND_BUFFER, listen
from tallylight.clock import SystemClock
from tallylight.live import Cause, Event, Hub, Parser, StreamResponse, Update, Wish, single
from tallylight.live.transport import notice_death, transport_of, write_chunk_of

pytestmark = pytest.mark.anyio

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]


@asynccontextmanager
async def serving(app: App, protocol: type[ReachableProtocol] = ReachableProtocol) -> AsyncIterator[int]:
    """The application behind a real uvicorn with our protocol and our socket; gives the port."""
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, http=protocol, lifespan="off", ws="none", log_level="critical")
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup([listening])
        try:
            with anyio.fail_after(20):
                yield listening.getsockname()[1]
        finally:
            await server.shutdown()


@asynccontextmanager
async def connected(port: int, requests: int = 1) -> AsyncIterator[asyncio.StreamReader]:
    """A client that has sent so many requests at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * requests)
    yield reader
    writer.close()


async def answer(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_the_scope_carries_the_transport_of_the_connection() -> None:
    seen: list[tuple[Scope, int]] = []

    async def app(scope: Scope, _receive: object, send: Send) -> None:
        transport = transport_of(scope)
        assert transport is not None
        assert not transport.is_closing()
        seen.append((scope, transport.get_write_buffer_size()))
        await answer(send)

    async with serving(app) as port, connected(port, requests=2) as reader:
        for _ in range(2):
            await reader.readuntil(b"ok")
    assert len(seen) == 2, "pipelined requests have it too"
    assert [size for _, size in seen] == [0, 0]
    assert transport_of(seen[0][0]) is transport_of(seen[1][0])
    assert seen[0][0]["extensions"] is not seen[1][0]["extensions"], "what one request adds stays its own"


async def test_aborting_the_transport_drops_a_client_that_takes_nothing() -> None:
    aborted = anyio.Event()

    async def app(scope: Scope, _receive: object, send: Send) -> None:
        transport = transport_of(scope)
        assert transport is not None
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while transport.get_write_buffer_size() == 0:
            await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
        transport.abort()
        # Returns although nothing was taken: the server has noticed.
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        assert transport.is_closing()
        aborted.set()

    async with serving(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await aborted.wait()


async def test_an_accepted_connection_has_the_small_buffer_and_sends_at_once() -> None:
    options: list[tuple[int, int]] = []

    async def app(scope: Scope, _receive: object, send: Send) -> None:
        transport: Any = transport_of(scope)
        connection = transport.get_extra_info("socket")
        buffer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        options.append((buffer, connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        await answer(send)

    async with serving(app) as port, connected(port) as reader:
        await reader.readuntil(b"ok")
    (buffer, at_once), *_ = options
    assert SEND_BUFFER <= buffer <= 2 * SEND_BUFFER, "Linux doubles what is asked for"
    assert at_once


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this platform has no TCP_USER_TIMEOUT")
async def test_the_kernel_ends_a_connection_whose_peer_takes_nothing() -> None:
    gone = anyio.Event()
    told: list[int] = []

    async def app(scope: Scope, receive: Callable[[], Awaitable[MutableMapping[str, Any]]], send: Send) -> None:
        transport: Any = transport_of(scope)
        assert notice_death(transport, 0.2)
        connection = transport.get_extra_info("socket")
        told.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while transport.get_write_buffer_size() == 0:
            await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        told.append(transport.timed_out)
        gone.set()

    async with serving(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await gone.wait()
    assert told == [200, True], "and the application can tell that from a client that left"


async def test_a_download_is_not_slowed_by_the_small_buffer() -> None:
    size, chunk = 10_000_000, 1 << 16

    async def app(_scope: Scope, _receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        for start in range(0, size, chunk):
            rest = min(chunk, size - start)
            await send({"type": "http.response.body", "body": bytes(rest), "more_body": start + rest < size})

    async with serving(app) as port, connected(port) as reader:
        await reader.readuntil(b"\r\n\r\n")
        # 10 ms here; with half the buffer it is 5 s, a delayed acknowledgement for each piece.
        with anyio.fail_after(2):
            assert len(await reader.readexactly(size)) == size


def update(seq: int, *, final: bool = False) -> Update:
    return Update("s", "k3f9a2", seq, {"session_id": "s", "seq": seq, "é": "x" * 300}, final, tally=seq)


def streaming(hub: Hub, sent: list[bytes], *, gzip: bool = False) -> App:
    """One feed's stream; notes every body that goes through `send`."""

    async def app(scope: Scope, receive: Any, send: Send) -> None:
        async def noting(message: MutableMapping[str, Any]) -> None:
            sent.append(message.get("body", b""))
            await send(message)

        reader = hub.join(Wish("s"))
        hub.begin(reader, {"s": 0})
        await StreamResponse(hub, reader, single("", update(0)), gzip=gzip)(scope, receive, noting)

    return app


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("protocol", [ReachableProtocol, DirectProtocol])
async def test_a_stream_is_the_same_through_send_and_past_it(protocol: type[ReachableProtocol], gzip: bool) -> None:
    sent: list[bytes] = []
    parser = Parser()
    async with (
        Hub(SystemClock()).running() as hub,
        serving(streaming(hub, sent, gzip=gzip), protocol) as port,
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", f"http://127.0.0.1:{port}") as got,
    ):
        assert got.headers["content-encoding"] == ("gzip" if gzip else "identity")
        seen, names = 0, []
        # httpx reads the chunks: a malformed one would be an error here, a missing one a wait that has an end.
        async for piece in got.aiter_bytes():
            events = list(parser.feed(piece))
            names += [event.name for event in events]
            states = [event for event in events if event.name == "message"]
            if states and (seen := seen + len(states)) <= 3:
                hub.publish(update(seen, final=seen == 3))
    assert [name for name in names if name != "heartbeat"] == ["message"] * 4 + ["end"]
    # Past it go the three updates; the opening, perhaps a heartbeat, and the end do not.
    assert (len([body for body in sent if body]) >= 4 + gzip) is (protocol is ReachableProtocol)


async def test_past_send_nothing_is_written_to_a_client_that_must_be_waited_for_or_is_gone() -> None:
    said: list[bool] = []
    done = anyio.Event()

    async def app(scope: Scope, _receive: object, send: Send) -> None:
        transport: Any = transport_of(scope)
        write_chunk = write_chunk_of(scope)
        assert write_chunk is not None
        await send({"type": "http.response.start", "status": 200, "headers": []})
        chunk = b"c350\r\n" + b"x" * 50_000 + b"\r\n"
        while write_chunk(chunk):
            pass
        held = transport.get_write_buffer_size()
        said.append(write_chunk(chunk))
        assert transport.get_write_buffer_size() == held
        transport.abort()
        said.append(write_chunk(chunk))
        done.set()

    async with serving(app, DirectProtocol) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await done.wait()
    assert said == [False, False]


async def test_a_stalled_reader_gets_well_formed_chunks_when_it_reads_again() -> None:
    """It is written to past `send` at first, through `send` while it stalls, and past it again."""
    sent: list[bytes] = []
    told: list[Event] = []
    async with (
        Hub(SystemClock()).running() as hub,
        serving(streaming(hub, sent), DirectProtocol) as port,
        connected(port) as reader,
    ):
        await reader.readuntil(b"\r\n\r\n")
        seq = 0
        # Flushed by hand, so that it does not take the minute that the pace would make of it.
        while not any(b'"seq":%d,' % seq in body for body in sent if seq):
            seq += 1
            hub.publish(update(seq))
            hub.flush()
            await anyio.lowlevel.checkpoint()
        hub.publish(update(seq + 1, final=True))
        parser = Parser()
        while size := int(await reader.readline(), 16):
            told += parser.feed(await reader.readexactly(size))
            assert await reader.readexactly(2) == b"\r\n"
    # On a machine that took ten seconds over it a heartbeat has come too.
    *_, last, end = [event for event in told if event.name != "heartbeat"]
    assert end.name == "end"
    assert f'"seq":{seq + 1},' in last.data
    assert hub.accounts.snapshot().ended[Cause.REST] == 1
