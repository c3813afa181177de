"""A reader that takes nothing any more: a real `curl`, stopped by SIGSTOP while its stream goes on."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import ALARM, Server, Stream

from tallylight.live import Event, Parser

#: Seconds. A second beside what the kernel needs to see that nothing is taken.
DEADLINE = 1.0

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl to stop")


class Curl:
    """`curl` on a stream, its output in a file."""

    def __init__(self, url: str, output: Path, *, last_event_id: str = "") -> None:
        command = ["curl", "--silent", "--no-buffer", "--header", f"Last-Event-ID: {last_event_id}", url]
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file)

    def __enter__(self) -> Curl:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def received(self) -> tuple[list[Event], str]:
        """The events so far, and the id it would come back with."""
        parser = Parser()
        events = list(parser.feed(self.output.read_bytes()))
        return events, parser.last_event_id


@pytest.fixture
def server(crowded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TALLYLIGHT_READER_DEADLINE", str(DEADLINE))
    monkeypatch.setenv("TALLYLIGHT_LOG", "info")
    with Server(crowded, tmp_path / "data") as server:
        yield server


def stats(server: Server) -> Any:
    return server.get("/api/ingest/stream-stats")


def outcomes(events: list[Event]) -> list[int]:
    """The seqs of all outcomes; none may have been left out."""
    told = [json.loads(event.data) for event in events if event.name == "outcomes"]
    assert all(each["skipped"] == 0 for each in told)
    return [item["seq"] for each in told for item in each["items"]]


def seqs(events: list[Event]) -> list[int]:
    return [json.loads(event.data)["seq"] for event in events if event.name == "message"]


def stop_one(server: Server, url: str, other: Stream, folder: Path) -> tuple[Curl, Any]:
    """A curl that was stopped until the server let it go, and what the server said of it before."""
    curl = Curl(url, folder / "stopped")
    other.until(lambda _: bool(curl.received()[0]))
    curl.process.send_signal(signal.SIGSTOP)
    held = stats(server)
    other.until(lambda _: stats(server)["readers"]["session"] == 1)
    return curl, held


def test_a_stopped_curl_is_dropped_at_the_deadline_and_the_others_get_everything(
    server: Server, tmp_path: Path
) -> None:
    path = f"/api/ingest/stream/{server.process()}?outcomes=1"
    with server.stream(path) as other:
        curl, held = stop_one(server, server.url + path, other, tmp_path)
        with curl:
            assert held["readers"]["session"] == 2
            assert held["readers_memory_bound"] == 2 * held["reader_memory_bound"] <= 512 << 10
            assert stats(server)["ended"] == {**held["ended"], "stalled": 1}
            told = outcomes(other.events)
            assert told == sorted(set(told))
            shown = seqs(other.events)[-1]

            curl.process.send_signal(signal.SIGCONT)
            assert curl.process.wait(ALARM) != 0, "it finds itself cut off"
        events, position = curl.received()
        assert seqs(events)[-1] < shown
        with Curl(server.url + path, tmp_path / "again", last_event_id=position) as again:
            other.until(lambda _: bool(seqs(again.received()[0])))
        caught_up = again.received()[0]
        assert seqs(caught_up)[0] >= shown, "the state of now, not of then"
        had, missed = outcomes(events), outcomes(caught_up)
        # What came after its last id, in a write that was cut off, is told again.
        assert missed[0] > int(position.rpartition("-")[2])
        assert {seq for seq in told if seq >= had[0]} <= {*had, *missed}
    left = [line for line in server.output if "reader left" in line]
    assert left[0] == "INFO tallylight.live.hub: reader left: session, stalled\n"
