"""The shared stream through the whole application, by the protocol in docs/reference/stream.md."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, problem, site
from tests.web.telling import NOBODY, SHARED, fill, names, of, position, rests, shows, standing_still, states, told

from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    """Over four pictures and an empty file, with an engine that waits to be let go on."""
    await to_thread.run_sync(fill, tmp_path / "root")
    async with site(tmp_path, paced=True) as it:
        yield it


@pytest.fixture
async def moving(it: Site) -> str:
    """A session that stands still in the middle."""
    return await standing_still(it)


async def test_the_shared_stream_tells_sessions_that_start_later_and_does_not_end(it: Site) -> None:
    it.engine.open()
    async with it.reading(SHARED) as probe:
        for _ in range(2):
            session_id = await it.start(skip_existing=False)
            await probe.saw(rests(session_id))
        assert not probe.ended
    assert len({state["session_id"] for state in states(probe.events)}) == 2
    assert states(probe.events)[-1]["progress"] == 100


async def test_a_fresh_shared_reader_hears_of_what_moves_and_what_it_named(it: Site) -> None:
    it.engine.let(100)
    named, _other = await it.run(), await it.run()
    async with it.reading(SHARED, query=f"session={named}&session={NOBODY}") as probe:
        await probe.saw(rests(named))
        later = await it.start()
        await probe.saw(shows(session_id=later))
    assert {state["session_id"] for state in states(probe.events)} == {named, later}, "and not of the other one"


async def test_a_shared_reader_names_at_most_100_sessions(it: Site) -> None:
    problem(await it.client.get(SHARED + "?" + "&".join(["session=x"] * 101)), 422, "bad_fields")
    assert it.services.hub.readers == 0


async def test_a_shared_reader_that_comes_back_is_told_what_it_missed(it: Site, moving: str) -> None:
    async with it.reading(SHARED) as probe:
        place = (await probe.saw(told("message")))[-1].id
    it.engine.open()
    await it.finished(moving)
    missed = await it.run(skip_existing=False)
    async with it.reading(SHARED, headers={"last-event-id": place}) as probe:
        await probe.saw(rests(moving))
        await probe.saw(rests(missed))
    assert "reset" not in names(probe.events)
    assert {state["session_id"]: state["progress"] for state in states(probe.events)} == {moving: 100, missed: 100}
    assert probe.events[-1].id != place

    async with it.reading(SHARED, headers={"last-event-id": probe.events[-1].id}) as again:
        await again.saw(told("heartbeat"))
    assert names(again.events) == [], "nothing happened since"


async def test_a_shared_reader_that_heard_of_nothing_has_a_position_all_the_same(it: Site) -> None:
    async with it.reading(SHARED) as probe:
        await probe.saw(told("heartbeat"))
    place = probe.last_event_id
    it.engine.open()
    missed = await it.run()
    async with it.reading(of(missed)) as probe:
        await probe.saw(told("end"))
    async with it.reading(SHARED) as probe:
        await probe.saw(told("heartbeat"))
    async with it.reading(SHARED, headers={"last-event-id": place}) as probe:
        await probe.saw(rests(missed))
    assert names(probe.events) == ["message", "end"]


async def test_only_the_last_event_of_a_shared_write_moves_the_position(it: Site) -> None:
    it.engine.open()
    first, second = await it.run(), await it.run()
    async with it.reading(SHARED, query=f"session={first}&session={second}") as probe:
        await probe.saw(lambda events: len(names(events)) == 4)
    ids = [event.id for event in probe.events if event.name != "heartbeat"]
    assert ids[:3] == ["", "", ""]
    assert ids[3] == f"{it.services.journal.epoch}-{it.services.hub.tally}"


async def test_a_foreign_shared_position_is_reset_and_told_what_rested_in_the_last_ten_minutes(tmp_path: Path) -> None:
    clock = ManualClock()
    async with site(tmp_path, clock=clock) as it:
        long_ago = await it.run()
        await clock.advance(601)
        recent = await it.run()
        for place, reason in (("aaaaaa-1", "other_epoch"), ("?", "unreadable"), ("future", "unreadable")):
            async with it.reading(SHARED, headers={"last-event-id": place}) as probe:
                await probe.saw(rests(recent))
            assert names(probe.events) == ["reset", "message", "end"]
            assert json.loads(probe.events[0].data) == {"reason": reason}
            assert long_ago not in str(probe.events)
        ahead = f"{it.services.journal.epoch}-{it.services.hub.tally + 1}"
        async with it.reading(SHARED, headers={"last-event-id": ahead}) as probe:
            await probe.saw(rests(recent))
        assert json.loads(probe.events[0].data) == {"reason": "future"}


async def test_a_session_whose_position_is_sent_to_the_shared_stream_is_foreign_there(it: Site, moving: str) -> None:
    async with it.reading(SHARED, headers={"last-event-id": await position(it, moving)}) as probe:
        await probe.saw(told("message"))
    assert names(probe.events)[0] == "reset"


async def test_a_session_deleted_at_rest_is_told_on_the_shared_stream(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    async with it.reading(SHARED, query=f"session={session_id}") as probe:
        await probe.saw(rests(session_id))
        await it.client.delete(f"/api/ingest/session/{session_id}")
        await probe.saw(shows(status="deleted"))
        await probe.saw(lambda events: names(events).count("end") == 2)
