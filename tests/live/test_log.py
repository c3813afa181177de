"""The log names each reader twice: when it comes, and with the cause when it leaves."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from tallylight.live import Hub, Opening, Pace, StreamResponse, Update, Wish
from tallylight.live.transport import extension
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio

END = Update("s", "k3f9a2", 2, {"session_id": "s", "status": "completed"}, final=True)


class Wire:
    """A connection whose client takes nothing when the test says so."""

    deaf = False

    def abort(self) -> None:
        """Nothing is left to be dropped."""

    def get_write_buffer_size(self) -> int:
        return int(self.deaf)

    def is_closing(self) -> bool:
        return False


def app_of(hub: Hub, wire: Wire) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        reader = hub.join(Wish("s"))
        hub.begin(reader, {"s": 1})
        opening = Opening((b"data: {}\n\n",))
        await StreamResponse(hub, reader, opening)({**scope, "extensions": extension(wire)}, receive, send)

    return app


async def end(cause: str, clock: ManualClock, hub: Hub, probe: StreamProbe, wire: Wire) -> None:
    """Have the stream end for this cause."""
    match cause:
        case "gone":
            probe.leave()
        case "rest":
            hub.publish(END)
        case "stopping":
            hub.close()
        case "stalled":
            wire.deaf = True
    for _ in range(8 if cause in {"aged", "stalled"} else 0):
        await clock.advance(1.0)


@pytest.mark.parametrize("cause", ["gone", "rest", "stopping", "aged", "stalled"])
async def test_a_reader_is_logged_when_it_comes_and_with_its_cause_when_it_leaves(
    cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, probe, wire = ManualClock(), StreamProbe(), Wire()
    pace = Pace(longest=6 if cause == "aged" else 900, deadline=3)
    with caplog.at_level(logging.INFO, "tallylight"), anyio.fail_after(20):
        async with Hub(clock, pace=pace).running() as hub, anyio.create_task_group() as tasks:
            tasks.start_soon(probe.get, app_of(hub, wire), "/")
            await probe.saw(lambda events: len(events) > 0)
            await end(cause, clock, hub, probe, wire)
    assert [record.getMessage() for record in caplog.records] == [
        "reader came: session s",
        f"reader left: session, {cause}",
    ]


async def test_a_send_that_fails_unforeseen_is_logged_as_the_cause(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(_message: object) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.INFO, "tallylight"):
        async with Hub(ManualClock()).running() as hub:
            with pytest.raises(ZeroDivisionError):
                await app_of(hub, Wire())({"method": "GET"}, fails, fails)
    assert [record.getMessage() for record in caplog.records][1:] == ["reader left: session, failed"]
