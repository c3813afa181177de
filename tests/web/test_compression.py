"""Which streams are compressed: those of readers that want few bytes and can undo it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, site
from tests.web.telling import SHARED, fill, names, of, rests, standing_still, states, told

pytestmark = pytest.mark.anyio

BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    """Over four pictures and an empty file, with an engine that waits to be let go on."""
    await to_thread.run_sync(fill, tmp_path / "root")
    async with site(tmp_path, paced=True) as it:
        yield it


@pytest.mark.parametrize("shared", [True, False])
async def test_patches_come_compressed_to_who_can_undo_it(it: Site, shared: bool) -> None:
    moving = await standing_still(it)
    async with it.reading(SHARED if shared else of(moving), query="patch=1", headers=BROWSER) as probe:
        await probe.saw(bool)
        it.engine.open()
        await probe.saw(told("end"))
    assert probe.headers["content-encoding"] == "gzip"
    assert probe.headers["content-type"] == "text/event-stream"
    assert all(b"data:" not in write for write in probe.writes)


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        pytest.param("patch=1", {}, id="who does not say that it can"),
        pytest.param("patch=1", {"accept-encoding": "br, gzip;q=0"}, id="who says that it cannot"),
        pytest.param("", BROWSER, id="who wants whole states"),
        pytest.param("outcomes=1", BROWSER, id="who wants whole states and outcomes"),
    ],
)
async def test_others_get_events_as_they_are(it: Site, query: str, headers: dict[str, str]) -> None:
    session_id = await it.start()
    async with it.reading(SHARED, query=query, headers=headers) as probe:
        it.engine.open()
        await probe.saw(rests(session_id))
    assert probe.headers["content-encoding"] == "identity", "which keeps compressors on the way off it"
    assert probe.writes[0].startswith(b"retry: ")


async def test_a_head_is_as_it_was(it: Site) -> None:
    session_id = await it.start()
    response = await it.client.head(of(session_id), params={"patch": "1"}, headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-encoding"] == "identity"


async def test_the_end_of_a_session_is_the_end_of_what_was_compressed(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    probe = await it.read(of(session_id), query="patch=1", headers=BROWSER)
    assert names(probe.events)[-1] == "end"
    assert states(probe.events)[-1]["status"] == "completed"
    assert probe.ended
