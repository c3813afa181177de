"""Schedules over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site

from tallylight.model import Json

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path) as it:
        yield it


async def test_a_schedule_is_made_listed_and_removed(it: Site) -> None:
    made = await it.post("/api/schedules", {"folder": str(it.root), "rule": "daily 3:00", "auto_commit": True})
    assert (made["folder"], made["rule"], made["auto_commit"]) == (str(it.root), "daily 03:00", True)
    assert made["created_at"] < made["next_at"] <= made["created_at"] + 90_000
    assert (await it.get("/api/schedules")) == {"schedules": [made]}
    twice = await it.post("/api/schedules", {"folder": str(it.root)}, 400)
    assert "has a schedule already" in twice["detail"]
    answer = await it.client.delete(f"/api/schedules/{made['schedule_id']}")
    assert answer.json() == {"schedule_id": made["schedule_id"], "removed": True}
    assert (await it.get("/api/schedules")) == {"schedules": []}
    problem(await it.client.delete(f"/api/schedules/{made['schedule_id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"folder": "/"}, 400, "outside the folders"),
        ({"folder": "relative"}, 400, "not an absolute path"),
        ({"folder": "{root}", "rule": "often"}, 400, "write events, poll"),
        ({"folder": "{root}", "rule": 5}, 422, "rule"),
        ({"folder": "{root}", "when": "events"}, 422, "has no field when"),
        ({}, 422, "folder"),
    ],
)
async def test_what_is_no_schedule_is_refused(it: Site, body: Json, status: int, sentence: str) -> None:
    asked = {name: str(it.root) if value == "{root}" else value for name, value in body.items()}
    assert sentence in str(await it.post("/api/schedules", asked, status))
    assert (await it.get("/api/schedules")) == {"schedules": []}
