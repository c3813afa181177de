"""The stream of one session through the whole application, by the protocol in docs/reference/stream.md."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, problem, site
from tests.web.telling import (
    NOBODY,
    SHARED,
    fill,
    names,
    of,
    position,
    rests,
    shows,
    standing_still,
    states,
    told,
    turn_until,
)

from tallylight.ingest import pipeline
from tallylight.live import Event
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio

COUNTS = ("total_discovered", "processed_files", "metadata_extracted", "keywords_added", "scores_imported", "errors")


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


# --- one session ---------------------------------------------------------------------------------------------------


@pytest.mark.standard
async def test_the_first_message_comes_at_once_and_is_the_current_state(it: Site) -> None:
    session_id = await it.start()
    await it.engine.holds()
    async with it.reading(of(session_id)) as probe:
        first = (await probe.saw(bool))[0]
    state = json.loads(first.data)
    session = await it.services.session(session_id)
    assert (first.name, state["session_id"], state["status"]) == ("message", session_id, "processing")
    assert first.id == f"{session.epoch}-{state['seq']}"
    assert probe.status == 200
    assert probe.headers["content-type"] == "text/event-stream"
    assert probe.headers["cache-control"] == "no-store, no-transform"
    assert probe.headers["x-accel-buffering"] == "no"
    assert "set-cookie" not in probe.headers


@pytest.mark.standard
async def test_retry_is_spread_over_two_to_four_seconds(it: Site) -> None:
    session_id = await it.start()
    seen = set()
    for _ in range(20):
        async with it.reading(of(session_id)) as probe:
            await probe.saw(bool)
        assert probe.retry_ms is not None
        assert 2000 <= probe.retry_ms <= 4000
        seen.add(probe.retry_ms)
    assert len(seen) > 5


async def test_a_heartbeat_follows_the_opening_within_100_ms(tmp_path: Path) -> None:
    clock = ManualClock()
    await to_thread.run_sync(fill, tmp_path / "root")
    async with site(tmp_path, paced=True, clock=clock) as it:
        for path in (SHARED, of(await it.start())):
            before = clock.monotonic()
            async with it.reading(path) as probe:
                await turn_until(clock, lambda probe=probe: told("heartbeat")(probe.events), step=0.01)  # type: ignore[misc]
            assert clock.monotonic() - before <= 0.1
            beat = next(event for event in probe.events if event.name == "heartbeat")
            assert json.loads(beat.data) == {"t": pytest.approx(clock.now(), abs=0.1)}


async def test_an_idle_stream_beats_every_ten_seconds(tmp_path: Path) -> None:
    clock = ManualClock()
    async with site(tmp_path, clock=clock) as it, it.reading(SHARED) as probe:
        await turn_until(clock, lambda: told("heartbeat")(probe.events))
        before = clock.monotonic()
        while clock.monotonic() < before + 30:
            await clock.advance(1.0)
        beats = [event for event in probe.events if event.name == "heartbeat"]
        assert len(beats) - 2 == 3, "besides the one that carries the position, and the one soon after the opening"


async def test_a_run_is_told_to_its_end(it: Site) -> None:
    session_id = await it.start()
    async with it.reading(of(session_id)) as probe:
        it.engine.let()
        await probe.saw(lambda events: any(0 < state["processed_files"] < 5 for state in states(events)))
        it.engine.open()
        await probe.saw(told("end"))
    last, end = states(probe.events)[-1], probe.events[-1]
    assert (last["status"], last["progress"], last["phase"]) == ("completed", 100, "process")
    assert (last["processed_files"], last["total_files"], last["stats"]["errors"]) == (5, 5, 1)
    assert end.name == "end"
    assert json.loads(end.data) == {"session_id": session_id, "status": "completed", "seq": last["seq"]}
    assert re.fullmatch(rf"[a-z0-9]{{6}}-{last['seq']}\.end", end.id)
    assert last == await it.get(f"/api/ingest/status/{session_id}")


async def test_the_response_closes_after_the_end_and_nobody_is_left(it: Site) -> None:
    session_id = await it.start()
    it.engine.open()
    probe = await it.read(of(session_id))
    assert probe.ended
    assert names(probe.events)[-1] == "end"
    assert it.services.hub.readers == 0


async def test_no_message_shows_smaller_counts_than_one_before(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 60)
    async with site(tmp_path) as it:
        async with it.reading(SHARED) as probe:
            session_id = await it.start()
            await probe.saw(rests(session_id))
            await it.commit(session_id)
            await probe.saw(shows(status="committed"))
        told = states(probe.events)
        assert [state["processed_files"] for state in told][-1] == 60
        assert all(told[place]["seq"] <= told[place + 1]["seq"] for place in range(len(told) - 1))
        for count in COUNTS:
            counted = [state["stats"][count] for state in told]
            assert counted == sorted(counted), count
        for phase in ("process", "commit"):
            progress = [state["progress"] for state in told if state["phase"] == phase]
            assert progress == sorted(progress)
            assert progress[-1] == 100
        assert told[-1]["commit"] == {"total": 60, "done": 60, "errors": 0}


async def test_a_state_is_not_sent_twice(tmp_path: Path) -> None:
    await to_thread.run_sync(fill, tmp_path / "root")
    clock = ManualClock()
    async with site(tmp_path, paced=True, clock=clock) as it:
        session_id = await it.start()
        await it.engine.holds(2)
        async with it.reading(of(session_id)) as alone, it.reading(SHARED) as shared:
            # Less than the second after which rates are refreshed.
            for _ in range(5):
                await clock.advance(0.05)
            it.engine.let()
            await turn_until(clock, lambda: any(state["processed_files"] for state in states(alone.events)), step=0.01)
        for probe in (alone, shared):
            seqs = [state["seq"] for state in states(probe.events)]
            assert len(seqs) == len(set(seqs))


async def test_an_empty_session_ends_at_100_percent(tmp_path: Path) -> None:
    async with site(tmp_path) as it:
        probe = await it.read(of(await it.start()))
        assert {"status": "completed", "progress": 100, "total_files": 0}.items() <= states(probe.events)[-1].items()


async def test_a_session_that_fails_ends_and_says_why(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **_options: object) -> None:
        raise RuntimeError("the disk fell out")

    monkeypatch.setattr(pipeline, "discover", failing)
    probe = await it.read(of(await it.start()))
    last = states(probe.events)[-1]
    assert (last["status"], last["error"]["code"]) == ("error", "internal")
    assert "the disk fell out" in last["error"]["message"]
    assert json.loads(probe.events[-1].data)["status"] == "error"


async def test_a_stream_opened_after_the_answer_never_misses_its_session(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path) as it:
        for _ in range(30):
            session_id = await it.start(skip_existing=False)
            probe = await it.read(of(session_id))
            assert (probe.status, names(probe.events)[-1]) == (200, "end")
            await it.post("/api/ingest/commit", {"session_id": session_id})
            probe = await it.read(of(session_id))
            assert states(probe.events)[-1]["status"] == "committed"


# --- positions -----------------------------------------------------------------------------------------------------


async def opened(it: Site, session_id: str, **how: Any) -> list[Event]:
    """The first state and what came before it."""
    async with it.reading(of(session_id), **how) as probe:
        return list(await probe.saw(told("message")))


async def test_a_known_position_is_answered_by_the_newest_state_alone(it: Site, moving: str) -> None:
    for place in (await position(it, moving), await position(it, moving, later=-1)):
        assert names(await opened(it, moving, headers={"last-event-id": place})) == ["message"]
        assert names(await opened(it, moving, query=f"last_event_id={place}")) == ["message"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("aaaaaa-1", "other_epoch"),
        ("1", "unreadable"),
        ("🙃".encode().decode("latin-1"), "unreadable"),
        ("x" * 4096, "unreadable"),
        ("aaaaaa-" + "9" * 30, "unreadable"),
        ("-1", "unreadable"),
    ],
)
async def test_a_foreign_position_is_reset_and_answered_whole(it: Site, moving: str, place: str, reason: str) -> None:
    events = await opened(it, moving, headers={"last-event-id": place})
    assert names(events) == ["reset", "message"]
    assert json.loads(events[0].data) == {"session_id": moving, "reason": reason}
    assert states(events)[0]["session_id"] == moving


async def test_a_position_from_the_future_is_reset(it: Site, moving: str) -> None:
    events = await opened(it, moving, headers={"last-event-id": await position(it, moving, later=1)})
    assert json.loads(events[0].data)["reason"] == "future"


@pytest.mark.standard
async def test_the_header_wins_over_the_query(it: Site, moving: str) -> None:
    good = await position(it, moving)
    assert names(await opened(it, moving, headers={"last-event-id": good}, query="last_event_id=no")) == ["message"]
    events = await opened(it, moving, headers={"last-event-id": "no"}, query=f"last_event_id={good}")
    assert names(events) == ["reset", "message"]


@pytest.mark.standard
async def test_after_the_end_there_is_204_or_the_end_again(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    final = await position(it, session_id)
    fresh = await it.read(of(session_id))
    assert names(fresh.events) == ["message", "end"]
    assert [event.id for event in fresh.events] == [final, f"{final}.end"]

    again = await it.read(of(session_id), headers={"last-event-id": final})
    assert [(event.name, event.id) for event in again.events] == [("end", f"{final}.end")]

    for how in ({"headers": {"last-event-id": f"{final}.end"}}, {"query": f"last_event_id={final}.end"}):
        over = await it.read(of(session_id), **how)
        assert (over.status, over.events, over.writes) == (204, [], [])

    foreign = await it.read(of(session_id), headers={"last-event-id": "aaaaaa-1.end"})
    assert names(foreign.events) == ["reset", "message", "end"]
    assert it.services.hub.readers == 0


async def test_the_end_of_processing_is_not_the_end_of_a_commit(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    before = await position(it, session_id, end=".end")
    await it.commit(session_id)
    probe = await it.read(of(session_id), headers={"last-event-id": before})
    assert probe.status == 200
    assert states(probe.events)[-1]["status"] == "committed"


# --- readers -------------------------------------------------------------------------------------------------------


async def test_two_readers_see_the_same(it: Site, moving: str) -> None:
    async with it.reading(of(moving)) as one, it.reading(of(moving)) as two:
        for probe in (one, two):
            await probe.saw(told("message"))
        for _ in range(3):
            it.engine.let()
        it.engine.open()
        for probe in (one, two):
            await probe.saw(told("end"))
    assert states(one.events)[-1] == states(two.events)[-1]
    assert one.events[-1] == two.events[-1]
    both = {event.id: event.data for event in one.events if event.name == "message"}
    for event in two.events:
        if event.name == "message" and event.id in both:
            assert json.loads(both[event.id])["stats"] == json.loads(event.data)["stats"]


async def test_a_stalled_reader_delays_nobody_and_ends_with_the_truth(it: Site, moving: str) -> None:
    async with it.reading(of(moving)) as slow, it.reading(of(moving)) as quick:
        for probe in (slow, quick):
            await probe.saw(told("message"))
        slow.stall()
        it.engine.open()
        await quick.saw(told("end"))
        assert (await it.get(f"/api/ingest/status/{moving}"))["status"] == "completed"
        assert not told("end")(slow.events)
        slow.resume()
        await slow.saw(told("end"))
        assert states(slow.events)[-1] == states(quick.events)[-1]


@pytest.mark.parametrize("road", ["disconnect", "error"])
async def test_a_reader_that_leaves_is_forgotten_on_both_roads(tmp_path: Path, road: str) -> None:
    clock = ManualClock()
    await to_thread.run_sync(fill, tmp_path / "root")
    async with site(tmp_path, paced=True, clock=clock) as it:
        session_id = await it.start()
        for path in (of(session_id), SHARED):
            async with it.reading(path, leave_by=road) as probe:
                await probe.saw(told("message"))
                assert it.services.hub.readers == 1
                probe.leave()
                await turn_until(clock, lambda: it.services.hub.readers == 0, step=1.0)


async def test_head_is_answered_without_a_stream(it: Site, moving: str) -> None:
    for path in (of(moving), SHARED):
        with anyio.fail_after(ALARM):
            answer = await it.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "text/event-stream"
    assert (await it.client.head(of(NOBODY))).status_code == 404
    assert it.services.hub.readers == 0


@pytest.mark.parametrize("name", [NOBODY, "x", "%F0%9F%99%83", "..", "a" * 3000, "%2e%2e%2fetc", "'; --", "0"])
async def test_an_unknown_session_is_404_and_leaves_no_reader(it: Site, name: str) -> None:
    answer = await it.client.get(of(name), headers={"accept": "text/event-stream"})
    problem(answer, 404, "not_found")
    assert it.services.hub.readers == 0


async def test_a_stopping_server_says_bye_to_all_and_to_who_comes_late(it: Site, moving: str) -> None:
    async with it.reading(of(moving)) as alone, it.reading(SHARED) as shared:
        for probe in (alone, shared):
            await probe.saw(told("message"))
        it.services.hub.close()
        for probe in (alone, shared):
            await probe.saw(told("bye"))
        late = await it.read(of(moving))
    for probe in (alone, shared, late):
        assert probe.ended
        assert json.loads(probe.events[-1].data) == {"reason": "stopping"}
        assert probe.retry_ms is not None
        assert 2000 <= probe.retry_ms <= 10_000
    assert names(late.events) == ["message", "bye"]


# --- deleted -------------------------------------------------------------------------------------------------------


async def test_a_session_deleted_in_the_middle_ends_as_deleted(it: Site, moving: str) -> None:
    async with it.reading(of(moving)) as alone, it.reading(SHARED) as shared:
        for probe in (alone, shared):
            # By now whatever the session says next goes out at once.
            await probe.saw(told("heartbeat"))
        assert (await it.client.delete(f"/api/ingest/session/{moving}")).json()["status"] == "deleted"
        await alone.saw(told("end"))
        await shared.saw(shows(status="deleted"))
        await shared.saw(rests(moving))
    assert json.loads(alone.events[-1].data)["status"] == "deleted"
    assert states(alone.events)[-1]["status"] == "deleted"
    assert alone.ended
    assert not shared.ended
    problem(await it.client.get(of(moving)), 404)
