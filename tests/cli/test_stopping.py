"""`tallylight serve` is told to stop while a thousand streams are open."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tests.crowd import PROMISED, Stopwatch, all_over, crowd
from tests.in_process import paint
from tests.serving import Server, many

pytestmark = pytest.mark.anyio

READERS = 1000


async def test_a_thousand_streams_of_a_busy_server_end_within_two_seconds(tmp_path: Path, slow: Path) -> None:
    paint(tmp_path / "root", 200)
    many(slow, tmp_path / "root", 100)
    with Server(tmp_path / "root", tmp_path / "data") as server:
        session_id = server.process()
        async with crowd(int(server.url.rpartition(":")[2]), READERS) as watchers:
            assert server.get("/api/ingest/stream-stats")["readers"]["shared"] == READERS
            # The crowd reads again once the server has gone: here nothing competes with it for the processor.
            stopwatch = Stopwatch()
            server.stop(signal.SIGINT)
            took = stopwatch.read()
            await all_over(watchers)
            events = [watcher.events for watcher in watchers]
            comebacks = {watcher.parser.retry_ms for watcher in watchers}
    assert took < PROMISED
    assert (server.exit_status, server.output[1:]) == (0, []), "a stop is no trouble to report"
    assert {(told[-1].name, told[-1].data) for told in events} == {("bye", '{"reason":"stopping"}')}
    assert len(comebacks) > READERS * 0.9, "readers come back at spread times"
    assert all(session_id in told[0].data for told in events), "each was told the state first"
