"""examples/any_asgi_app.py under real servers: what each of them can promise (docs/reference/servers.md)."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from tests.distributions import ROOT
from tests.ports import free_port
from tests.serving import ALARM, Server, has_ended

from tallylight.clock import SystemClock
from tallylight.live import Event

EXAMPLE = ROOT / "examples" / "any_asgi_app.py"
BIN = Path(sys.executable).parent
#: What each is told about the port, and what stands before the address that it says.
SERVERS = {
    "uvicorn": (["--port"], "running on "),
    "granian": (["--interface", "asgi", "--port"], "Listening at: "),
    "hypercorn": (["--workers", "0", "--bind"], "Running on "),
}


class AppServer(Server):
    """The example under one of the servers."""

    def __init__(self, name: str, app: str) -> None:
        super().__init__(EXAMPLE.parent, EXAMPLE.parent)
        self.name = name
        self.app = app
        self.says = SERVERS[name][1]

    def command(self) -> list[str]:
        options, _ = SERVERS[self.name]
        port = str(free_port())
        where = f"127.0.0.1:{port}" if self.name == "hypercorn" else port
        return [str(BIN / self.name), *options, where, self.app]

    def until_answered(self) -> None:
        """Return once a request is answered."""
        deadline = SystemClock().monotonic() + ALARM
        while SystemClock().monotonic() < deadline:
            with suppress(OSError, HTTPException):
                self.request("GET", "/")
                return
        raise AssertionError(f"nobody answers: {self.output}")

    def environment(self) -> dict[str, str]:
        # Where the example lies; the servers' own folder is not among the places all of them look in.
        places = [str(ROOT), str(Path(__file__).parent)]
        return {"PYTHONPATH": os.pathsep.join([*places, os.environ.get("PYTHONPATH", "")])}


@contextmanager
def serving(name: str, app: str = "watched_app:app") -> Iterator[AppServer]:
    """Killed, some would leave their worker behind: they are always asked to stop."""
    server = AppServer(name, app).start()
    try:
        # granian says where it listens before anybody answers there.
        server.until_answered()
        yield server
    finally:
        if server.exit_status is None:
            server.stop()


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[AppServer]:
    with serving(request.param) as running:
        yield running


def states(events: list[Event]) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in events if event.name == "message"]


def test_it_is_as_short_as_it_says() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 60


@pytest.mark.parametrize("where", ["thread", "task", "pool"])
def test_a_job_is_live_from_its_first_count_to_its_end(server: AppServer, where: str) -> None:
    key = begin(server, where)
    with server.stream(f"/progress/{key}") as stream:
        seen = stream.until(has_ended)
        stream.until_over()
    counts = [state["done"] for state in states(seen)]
    assert counts == sorted(counts)
    assert counts[-1] == 100
    # A server that held messages back would have given one or two.
    assert len(set(counts)) > 5
    assert states(seen)[-1]["status"] == "completed"


def test_two_tabs_see_the_same_and_a_return_resumes(server: AppServer) -> None:
    key = begin(server, "thread")
    with server.stream("/progress/") as all_of_them, server.stream(f"/progress/{key}") as one:
        one.until(has_ended)
        all_of_them.until(has_ended)
        last = one.last_event_id
    ended = [state for state in states(all_of_them.events) if state["session_id"] == key][-1]
    assert ended == states(one.events)[-1]
    with server.stream(f"/progress/{key}", last_event_id=last) as again:
        assert again.status == 204
        again.until_over()


def test_who_leaves_is_forgotten(server: AppServer) -> None:
    with server.stream("/progress/") as stream:
        stream.until(bool)
        assert server.get("/readers") == 1
    deadline = SystemClock().monotonic() + ALARM
    while server.get("/readers") and SystemClock().monotonic() < deadline:
        pass
    assert server.get("/readers") == 0


def test_what_there_is_not_is_404(server: AppServer) -> None:
    assert "'nothing'" in server.get("/progress/nothing", 404)["detail"]


@pytest.mark.parametrize("name", SERVERS)
def test_a_stop_ends_the_streams(name: str) -> None:
    """hypercorn passes the signal on only where it starts no process for the application."""
    with serving(name) as server, server.stream("/progress/") as stream:
        stream.until(bool)
        took = server.stop(signal.SIGTERM)
        names = [event.name for event in stream.until_over()]
    assert names[-1] == "bye"
    assert took < 5


@pytest.mark.parametrize("name", SERVERS)
def test_who_takes_nothing_is_given_up_and_delays_nobody(name: str) -> None:
    """None of these lets the application reach its connections: that a client takes nothing shows once all buffers on
    the way to it are full.
    """
    with serving(name, "flooded_app:app") as server, server.stream("/progress/") as other:
        other.until(bool)
        with server.raw(b"GET /progress/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"):
            until_readers(server, now=2, stalled=0)
            until_readers(server, now=1, stalled=1)
            told = len(other.events)
            other.until(lambda events: len(events) > told + 500)
        assert not other.is_over


def until_readers(server: AppServer, **wanted: int) -> None:
    deadline = SystemClock().monotonic() + ALARM
    while (found := server.get("/readers")) != wanted and SystemClock().monotonic() < deadline:
        threading.Event().wait(0.05)
    assert found == wanted


def begin(server: AppServer, where: str) -> str:
    _, _, body = server.request("POST", f"/jobs/{where}")
    return str(json.loads(body)["key"])
