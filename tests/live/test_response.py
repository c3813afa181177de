from __future__ import annotations

from typing import Any

import anyio
import pytest

from tallylight.live import Event, Hub, Opening, StreamResponse, Update, Wish, single
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio

ROADS = ["disconnect", "error"]


def update(seq: int, *, final: bool = False) -> Update:
    status = "completed" if final else "processing"
    return Update("s", "k3f9a2", seq, {"session_id": "s", "status": status, "seq": seq}, final, tally=seq)


def app_of(hub: Hub, current: Update) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        reader = hub.join(Wish("s"))
        reader.begin({"s": current.seq})
        last = dict(scope["headers"]).get(b"last-event-id", b"").decode()
        await StreamResponse(hub, reader, single(last, current))(scope, receive, send)

    return app


def has(count: int) -> Any:
    return lambda events: len(events) >= count


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


async def test_the_first_bytes_are_headers_retry_and_state() -> None:
    async with Hub(ManualClock()).running() as hub:
        probe = StreamProbe(until=has(1))
        with anyio.fail_after(5):
            await probe.get(app_of(hub, update(1)), "/")
    assert probe.status == 200
    assert probe.headers["content-type"] == "text/event-stream"
    assert probe.headers["cache-control"] == "no-store"
    assert probe.headers["x-accel-buffering"] == "no"
    assert probe.retry_ms is not None
    assert 2000 <= probe.retry_ms <= 4000
    assert [(event.name, event.id) for event in probe.events] == [("message", "k3f9a2-1")]


@pytest.mark.parametrize("road", ROADS)
async def test_a_client_that_leaves_is_forgotten_on_both_roads(road: str) -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe(leave_by=road)
        tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
        await probe.saw(has(1))
        assert hub.readers == 1
        probe.leave()
        # A server of ASGI 2.4 tells only by a failing send: the next heartbeat or update finds out.
        await clock.advance(0.05)
        await clock.advance(11.0)
        assert hub.readers == 0


async def test_updates_flow_until_the_feed_is_at_rest_and_then_the_response_ends() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
        await probe.saw(has(1))
        for seq in (2, 3):
            hub.publish(update(seq, final=seq == 3))
            await clock.advance(0.05)
        assert [name for name in names(probe.events) if name != "heartbeat"] == ["message", "message", "message", "end"]
        assert probe.ended
        assert hub.readers == 0


async def test_state_and_end_come_in_one_write() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
        await probe.saw(has(1))
        hub.publish(update(2, final=True))
        await probe.saw(lambda events: names(events)[-1] == "end")
        assert b"event: end" in probe.writes[-1]
        assert b'"seq":2' in probe.writes[-1]


async def test_a_final_opening_ends_by_itself() -> None:
    async with Hub(ManualClock()).running() as hub:
        probe = StreamProbe()
        with anyio.fail_after(5):
            await probe.get(app_of(hub, update(4, final=True)), "/")
        assert (names(probe.events), probe.ended, hub.readers) == (["message", "end"], True, 0)


async def test_204_has_no_body() -> None:
    async with Hub(ManualClock()).running() as hub:
        probe = StreamProbe()
        with anyio.fail_after(5):
            await probe.get(app_of(hub, update(4, final=True)), "/", headers={"last-event-id": "k3f9a2-4.end"})
        assert (probe.status, probe.writes, probe.ended) == (204, [], True)


async def test_two_readers_of_one_feed_each_see_everything() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probes = [StreamProbe(), StreamProbe()]
        for probe in probes:
            tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
            await probe.saw(has(1))
        for seq in range(2, 6):
            hub.publish(update(seq, final=seq == 5))
            await clock.advance(0.05)
        for probe in probes:
            assert [event.id for event in probe.events if event.name == "message"] == [
                f"k3f9a2-{n}" for n in range(1, 6)
            ]


async def test_a_stalled_reader_delays_nobody_and_sees_the_newest_when_it_reads_again() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        slow, quick = StreamProbe(), StreamProbe()
        for probe in (slow, quick):
            tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
            await probe.saw(has(1))
        await clock.advance(0.05)
        slow.stall()
        for seq in range(2, 50):
            hub.publish(update(seq))
            await clock.advance(0.05)
        assert [event.id for event in quick.events if event.name == "message"][-1] == "k3f9a2-49"
        slow.resume()
        await anyio.wait_all_tasks_blocked()
        ids = [event.id for event in slow.events if event.name == "message"]
        assert ids == ["k3f9a2-1", "k3f9a2-2", "k3f9a2-49"], "the write that was under way, then only the newest"
        hub.close()


async def test_a_stopping_hub_ends_every_stream_even_a_stalled_one() -> None:
    clock = ManualClock()
    hub = Hub(clock)
    slow, quick = StreamProbe(), StreamProbe()
    async with anyio.create_task_group() as tasks:
        async with hub.running():
            for probe in (slow, quick):
                tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
                await probe.saw(has(1))
            slow.stall()
            hub.close()
            await anyio.wait_all_tasks_blocked()
            assert (names(quick.events)[-1], quick.ended, hub.readers) == ("bye", True, 1)
            turning = tasks.start_soon
            turning(_turn, clock)
        assert hub.readers == 0


async def _turn(clock: ManualClock) -> None:
    for _ in range(30):
        await clock.advance(0.05)


async def test_head_is_answered_without_a_stream() -> None:
    async with Hub(ManualClock()).running() as hub:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        reader = hub.join(Wish("s"))
        with anyio.fail_after(5):
            await StreamResponse(hub, reader, Opening((b"data: x\n\n",)))({"method": "HEAD"}, _never, send)
        assert [message.get("body") for message in sent] == [None, b""]
        assert hub.readers == 0


async def _never() -> Any:
    await anyio.sleep_forever()
