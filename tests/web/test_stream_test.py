"""The stream that says when its events were sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from tests.in_process import Site, site

from tallylight.web.stream_tests import StreamTests

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as it:
        yield it


async def test_events_come_as_far_apart_as_asked_for_and_then_it_ends(it: Site) -> None:
    probe = await it.read("/api/stream-test", query="beats=3&every=0.05&silence=0.1")
    told = [json.loads(event.data) for event in probe.events]
    assert [(one["n"], one["of"]) for one in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(one["at"] >= due for one, due in zip(told, [0, 0.05, 0.1, 0.2], strict=True))
    assert probe.headers["content-type"] == "text/event-stream"
    assert probe.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("query", ["beats=0", "beats=41", "every=0", "every=6", "silence=-1", "silence=601", "beats=x"])
async def test_what_is_out_of_range_is_refused(it: Site, query: str) -> None:
    assert (await it.client.get(f"/api/stream-test?{query}")).status_code == 422


async def test_only_a_few_at_the_same_time(it: Site) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            await tasks.start(_reading, it)
        assert (await it.client.get("/api/stream-test")).status_code == 503
        tasks.cancel_scope.cancel()
    await anyio.wait_all_tasks_blocked()
    assert (await it.read("/api/stream-test", query="beats=1")).ended


async def _reading(it: Site, *, task_status: anyio.abc.TaskStatus[None]) -> None:
    async with it.reading("/api/stream-test", query="silence=600") as probe:
        await probe.saw(lambda events: len(events) > 0)
        task_status.started()
        await anyio.sleep_forever()


def test_room_is_counted() -> None:
    tests = StreamTests(most=2)
    assert [tests.begin(), tests.begin(), tests.begin()] == [True, True, False]
    tests.end()
    assert tests.begin()
