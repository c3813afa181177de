"""A session that is deleted while a client is away: it is told when it comes back, by both streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site
from tests.web.telling import SHARED, names, of, position, rests, states, told

from tallylight.live import Update

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(paint, tmp_path / "root", 4)
    async with site(tmp_path) as it:
        yield it


async def deleted(it: Site, session_id: str) -> str:
    """Delete a session; returns where its stream was."""
    place = await position(it, session_id)
    await it.client.delete(f"/api/ingest/session/{session_id}")
    return place


async def test_its_own_stream_tells_the_end_closes_and_then_sends_the_client_away(it: Site) -> None:
    session_id = await it.run()
    place = await deleted(it, session_id)
    for before in (place, f"{place}.end", f"{place.partition('-')[0]}-1"):
        probe = await it.read(of(session_id), headers={"last-event-id": before})
        assert (probe.ended, names(probe.events)) == (True, ["message", "end"])
        (last,) = states(probe.events)
        assert (last["status"], last["processed_files"]) == ("deleted", 4)
        told_end = {"session_id": session_id, "status": "deleted", "seq": last["seq"]}
        assert json.loads(probe.events[-1].data) == told_end
    state, end = probe.events
    again = await it.read(of(session_id), headers={"last-event-id": state.id})
    assert [(event.name, event.id) for event in again.events] == [("end", end.id)]
    for how in ({"headers": {"last-event-id": end.id}}, {"query": f"last_event_id={end.id}"}):
        assert (await it.read(of(session_id), **how)).status == 204
    assert it.services.hub.readers == 0


@pytest.mark.parametrize("place", ["", "?", "aaaaaa-1", "x" * 4096])
async def test_who_was_never_told_of_it_finds_no_session(it: Site, place: str) -> None:
    session_id = await it.run()
    await deleted(it, session_id)
    headers = {"accept": "text/event-stream", "last-event-id": place}
    problem(await it.client.get(of(session_id), headers=headers), 404, "not_found")
    assert it.services.hub.readers == 0


async def test_outcomes_that_were_missed_are_announced_as_lost(it: Site) -> None:
    session_id = await it.run()
    place = await deleted(it, session_id)
    epoch = place.partition("-")[0]
    late = await it.read(of(session_id), query="outcomes=1", headers={"last-event-id": f"{epoch}-1"})
    assert names(late.events) == ["reset", "message", "end"]
    assert json.loads(late.events[0].data)["reason"] == "pruned"
    steady = await it.read(of(session_id), query="outcomes=1", headers={"last-event-id": place})
    assert names(steady.events) == ["message", "end"]


async def test_the_shared_stream_tells_it_to_who_comes_back_and_to_nobody_else(it: Site) -> None:
    session_id = await it.run()
    async with it.reading(SHARED) as probe:
        await probe.saw(told("heartbeat"))
    before = probe.last_event_id
    await deleted(it, session_id)
    async with it.reading(SHARED, headers={"last-event-id": before}) as probe:
        await probe.saw(rests(session_id))
        await probe.saw(told("heartbeat"))
    assert names(probe.events) == ["message", "end"]
    assert json.loads(probe.events[1].data)["status"] == "deleted"
    for place in ("", probe.last_event_id):
        async with it.reading(SHARED, headers={"last-event-id": place}) as probe:
            await probe.saw(told("heartbeat"))
        assert session_id not in str(probe.events)


async def test_who_lost_its_place_hears_of_recent_deletions(it: Site) -> None:
    session_id = await it.run()
    await deleted(it, session_id)
    async with it.reading(SHARED, headers={"last-event-id": "aaaaaa-1"}) as probe:
        await probe.saw(rests(session_id))
    assert names(probe.events) == ["reset", "message", "end"]


async def test_a_restarted_server_still_tells_it(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path) as it:
        session_id = await it.run()
        async with it.reading(SHARED) as probe:
            await probe.saw(told("heartbeat"))
        place = await deleted(it, session_id)
    async with site(tmp_path) as it:
        alone = await it.read(of(session_id), headers={"last-event-id": place})
        assert names(alone.events) == ["message", "end"]
        async with it.reading(SHARED, headers={"last-event-id": probe.last_event_id}) as shared:
            await shared.saw(rests(session_id))


async def test_a_reader_that_comes_in_the_middle_of_a_deletion_is_told_once(
    it: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Durable, and not yet published: the reader's opening leaves it to the publishing, which it is registered for."""
    session_id = await it.run()
    async with it.reading(SHARED) as probe:
        await probe.saw(told("heartbeat"))
    publish = it.services.hub.publish
    held: list[Update] = []
    monkeypatch.setattr(it.services.hub, "publish", held.append)
    await deleted(it, session_id)
    async with it.reading(SHARED, headers={"last-event-id": probe.last_event_id}) as late:
        await late.saw(told("heartbeat"))
        assert names(late.events) == []
        publish(held[0])
        await late.saw(rests(session_id))
    assert names(late.events) == ["message", "end"]
