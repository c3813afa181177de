"""A session that is held, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, site

pytestmark = pytest.mark.anyio


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[tuple[Site, str]]:
    """A site and a session that found a folder emptied."""
    await to_thread.run_sync(paint, tmp_path / "root" / "disk", 6)
    async with site(tmp_path) as it:
        first = await it.start()
        await it.finished(first)
        await it.post("/api/ingest/commit", {"session_id": first})
        await it.finished(first)
        (tmp_path / "root" / "disk").rename(tmp_path / "unplugged")
        session_id = await it.start()
        with anyio.fail_after(ALARM):
            while (await it.get(f"/api/ingest/status/{session_id}"))["status"] != "held":
                await anyio.lowlevel.checkpoint()
        yield it, session_id


async def test_the_message_says_why_and_resume_confirms(held: tuple[Site, str]) -> None:
    it, session_id = held
    message = await it.get(f"/api/ingest/status/{session_id}")
    assert message["held"]["code"] == "guard"
    assert "is empty: 6 of 6 files" in message["held"]["message"]
    assert (message["stats"]["missing"], "error" in message) == (6, False)
    await it.post(f"/api/ingest/resume/{session_id}")
    done = await it.finished(session_id)
    assert (done["status"], "held" in done) == ("completed", False)
    report = await it.get(f"/api/ingest/report/{session_id}?format=json")
    assert report["preview"]["missing"] == 6
    await it.post("/api/ingest/commit", {"session_id": session_id})
    await it.finished(session_id)
    found = await it.get("/api/media?q=missing:yes")
    assert (found["total"], found["media"][0]["missing_since"] > 0) == (6, True)


async def test_cancel_gives_it_up(held: tuple[Site, str]) -> None:
    it, session_id = held
    assert (await it.post(f"/api/ingest/cancel/{session_id}"))["status"] == "cancelled"
    report = await it.get(f"/api/ingest/report/{session_id}?format=json")
    assert report["preview"]["missing"] == 0
