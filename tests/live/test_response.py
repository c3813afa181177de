from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from tallylight.live import Event, Hub, Opening, Pace, StreamResponse, Update, Wish, single
from tallylight.live.patch import applied
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
    assert probe.headers["cache-control"] == "no-store, no-transform"
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


class FakeTransport:
    """A connection whose buffer the test fills."""

    def __init__(self) -> None:
        self.unsent = 0
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.aborted


async def _watched(clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds):
        await clock.advance(1.0)


async def test_a_reader_that_takes_nothing_is_aborted_after_the_deadline_and_counted() -> None:
    clock, transport = ManualClock(), FakeTransport()
    async with Hub(clock, pace=Pace(deadline=30)).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        inner = app_of(hub, update(1))

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await inner({**scope, "extensions": {"tallylight.transport": {"transport": transport}}}, receive, send)

        tasks.start_soon(probe.get, app, "/")
        await probe.saw(has(1))
        transport.unsent = 5000
        await _watched(clock, 29)
        assert (transport.aborted, hub.readers) == (False, 1)
        transport.unsent = 4000  # it took something: the deadline begins anew
        await _watched(clock, 29)
        assert (transport.aborted, hub.readers) == (False, 1)
        await _watched(clock, 5)
        assert (transport.aborted, hub.readers) == (True, 0)
        assert hub.accounts.as_json()["ended"]["stalled"] == 1


async def test_a_blocked_write_is_noticed_without_a_transport_too() -> None:
    clock = ManualClock()
    async with Hub(clock, pace=Pace(deadline=30)).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
        await probe.saw(has(1))
        await clock.advance(0.05)
        probe.stall()
        hub.publish(update(2))
        await _watched(clock, 33)
        assert hub.readers == 0
        assert hub.accounts.as_json()["ended"]["stalled"] == 1


async def test_a_client_that_takes_nothing_of_its_opening_is_given_up_too() -> None:
    clock = ManualClock()
    async with Hub(clock, pace=Pace(deadline=30)).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        probe.stall_body()
        tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
        await anyio.wait_all_tasks_blocked()
        hub.publish(update(2))
        await _watched(clock, 33)
        assert hub.readers == 0
        assert hub.accounts.as_json()["ended"]["stalled"] == 1
        assert probe.writes == []


async def test_a_client_that_takes_nothing_of_its_opening_does_not_hold_up_the_stop() -> None:
    clock = ManualClock()
    async with anyio.create_task_group() as tasks:
        async with Hub(clock).running() as hub:
            probe = StreamProbe()
            probe.stall_body()
            tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
            await anyio.wait_all_tasks_blocked()
            hub.close()
            tasks.start_soon(_turn, clock)
        assert hub.readers == 0


async def test_an_old_connection_is_ended_with_bye_at_a_spread_age() -> None:
    clock = ManualClock()
    async with Hub(clock, pace=Pace(longest=100)).running() as hub, anyio.create_task_group() as tasks:
        probes = [StreamProbe() for _ in range(20)]
        for probe in probes:
            tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
            await probe.saw(has(1))
        await _watched(clock, 79)
        assert hub.readers == 20
        await _watched(clock, 11)
        assert 0 < hub.readers < 20
        await _watched(clock, 12)
        assert hub.readers == 0
        for probe in probes:
            assert names(probe.events)[-1] == "bye"
            assert '"aged"' in probe.events[-1].data
            assert probe.ended


async def test_the_accounts_add_up() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        slow, quick = StreamProbe(), StreamProbe()
        for probe in (slow, quick):
            tasks.start_soon(probe.get, app_of(hub, update(1)), "/")
            await probe.saw(has(1))
        await clock.advance(0.05)
        slow.stall()
        for seq in range(2, 12):
            hub.publish(update(seq, final=seq == 11))
            await clock.advance(0.05)
        slow.resume()
        await anyio.wait_all_tasks_blocked()
        counts = hub.accounts.as_json()
    assert counts["published"] == 10
    assert counts["conflated"] + counts["delivered"] >= 19, (
        "each of ten updates for each of two readers, the last counted once"
    )
    assert counts["publish_to_write_s"]["count"] >= 10
    assert counts["opened"]["session"] == 2
    assert counts["ended"]["rest"] == 2
    assert counts["bytes_written"] == sum(len(write) for probe in (slow, quick) for write in probe.writes)


@pytest.mark.parametrize("only", ["s", None])
async def test_the_shortest_way_tells_what_the_long_one_would(only: str | None) -> None:
    """The hub writes a lone slot past `offer` and `take`: a reader with patches still has each state whole."""
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            reader = hub.join(Wish(only, patch=True), "j")
            hub.begin(reader, {"s": 1})
            await StreamResponse(hub, reader, single("", update(1)))(scope, receive, send)

        tasks.start_soon(probe.get, app, "/")
        await probe.saw(has(1))
        state: dict[str, Any] = {}
        for seq in range(2, 6):
            hub.publish(update(seq, final=seq == 5))
            await clock.advance(0.05)
        for event in probe.events:
            body = json.loads(event.data)
            if event.name in {"message", "patch"}:
                state = applied(state, body["patch"]) if event.name == "patch" else body
        told = [name for name in names(probe.events) if name != "heartbeat"]
        assert told == ["message", "message", "patch", "patch", "patch", "end"]
        assert state == update(5, final=True).state
        assert hub.accounts.delivered == 4
        assert probe.ended is (only is not None)
        probe.leave()
