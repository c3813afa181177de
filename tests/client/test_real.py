"""A client of a real server over bad networks: restarts, cuts, proxies that hold streams back."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from tests.browser.proxy import Proxy
from tests.browser.serving import Server

from tallylight.client import End, Message, Outcomes, Patience, State, follow
from tallylight.errors import NotFound

FILES = 30
PATIENCE = Patience(shortest=0.02, longest=0.1, first_word=1.0)


class Client:
    """Follows an address in a thread of its own."""

    def __init__(self, url: str) -> None:
        self.messages: list[Message] = []
        self.error: Exception | None = None
        self._moved = threading.Condition()
        self._url = url
        self._over = False
        self._thread = threading.Thread(target=anyio.run, args=(self._follow,), daemon=True)
        self._thread.start()

    @property
    def states(self) -> Sequence[State]:
        return [message for message in self.messages if isinstance(message, State)]

    def until_heard(self, count: int) -> None:
        """Wait until so many states were heard."""
        with self._moved:
            assert self._moved.wait_for(lambda: self._over or len(self.states) >= count, 30), "the alarm rang"
            assert len(self.states) >= count, self.error

    def until_over(self) -> None:
        self._thread.join(40)
        assert not self._thread.is_alive(), "the alarm rang"
        if self.error is not None:
            raise self.error

    async def _follow(self) -> None:
        try:
            async for message in follow(self._url, patience=PATIENCE):
                with self._moved:
                    self.messages.append(message)
                    self._moved.notify_all()
        except Exception as error:  # noqa: BLE001 (told by `until_over`)
            self.error = error
        with self._moved:
            self._over = True
            self._moved.notify_all()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    for number in range(FILES):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(server.root / f"{number:02}.png")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.url)
    yield proxy
    proxy.close()


def begun(server: Server, at: str | None = None, query: str = "") -> Client:
    return Client(f"{at or server.url}/api/ingest/stream/{server.begin()}{query}")


def check(client: Client) -> None:
    """Every file was counted, and nothing ever fell."""
    client.until_over()
    counts = [state.body["processed_files"] for state in client.states]
    assert counts == sorted(counts)
    assert counts[-1] == FILES
    assert isinstance(client.messages[-1], End)
    assert client.messages[-1].status == "completed"


def test_to_the_end(server: Server) -> None:
    client = begun(server)
    client.until_heard(1)
    server.engine.open()
    check(client)


def test_over_a_restart_of_the_server(server: Server) -> None:
    client = begun(server)
    server.engine.let()
    client.until_heard(2)
    server.stop()
    server.start()
    server.engine.open()
    check(client)


def test_over_cuts_and_a_proxy_in_trouble(server: Server, proxy: Proxy) -> None:
    client = begun(server, proxy.url)
    for status in (502, 503):
        heard = len(client.states)
        server.engine.let()
        client.until_heard(heard + 1)
        proxy.refuse(status)
        refused = proxy.refused
        while proxy.refused == refused:
            pass
        proxy.accept()
    server.engine.open()
    check(client)


def test_outcomes_are_each_told_once_over_cuts(server: Server, proxy: Proxy) -> None:
    client = begun(server, proxy.url, "?outcomes=1")
    # One that is fresh is told of none before it came.
    client.until_heard(1)
    for _ in range(2):
        heard = len(client.states)
        server.engine.let()
        client.until_heard(heard + 1)
        proxy.cut()
    server.engine.open()
    check(client)
    told: list[dict[str, Any]] = []
    for message in client.messages:
        if isinstance(message, Outcomes):
            assert message.skipped == 0
            told += message.items
    assert sorted(item["file"] for item in told) == [f"{number:02}.png" for number in range(FILES)]


def test_behind_what_holds_streams_back(server: Server, proxy: Proxy) -> None:
    proxy.hold_streams()
    client = begun(server, proxy.url)
    client.until_heard(1)
    server.engine.open()
    check(client)


def test_a_session_that_there_is_not(server: Server) -> None:
    client = Client(f"{server.url}/api/ingest/stream/nothing")
    with pytest.raises(NotFound):
        client.until_over()
