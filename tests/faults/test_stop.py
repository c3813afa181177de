"""A server that is told to stop: quickly, whoever is connected and whatever is going on."""

from __future__ import annotations

import json
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.serving import Server, descendants, gone, many

#: Seconds from the signal until the process has gone. A promise, not a measure of this machine.
PROMISED = 2.0


@pytest.mark.parametrize(
    ("number", "streams", "busy"),
    [
        (signal.SIGTERM, 0, False),
        (signal.SIGINT, 20, False),
        (signal.SIGINT, 0, True),
        (signal.SIGTERM, 1, True),
        (signal.SIGTERM, 20, True),
    ],
)
def test_a_stop_says_bye_and_takes_less_than_two_seconds(
    tallylight: Tallylight, slow: Path, tmp_path: Path, number: int, streams: int, busy: bool
) -> None:
    with Server(many(slow, tmp_path / "root", 40), tmp_path / "data") as server, ExitStack() as stack:
        path = "/api/ingest/stream"
        if busy:
            session_id = server.process()
            path = f"/api/ingest/stream/{session_id}"
            with server.stream(path) as first:
                first.until(lambda _: first.states[-1]["processed_files"] > 0)
        readers = [stack.enter_context(server.stream(path)) for _ in range(streams)]
        for reader in readers:
            reader.until(lambda events: len(events) > 0)
        workers = descendants(server.pid)
        assert workers
        took = server.stop(number)
        assert took < PROMISED
        assert server.exit_status == 0
        assert server.output == [f"Tallylight is live at {server.url}  (Ctrl-C stops it)\n"], "and says nothing else"
        for reader in readers:
            last = reader.until_over()[-1]
            assert (last.name, json.loads(last.data)) == ("bye", {"reason": "stopping"})
            assert reader.retry_ms is not None
            assert 2000 <= reader.retry_ms <= 10_000
    assert gone(workers)
    if busy:
        shown = json.loads(tallylight("show", session_id, "--data", tmp_path / "data", "--json").out)
        assert (shown["status"], shown["error"]["code"]) == ("error", "interrupted")


def test_a_client_that_never_reads_does_not_hold_the_server(slow: Path, tmp_path: Path) -> None:
    with Server(slow.parent, tmp_path / "data") as server:
        half = server.raw(b"GET /api/ingest/sessions HTTP/1.1\r\nHost: localhost\r\n")
        deaf = server.raw(b"GET /api/ingest/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle = server.raw(b"")
        with server.stream("/api/ingest/stream") as other:
            other.until(lambda events: len(events) > 0)
            assert server.get("/healthz")["readers"] == 2
            assert server.stop() < PROMISED
        for connection in (half, deaf, idle):
            connection.close()
