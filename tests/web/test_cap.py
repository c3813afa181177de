"""As many readers as there may be: one more is told to come again later, and nobody is sent away for it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.in_process import Site, problem, site
from tests.web.telling import rests

from tallylight.testing import StreamProbe

pytestmark = pytest.mark.anyio

STREAM = "/api/ingest/stream"


@pytest.fixture
async def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Site, list[StreamProbe]]]:
    """An application with room for two, and two that have it."""
    monkeypatch.setenv("TALLYLIGHT_MAX_READERS", "2")
    async with site(tmp_path) as it, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(it.reading(STREAM)) for _ in range(2)]
        for reader in readers:
            await reader.saw(lambda events: len(events) > 0)
        yield it, readers


async def test_an_event_source_is_told_in_its_own_language(full: tuple[Site, list[StreamProbe]]) -> None:
    it, _ = full
    late = await it.read(STREAM)
    assert (late.status, late.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert [(event.name, json.loads(event.data)) for event in late.events] == [("bye", {"reason": "full"})]
    assert (late.retry_ms, late.ended) == (30_000, True)


@pytest.mark.parametrize("path", [STREAM, f"{STREAM}/none", "/api/ingest/poll"])
async def test_anybody_else_is_told_when_to_come_again(full: tuple[Site, list[StreamProbe]], path: str) -> None:
    it, _ = full
    answer = await it.client.get(path)
    problem(answer, 503, "full")
    assert int(answer.headers["retry-after"]) > 0


async def test_nobody_is_sent_away_for_a_newcomer(full: tuple[Site, list[StreamProbe]]) -> None:
    it, readers = full
    for _ in range(5):
        await it.read(STREAM)
    session_id = await it.run()
    for reader in readers:
        await reader.saw(rests(session_id))
        assert not reader.ended
    told = await it.get("/api/ingest/stream-stats")
    assert (told["readers"]["shared"], told["ended"]["full"]) == (2, 5)


async def test_a_place_is_free_again_when_a_reader_leaves(full: tuple[Site, list[StreamProbe]]) -> None:
    it, readers = full
    readers[0].leave()
    while it.services.hub.full:
        await it.get("/healthz")
    async with it.reading(STREAM) as next_one:
        await next_one.saw(lambda events: len(events) > 0)
        assert next_one.events[0].name == "heartbeat", "and not `bye`"


async def test_who_is_turned_away_is_logged(
    full: tuple[Site, list[StreamProbe]], caplog: pytest.LogCaptureFixture
) -> None:
    it, _ = full
    with caplog.at_level(logging.INFO, "tallylight"):
        await it.read(STREAM)
        await it.client.get("/api/ingest/poll")
    logged = [record.getMessage() for record in caplog.records if "turned away" in record.getMessage()]
    assert logged == ["reader turned away: shared, full", "reader turned away: poll, full"]
