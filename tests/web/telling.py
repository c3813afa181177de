"""What the tests of both streams say of events."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, spoil

from tallylight.live import Event
from tallylight.model import Json
from tallylight.testing import ManualClock

SHARED = "/api/ingest/stream"
NOBODY = "00000000-0000-4000-8000-000000000000"


def fill(root: Path) -> None:
    paint(root, 4)
    spoil(root / "empty.png")


def of(session_id: str) -> str:
    return f"{SHARED}/{session_id}"


def states(events: list[Event]) -> list[Json]:
    return [json.loads(event.data) for event in events if event.name == "message"]


def names(events: list[Event]) -> list[str]:
    """Of all events but heartbeats, which come by the clock."""
    return [event.name for event in events if event.name != "heartbeat"]


def told(name: str) -> Callable[[list[Event]], bool]:
    return lambda events: any(event.name == name for event in events)


def shows(**wanted: object) -> Callable[[list[Event]], bool]:
    """Whether some message has these values."""
    return lambda events: any(wanted.items() <= state.items() for state in states(events))


def rests(session_id: str) -> Callable[[list[Event]], bool]:
    return lambda events: any(event.name == "end" and session_id in event.data for event in events)


async def turn_until(clock: ManualClock, met: Callable[[], bool], *, step: float = 0.05) -> None:
    """Turn the clock until a condition holds; worker and database threads take real time in between."""
    with anyio.fail_after(ALARM):
        while not met():
            await clock.advance(step)
            await to_thread.run_sync(lambda: None)


async def standing_still(it: Site) -> str:
    """A session that has counted everything and, its engine being shut, read nothing."""
    session_id = await it.start()
    async with it.reading(of(session_id)) as probe:
        await probe.saw(shows(total_final=True))
    return session_id


async def position(it: Site, session_id: str, *, later: int = 0, end: str = "") -> str:
    session = await it.services.session(session_id)
    return f"{session.epoch}-{session.state.seq + later}{end}"
