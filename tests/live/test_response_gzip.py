"""The endless response to a client that takes gzip."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from tallylight.live import Event, Hub, Opening, StreamResponse, Update, Wish, single
from tallylight.live.line import Receive, Scope, Send
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio

ROADS = ["disconnect", "error"]


def update(seq: int, *, final: bool = False) -> Update:
    state = {"session_id": "s", "seq": seq, "t": seq / 10, "current_file": f"day_3/gen_{seq:06d}.png"}
    return Update("s", "k3f9a2", seq, state, final, tally=seq)


def app_of(hub: Hub, opening: Opening | None = None) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reader = hub.join(Wish("s", patch=True))
        hub.begin(reader, {"s": 1})
        await StreamResponse(hub, reader, opening or single("", update(1)), gzip=True)(scope, receive, send)

    return app


def has(count: int) -> Callable[[list[Event]], bool]:
    return lambda events: len(events) >= count


def states(events: list[Event]) -> list[str]:
    return [event.name for event in events if event.name != "heartbeat"]


def shown(count: int) -> Callable[[list[Event]], bool]:
    return lambda events: len(states(events)) == count


async def test_each_write_is_read_in_full_as_soon_as_it_is_there() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        tasks.start_soon(probe.get, app_of(hub), "/")
        for seq in range(2, 6):
            await probe.saw(has(1))
            await clock.advance(0.05)
            hub.publish(update(seq))
            await probe.saw(shown(seq))
        probe.leave()
    assert states(probe.events) == ["message", "message", "patch", "patch", "patch"]
    assert probe.headers["content-encoding"] == "gzip"
    assert probe.headers["content-type"] == "text/event-stream"
    assert probe.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("road", ROADS)
async def test_the_end_is_the_end_of_the_compressed_body_too(road: str) -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe(leave_by=road)
        tasks.start_soon(probe.get, app_of(hub), "/")
        await probe.saw(has(1))
        hub.publish(update(2, final=True))
        await probe.saw(lambda events: bool(events) and events[-1].name == "end")
        probe.leave()
    whole = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert whole.decompress(b"".join(probe.writes)).endswith(b"\n\n")
    assert whole.eof == (road == "disconnect"), "only a client that can be heard leaving is told so"


async def test_what_resembles_the_last_takes_a_fraction_of_it() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        probe = StreamProbe()
        tasks.start_soon(probe.get, app_of(hub), "/")
        await probe.saw(has(1))
        for seq in range(2, 12):
            hub.publish(update(seq))
            await probe.saw(shown(seq))
            await clock.advance(0.05)
        probe.leave()
    assert max(map(len, probe.writes[-5:])) < 70 < len(probe.events[-1].data)


async def test_an_answer_without_a_body_stays_as_it_is() -> None:
    async with Hub(ManualClock()).running() as hub:
        probe = StreamProbe()
        await probe.get(app_of(hub, Opening(status=204)), "/")
    assert (probe.status, probe.writes) == (204, [])
    assert "content-encoding" not in probe.headers
