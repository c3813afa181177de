"""A client against a server that does, connection by connection, what it is told."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx
import pytest
from anyio import to_thread
from anyio.abc import ByteStream
from anyio.streams.tls import TLSListener
from tests.proxies import make_certificate

from tallylight.client import End, Message, Outcomes, Patience, Reset, State, follow
from tallylight.errors import BadParameters, NotFound, Refused, ServerUnreachable

pytestmark = pytest.mark.anyio

#: Comes back at once: what is tested is whether and with what, not when.
EAGER = Patience(shortest=0.0, longest=0.0, first_word=30.0)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n"


def state(seq: int, status: str = "processing") -> bytes:
    body = {"session_id": "s", "status": status, "progress": seq, "seq": seq, "t": float(seq)}
    return b"id: e-%d\ndata: %s\n\n" % (seq, json.dumps(body).encode())


def end(seq: int) -> bytes:
    body = {"session_id": "s", "status": "completed", "seq": seq}
    return b"id: e-%d.end\nevent: end\ndata: %s\n\n" % (seq, json.dumps(body).encode())


def answer(status: str, body: str = "", kind: str = "application/problem+json", further: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    return f"{head}{further}\r\n{body}".encode()


@dataclass
class Script:
    """What is answered to each connection in turn; the last goes for all that follow. Where it ends with `…` the
    connection stays open.
    """

    answers: Sequence[bytes | Callable[[], bytes]]
    url: str = ""
    asked: list[str] = field(default_factory=list)  #: the requests' heads

    async def serve(self, client: ByteStream) -> None:
        async with client:
            self.asked.append((await client.receive()).decode())
            told = self.answers[min(len(self.asked), len(self.answers)) - 1]
            body = told if isinstance(told, bytes) else told()
            await client.send(body.removesuffix("…".encode()))
            if body.endswith("…".encode()):
                await anyio.sleep_forever()


@asynccontextmanager
async def scripted(*answers: bytes | Callable[[], bytes]) -> AsyncIterator[Script]:
    script = Script(answers)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        script.url = f"http://127.0.0.1:{port}/api/ingest/stream/s"
        tasks.start_soon(listener.serve, script.serve)
        yield script
        tasks.cancel_scope.cancel()


async def told(script: Script, patience: Patience = EAGER, **options: object) -> list[Message]:
    with anyio.fail_after(20):
        return [message async for message in follow(script.url, patience=patience, **options)]  # type: ignore[arg-type]


def seqs(messages: Sequence[Message]) -> list[int]:
    return [message.seq for message in messages if isinstance(message, State)]


async def test_from_the_first_state_to_the_end() -> None:
    async with scripted(HEAD + state(1) + state(2) + state(3, "completed") + end(3)) as script:
        messages = await told(script)
    assert seqs(messages) == [1, 2, 3]
    assert isinstance(messages[-1], End)
    assert messages[-1].position == "e-3.end"
    assert "last-event-id" not in script.asked[0].lower()


async def test_a_connection_that_breaks_is_gone_on_with() -> None:
    half = state(3)[:-20]
    async with scripted(HEAD + state(1) + state(2) + half, HEAD + state(3) + end(3)) as script:
        messages = await told(script)
    assert seqs(messages) == [1, 2, 3]
    assert "last-event-id: e-2\r\n" in script.asked[1].lower()


async def test_troubles_of_proxies_pass() -> None:
    troubles = [answer("502 Bad Gateway"), answer("503 Service Unavailable"), answer("504 Gateway Timeout"), b""]
    async with scripted(*troubles, HEAD + state(1) + end(1)) as script:
        assert seqs(await told(script)) == [1]
    assert len(script.asked) == 5


async def test_what_was_told_is_not_told_again_as_something_older() -> None:
    async with scripted(HEAD + state(5), HEAD + state(4) + state(5) + state(6) + end(6)) as script:
        assert seqs(await told(script)) == [5, 5, 6]


async def test_after_a_reset_counts_begin_anew() -> None:
    reset = b'event: reset\ndata: {"session_id": "s", "reason": "other_epoch"}\n\n'
    async with scripted(HEAD + state(5), HEAD + reset + state(1) + end(1)) as script:
        messages = await told(script)
    assert [type(message) for message in messages] == [State, Reset, State, End]


async def test_outcomes_carry_the_position_on() -> None:
    lane = b'id: e-3\nevent: outcomes\ndata: {"session_id":"s","from":3,"to":3,"skipped":0,"items":[{"seq":3}]}\n\n'
    async with scripted(HEAD + lane, HEAD + state(3) + end(3)) as script:
        messages = await told(script, last_event_id="e-2")
    assert isinstance(messages[0], Outcomes)
    assert [head.lower().partition("last-event-id: ")[2].split()[0] for head in script.asked] == ["e-2", "e-3"]


async def test_who_knows_the_end_is_told_nothing_more() -> None:
    async with scripted(b"HTTP/1.1 204 No Content\r\n\r\n") as script:
        assert await told(script, last_event_id="e-3.end") == []


async def test_a_server_that_is_full_is_left_alone_for_as_long_as_it_says() -> None:
    full = b'retry: 30000\nevent: bye\ndata: {"reason": "full"}\n\n'
    async with scripted(HEAD + full, HEAD + state(1) + end(1)) as script:
        # `longest` bounds what a server may ask for.
        assert seqs(await told(script, Patience(longest=0.01))) == [1]


async def test_what_is_refused_for_good_is_said_in_the_servers_words() -> None:
    async with scripted(answer("404 Not Found", '{"detail": "There is no session s."}')) as script:
        with pytest.raises(NotFound, match=r"^There is no session s\.$"):
            await told(script)
    async with scripted(answer("401 Unauthorized", "<h1>No</h1>", "text/html")) as script:
        with pytest.raises(Refused, match="wants a token"):
            await told(script)
    async with scripted(answer("418 Teapot", "[1]")) as script:
        with pytest.raises(Refused, match="status 418"):
            await told(script)


async def test_the_login_page_of_a_proxy_is_no_stream() -> None:
    async with scripted(answer("200 OK", "<form>", "text/html")) as script:
        with pytest.raises(Refused, match="answers with text/html, not with a stream"):
            await told(script)


async def test_a_stream_of_something_else_is_refused() -> None:
    async with scripted(HEAD + b"data: hello\n\n") as script:
        with pytest.raises(Refused, match="something else than the progress"):
            await told(script)


async def test_a_token_goes_with_each_request() -> None:
    async with scripted(HEAD + state(1), HEAD + end(1)) as script:
        await told(script, headers={"Authorization": "Bearer secret"})
    assert all("authorization: bearer secret" in head.lower() for head in script.asked)


async def test_nobody_there_is_given_up_after_a_while() -> None:
    async with scripted() as script:
        pass
    with pytest.raises(ServerUnreachable, match="Nothing was heard from http"):
        await told(script, Patience(shortest=0.0, longest=0.0, absence=0.0))


async def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    await to_thread.run_sync(make_certificate, certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    secure = TLSListener(listener, context, standard_compatible=False)
    async with secure, anyio.create_task_group() as tasks:
        tasks.start_soon(secure.serve, Script([HEAD + end(1)]).serve)
        script = Script([], url=f"https://localhost:{port}/api/ingest/stream/s")
        with pytest.raises(Refused, match="is not trusted"):
            await told(script)
        trusting = ssl.create_default_context(cafile=str(certificate))
        async with httpx.AsyncClient(verify=trusting) as http:
            assert len(await told(script, http=http)) == 1
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("url", ["ftp://h/x", "h/x", "/api/ingest/stream", ""])
async def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(BadParameters, match="begins with http"):
        follow(url)


async def test_a_stream_that_is_held_back_is_polled() -> None:
    body = {"cursor": "t-1", "states": [json.loads(state(3, "completed").partition(b"data: ")[2])]}
    polled = answer("200 OK", json.dumps(body), "application/json")
    async with scripted(HEAD + "…".encode(), polled) as script:
        messages = await told(script, Patience(shortest=0.0, longest=0.0, first_word=0.05))
    assert [type(message) for message in messages] == [State, End]
    assert "GET /api/ingest/poll?wait=25&session=s" in script.asked[1]


async def test_a_proxy_that_holds_even_the_head_back_is_polled_past() -> None:
    body = {"cursor": "t-1", "states": [json.loads(state(3, "completed").partition(b"data: ")[2])]}
    polled = answer("200 OK", json.dumps(body), "application/json")
    async with scripted("…".encode(), answer("502 Bad Gateway"), polled) as script:
        messages = await told(script, Patience(shortest=0.0, longest=0.0, first_word=0.05))
    assert [type(message) for message in messages] == [State, End]


async def test_silence_is_a_dead_connection() -> None:
    async with scripted(HEAD + state(1) + "…".encode(), HEAD + state(2) + end(2)) as script:
        assert seqs(await told(script, Patience(silence=0.05, shortest=0.0, longest=0.0))) == [1, 2]


async def test_closing_the_iterator_ends_the_connection() -> None:
    async with scripted(HEAD + state(1) + "…".encode()) as script:
        with anyio.fail_after(20):
            async with aclosing(follow(script.url, patience=EAGER)) as messages:
                assert isinstance(await anext(messages), State)
            # Returns although the server would have gone on.


async def test_a_client_of_ones_own_stays_open() -> None:
    async with scripted(HEAD + state(1) + end(1)) as script, httpx.AsyncClient() as http:
        await told(script, http=http)
        assert not http.is_closed
