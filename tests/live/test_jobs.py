"""Live, mounted in an application: what readers of jobs are told."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from anyio import to_thread
from starlette.applications import Starlette
from starlette.routing import Mount

from tallylight.live import Event, Live, Pace, Progress
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio


def states(events: list[Event]) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in events if event.name == "message"]


def done(count: float) -> Any:
    return lambda events: any(state["done"] == count for state in states(events))


def ended(events: list[Event]) -> bool:
    return any(event.name == "end" for event in events)


async def told(live: Live, path: str, last: str = "") -> StreamProbe:
    probe = StreamProbe(until=ended)
    with anyio.fail_after(5):
        await probe.get(live, path, headers={"last-event-id": last} if last else {})
    return probe


async def test_a_reader_is_told_the_state_the_counts_and_the_end() -> None:
    clock = ManualClock()
    live = Live(clock=clock)
    async with live.running(), anyio.create_task_group() as tasks:
        probe = StreamProbe()
        with live.progress("thumbs", total=4) as job:
            tasks.start_soon(probe.get, live, "/thumbs")
            with anyio.fail_after(5):
                await probe.saw(done(0))
                job.advance(3)
                await clock.advance(0.1)
                await probe.saw(done(3))
        await clock.advance(0.1)
        with anyio.fail_after(5):
            await probe.saw(ended)
        assert probe.ended, "the stream ends with its job"
    last = states(probe.events)[-1]
    assert (last["status"], last["progress"]) == ("completed", 100)
    assert json.loads(probe.events[-1].data)["status"] == "completed"


async def test_a_job_can_be_followed_as_soon_as_it_was_made() -> None:
    live = Live(clock=ManualClock())
    async with live.running():
        job = live.progress(total=10)
        probe = StreamProbe(until=done(0))
        with anyio.fail_after(5):
            await probe.get(live, f"/{job.key}")
        assert states(probe.events)[0]["total"] == 10


async def test_many_counts_are_told_as_one() -> None:
    clock = ManualClock()
    live = Live(clock=clock)
    async with live.running(), anyio.create_task_group() as tasks:
        job, probe = live.progress("job", total=10_000), StreamProbe()
        tasks.start_soon(probe.get, live, "/job")
        await clock.advance(0.1)
        before = live.tally
        for _ in range(10_000):
            job.advance()
        await clock.advance(0.1)
        with anyio.fail_after(5):
            await probe.saw(done(10_000))
        assert live.tally - before <= 2
        probe.leave()


async def test_a_second_of_silence_tells_the_time_anew_and_is_no_news() -> None:
    clock = ManualClock()
    live = Live(clock=clock)
    async with live.running(), anyio.create_task_group() as tasks:
        live.progress("job")
        probe = StreamProbe()
        tasks.start_soon(probe.get, live, "/job")
        await clock.advance(0.1)
        for _ in range(3):
            await clock.advance(1)
        seen = states(probe.events)
        assert seen[-1]["elapsed_s"] > seen[0]["elapsed_s"]
        assert {state["seq"] for state in seen} == {1}
        probe.leave()


async def test_the_shared_stream_tells_every_job_and_goes_on() -> None:
    clock = ManualClock()
    live = Live(clock=clock)
    async with live.running(), anyio.create_task_group() as tasks:
        live.progress("old").end()
        live.progress("first")
        probe = StreamProbe()
        tasks.start_soon(probe.get, live, "/")
        await clock.advance(0.1)
        live.progress("second").end()
        await clock.advance(0.1)
        assert {state["session_id"] for state in states(probe.events)} == {"first", "second"}
        assert not probe.ended
        probe.leave()


async def test_a_reader_of_all_that_comes_back_is_told_what_it_missed() -> None:
    clock = ManualClock()
    live = Live(clock=clock)
    async with live.running():
        job = live.progress("job", total=2)
        first = StreamProbe(until=done(0))
        with anyio.fail_after(5):
            await first.get(live, "/")
        job.advance(2)
        job.end()
        probe = StreamProbe(until=ended)
        with anyio.fail_after(5):
            await probe.get(live, "/", headers={"last-event-id": first.last_event_id})
        assert states(probe.events)[-1]["status"] == "completed"


async def test_who_has_the_end_already_is_told_not_to_come_back() -> None:
    live = Live(clock=ManualClock())
    async with live.running():
        live.progress("job").end()
        first = await told(live, "/job")
        assert (await told(live, "/job", first.last_event_id)).status == 204


async def test_an_id_of_another_process_is_answered_with_reset() -> None:
    live = Live(clock=ManualClock())
    async with live.running():
        live.progress("job").end()
        probe = await told(live, "/job", "00000000-7")
    assert [event.name for event in probe.events] == ["reset", "message", "end"]


async def test_a_key_makes_room_once_its_job_has_ended() -> None:
    live = Live(clock=ManualClock())
    async with live.running():
        first = live.progress("job")
        with pytest.raises(ValueError, match="under way already"):
            live.progress("job")
        first.end()
        second = live.progress("job", total=3)
        first.advance()
        update = live.state("job")
        assert update is not None
        assert update.state["total"] == 3
        assert update.seq > 1, "numbers of one key never fall"
        assert not second.at_rest


async def test_ended_jobs_are_kept_for_a_while() -> None:
    clock = ManualClock()
    live = Live(clock=clock, keep=60, most_kept=2)
    async with live.running():
        for key in ("a", "b", "c"):
            live.progress(key).end()
        live.progress("goes on")
        await clock.advance(1)
        assert [update.key for update in live.states()] == ["b", "c", "goes on"]
        for _ in range(61):
            await clock.advance(1)
        assert [update.key for update in live.states()] == ["goes on"]


async def test_a_full_hub_says_so_in_the_language_of_event_sources() -> None:
    live = Live(clock=ManualClock(), pace=Pace(most_readers=0))
    async with live.running():
        live.progress("job")
        probe = StreamProbe()
        await probe.get(live, "/job")
    assert [event.name for event in probe.events] == ["bye"]
    assert probe.retry_ms == 30_000


async def test_counting_works_with_nobody_there() -> None:
    """Before the application runs and after it."""
    live = Live(clock=ManualClock())
    job = live.progress("job", total=2)
    job.advance()
    async with live.running():
        probe = StreamProbe(until=done(1))
        with anyio.fail_after(5):
            await probe.get(live, "/job")
    job.advance()
    job.end()
    update = live.state("job")
    assert update is not None
    assert update.state["done"] == 2


async def test_the_end_of_the_application_ends_every_stream() -> None:
    live = Live()
    probe = StreamProbe()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks, live.running():
            live.progress("job")
            tasks.start_soon(probe.get, live, "/job")
            await probe.saw(done(0))
    assert probe.events[-1].name == "bye"


async def test_from_a_thread() -> None:
    live = Live()

    def work(job: Progress) -> None:
        with job:
            for _ in range(1000):
                job.advance()

    async with live.running(), anyio.create_task_group() as tasks:
        job, probe = live.progress("job", total=1000), StreamProbe()
        tasks.start_soon(probe.get, live, "/job")
        tasks.start_soon(partial(to_thread.run_sync, work, job))
        with anyio.fail_after(10):
            await probe.saw(ended)
    counts = [state["done"] for state in states(probe.events)]
    assert counts == sorted(counts)
    assert counts[-1] == 1000


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.mark.parametrize("mount", ["", "/progress", "/deep/er"])
async def test_the_state_alone_for_who_asks_for_json(mount: str) -> None:
    live = Live(clock=ManualClock())
    app = Starlette(routes=[Mount(mount, live)]) if mount else live
    live.progress("job", total=3)
    json_please = {"accept": "application/json"}
    async with client(app) as http:
        one = await http.get(f"{mount}/job", headers=json_please)
        everything = await http.get(f"{mount}/", headers=json_please)
        missing = await http.get(f"{mount}/other", headers=json_please)
        missing_stream = await http.get(f"{mount}/other")
        posted = await http.post(f"{mount}/job")
    assert one.json()["total"] == 3
    assert [state["session_id"] for state in everything.json()["states"]] == ["job"]
    assert missing.status_code == missing_stream.status_code == 404
    assert "'other'" in missing.json()["detail"]
    assert posted.status_code == 405
    assert posted.headers["allow"] == "GET, HEAD"


async def test_a_websocket_is_refused_with_a_sentence() -> None:
    with pytest.raises(RuntimeError, match=r"open live\.running\(\)"):
        await Live()({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
