"""Where a client may say it was, and what it is told: every kind of position on every kind of stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, site
from tests.web.telling import SHARED, of, position, told

from tallylight.live import Event

pytestmark = pytest.mark.anyio

POLL = "/api/ingest/poll"
#: Instead of 10,000 outcomes, so that eight files are more than are told again.
WINDOW = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of position, as an id of the session's own stream and of the shared one, and what each answers.

    An answer is the names of its events in order, `reset` with its reason; of a poll its states. Nothing but
    heartbeats is an empty answer.
    """

    kind: str
    own: str
    common: str
    states: str  #: of the session's own stream, which has come to rest
    outcomes: str  #: the same with ?outcomes=1
    shared: str
    poll: str


BOTH = "message end message end"

TABLE = [
    Row("none", "", "", "message end", "message end", "", ""),
    Row(
        "in the window",
        "{epoch}-{near}",
        "{journal}-{between}",
        "message end",
        "outcomes message end",
        "message end",
        "state",
    ),
    Row(
        "older than the window",
        "{epoch}-1",
        "{journal}-0",
        "message end",
        "reset:pruned message end",
        BOTH,
        "state state",
    ),
    Row(
        "of another epoch",
        "zzzzzz-1",
        "zzzzzz-1",
        "reset:other_epoch message end",
        "reset:other_epoch message end",
        f"reset:other_epoch {BOTH}",
        "reset:other_epoch state state",
    ),
    Row(
        "from the future",
        "{epoch}-{beyond}",
        "{journal}-{tomorrow}",
        "reset:future message end",
        "reset:future message end",
        f"reset:future {BOTH}",
        "reset:future state state",
    ),
    Row(
        "garbage",
        "1",
        "1",
        "reset:unreadable message end",
        "reset:unreadable message end",
        f"reset:unreadable {BOTH}",
        "reset:unreadable state state",
    ),
    Row(
        "of 4 KB",
        "{epoch}-1" + "0" * 4096,
        "{journal}-1" + "0" * 4096,
        "reset:unreadable message end",
        "reset:unreadable message end",
        f"reset:unreadable {BOTH}",
        "reset:unreadable state state",
    ),
    Row(
        "of another session, of a session",
        "{other}-1",
        "{epoch}-1",
        "reset:other_epoch message end",
        "reset:other_epoch message end",
        f"reset:other_epoch {BOTH}",
        "reset:other_epoch state state",
    ),
    Row(
        "of the shared stream, of the last write",
        "{journal}-1",
        "{journal}-{tally}",
        "reset:other_epoch message end",
        "reset:other_epoch message end",
        "",
        "",
    ),
    Row("of the final state", "{epoch}-{final}", "{journal}-{tally}", "end", "end", "", ""),
    Row("of the end", "{epoch}-{final}.end", "{journal}-{tally}.end", "204", "204", "", ""),
]


@dataclass(frozen=True, slots=True)
class Places:
    """A session at rest, and the numbers that the ids of the table are made of."""

    session_id: str
    numbers: Mapping[str, object]

    def own(self, row: Row) -> str:
        return row.own.format(**self.numbers)

    def common(self, row: Row) -> str:
        return row.common.format(**self.numbers)


@pytest.fixture(autouse=True)
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallylight.updates.REPLAY_WINDOW", WINDOW)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await to_thread.run_sync(paint, tmp_path / "root", 8)
    return tmp_path


async def two_sessions(it: Site) -> Places:
    first = await it.run()
    between = it.services.hub.tally
    other = await it.run()
    epoch, _, final = (await position(it, first)).partition("-")
    numbers = {
        "epoch": epoch,
        "other": (await position(it, other)).partition("-")[0],
        "journal": it.services.journal.epoch,
        "final": final,
        "beyond": int(final) + 1,
        "near": (await it.items(first))[-3]["seq"],
        "between": between,
        "tally": it.services.hub.tally,
        "tomorrow": it.services.hub.tally + 1,
    }
    return Places(first, numbers)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)
async def test_what_a_position_is_answered_by_before_and_after_a_restart(folder: Path, row: Row) -> None:
    async with site(folder) as it:
        places = await two_sessions(it)
        await check(it, places, row)
    async with site(folder) as it:
        await check(it, places, row)


async def check(it: Site, places: Places, row: Row) -> None:
    newest = f"{places.numbers['journal']}-{places.numbers['tally']}"
    for wish, expected in (("", row.states), ("&patch=1", row.states), ("&outcomes=1", row.outcomes)):
        for headers, query in ways(places.own(row)):
            probe = await it.read(of(places.session_id), query=query + wish, headers=headers)
            answer = summary(probe.events) if probe.status == 200 else str(probe.status)
            assert answer == expected, (wish, headers, query)
    for headers, query in ways(places.common(row)):
        async with it.reading(SHARED, query=query, headers=headers) as probe:
            # The first comes after the opening.
            await probe.saw(told("heartbeat"))
        assert summary(probe.events) == row.shared, (headers, query)
        assert probe.last_event_id == newest
    await check_poll(it, places.common(row), row.poll, newest)


async def check_poll(it: Site, common: str, expected: str, newest: str) -> None:
    answer = await it.get(f"{POLL}?wait=0&after={quote(common)}")
    reset = [f"reset:{answer['reset']}"] if "reset" in answer else []
    assert " ".join([*reset, *("state" for _ in answer["states"])]) == expected
    assert answer["cursor"] == newest
    assert it.services.hub.readers == 0


def ways(place: str) -> list[tuple[dict[str, str], str]]:
    """Headers and query by which a client may send its position; the header wins."""
    by_query: tuple[dict[str, str], str] = ({}, f"last_event_id={quote(place)}")
    if not place:
        # An empty header is none.
        return [by_query, ({"last-event-id": ""}, by_query[1])]
    header = {"last-event-id": place}
    return [by_query, (header, ""), (header, "last_event_id=zzzzzz-7"), (header, "last_event_id=")]


def summary(events: list[Event]) -> str:
    names = [
        f"reset:{json.loads(event.data)['reason']}" if event.name == "reset" else event.name
        for event in events
        if event.name != "heartbeat"
    ]
    return " ".join(names)
