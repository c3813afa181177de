"""A server that is told to stop: quickly, however many are connected, whatever is going on, whichever server it is."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.cli.running import Tallylight
from tests.crowd import PROMISED, Stopwatch, Watcher, all_over, crowd
from tests.faults.plain import PlainUvicorn
from tests.serving import Server, descendants, gone

from tallylight.model import Json

BYE = ("bye", {"reason": "stopping"})


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop looked like from outside."""

    took: float
    watchers: list[Watcher]

    @property
    def lasts(self) -> list[tuple[str, Any]]:
        """Each reader's last event."""
        return [(watcher.events[-1].name, json.loads(watcher.events[-1].data)) for watcher in self.watchers]

    @property
    def retries(self) -> list[int]:
        """When each reader was told to come back."""
        return [watcher.parser.retry_ms or 0 for watcher in self.watchers]

    @property
    def shown(self) -> Json:
        """The newest state that any reader was shown."""
        states = [
            json.loads(next(event.data for event in reversed(watcher.events) if event.name == "message"))
            for watcher in self.watchers
        ]
        newest: Json = max(states, key=lambda state: state["seq"])
        return newest


async def stop(server: Server, number: int, readers: int) -> Stopped:
    """Stop a server that has so many readers."""
    async with crowd(server.port, readers) as watchers:
        # The crowd reads again once the server has gone: meanwhile nothing competes with it for the processor.
        stopwatch = Stopwatch()
        server.stop(number)
        took = stopwatch.read()
        await all_over(watchers)
    return Stopped(took, watchers)


def set_in_motion(server: Server) -> str:
    """A session that publishes all the time, and has begun to; returns its id."""
    session_id = server.process()
    with server.stream(f"/api/ingest/stream/{session_id}") as first:
        first.until(lambda _: first.processed > 0)
    return session_id


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("readers", [0, 1, 1000])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
@pytest.mark.parametrize("kind", [Server, PlainUvicorn])
def test_a_stop_takes_less_than_two_seconds_and_loses_nothing(
    kind: type[Server],
    number: signal.Signals,
    readers: int,
    busy: bool,
    crowded: Path,
    tmp_path: Path,
    tallylight: Tallylight,
) -> None:
    with kind(crowded, tmp_path / "data") as server:
        session_id = set_in_motion(server) if busy else ""
        workers = descendants(server.pid)
        stopped = anyio.run(partial(stop, server, number, readers))
    assert stopped.took < PROMISED
    assert server.exit_status == kind.exit_statuses[number]
    assert "Traceback" not in "".join(server.output)
    assert len(server.output) == 1 or kind is not Server, "ours says where it is live, and nothing else"
    assert stopped.lasts == [BYE] * readers
    assert all(2000 <= retry <= 10_000 for retry in stopped.retries)
    assert len(set(stopped.retries)) >= readers * 0.9, "readers come back at spread times"
    assert workers
    assert gone(workers)
    if busy:
        kept = json.loads(tallylight("show", session_id, "--data", tmp_path / "data", "--json").out)
        assert kept["status"] == "processing", "it goes on at the next start"
        if readers:
            assert kept["seq"] >= stopped.shown["seq"]
            for count, shown in stopped.shown["stats"].items():
                assert kept["stats"][count] >= shown, count


def test_a_reader_goes_on_after_a_restart_where_it_was(crowded: Path, tmp_path: Path) -> None:
    with Server(crowded, tmp_path / "data") as server:
        session_id = server.process()
        path = f"/api/ingest/stream/{session_id}?outcomes=1"
        with server.stream(path) as before:
            before.until(lambda _: before.processed > 20)
            server.stop()
            before.until_over()
        server.start()
        with server.stream(path, last_event_id=before.last_event_id) as after:
            after.until(lambda _: after.processed > before.processed + 20)
            server.post(f"/api/ingest/cancel/{session_id}")
            after.until_over()
    assert [event.name for event in after.events[-2:]] == ["message", "end"]
    assert not [event for event in after.events if event.name == "reset"]
    told = [
        item["seq"]
        for event in before.events + after.events
        if event.name == "outcomes"
        for item in json.loads(event.data)["items"]
    ]
    assert len(told) == len(set(told)) == after.states[-1]["processed_files"], "each outcome once"


def test_a_client_that_never_reads_does_not_hold_the_server(crowded: Path, tmp_path: Path) -> None:
    with Server(crowded, tmp_path / "data") as server:
        half = server.raw(b"GET /api/ingest/sessions HTTP/1.1\r\nHost: localhost\r\n")
        deaf = server.raw(b"GET /api/ingest/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle = server.raw(b"")
        with server.stream("/api/ingest/stream") as other:
            other.until(lambda events: len(events) > 0)
            assert server.get("/healthz")["readers"] == 2
            assert server.stop() < PROMISED
        for connection in (half, deaf, idle):
            connection.close()
