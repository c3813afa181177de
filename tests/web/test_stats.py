"""How the streams are doing, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site
from tests.web.telling import told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as it:
        yield it


async def test_the_numbers_follow_the_readers(it: Site) -> None:
    before = await it.get("/api/ingest/stream-stats")
    assert before["readers"] == {"session": 0, "shared": 0, "poll": 0}
    await to_thread.run_sync(paint, it.root, 2)
    async with it.reading("/api/ingest/stream") as probe:
        await probe.saw(lambda events: len(events) > 0)
        session_id = await it.run()
        await probe.saw(told("end"))
        during = await it.get("/api/ingest/stream-stats")
        assert during["readers"]["shared"] == 1
        assert during["published"] >= 1
        assert during["delivered"] >= 1
        assert during["publish_to_write_s"]["count"] == during["delivered"]
        assert during["bytes_written"] > 100
    await it.read(f"/api/ingest/stream/{session_id}")
    after = await it.get("/api/ingest/stream-stats")
    assert after["readers"] == {"session": 0, "shared": 0, "poll": 0}
    assert (after["opened"]["shared"], after["opened"]["session"]) == (1, 1)
    assert (after["ended"]["gone"], after["ended"]["rest"]) == (1, 1)


async def test_prometheus_is_told_the_same(it: Site) -> None:
    answer = await it.client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'tallylight_readers{transport="shared"} 0.0' in answer.text
    async with it.reading("/api/ingest/stream") as probe:
        await probe.saw(lambda events: len(events) > 0)
        answer = await it.client.get("/metrics")
        assert 'tallylight_readers{transport="shared"} 1.0' in answer.text


@pytest.mark.parametrize("path", ["/metrics", "/api/ingest/stream-stats"])
async def test_the_doors_guard_them_and_only_get_is_taken(it: Site, path: str) -> None:
    problem(await it.client.get(path, headers={"Host": "evil.example"}), 421)
    problem(await it.client.post(path, json={}), 405, "method_not_allowed")
