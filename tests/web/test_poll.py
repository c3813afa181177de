"""The poll: the same states and positions as the shared stream, one answer at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, problem, site

from tallylight.model import Json
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio

POLL = "/api/ingest/poll"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    """Over four pictures, with an engine that waits to be let go on."""
    await to_thread.run_sync(paint, tmp_path / "root", 4)
    async with site(tmp_path, paced=True) as it:
        yield it


async def asked(it: Site, after: str = "", wait: float = 0, **query: Any) -> Json:
    with anyio.fail_after(ALARM):
        answer = await it.client.get(POLL, params={"after": after, "wait": wait, **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert it.services.hub.readers == 0
    body: Json = answer.json()
    return body


async def until_waiting(it: Site) -> None:
    """Return once a poll is registered: from then on nothing passes it by."""
    while it.services.hub.readers == 0:
        await anyio.lowlevel.checkpoint()


def told(body: Json) -> dict[str, str]:
    return {state["session_id"]: state["status"] for state in body["states"]}


async def test_a_first_poll_is_answered_at_once_even_if_there_is_nothing(it: Site) -> None:
    body = await asked(it, wait=55)
    assert body == {"cursor": f"{it.services.journal.epoch}-{it.services.hub.tally}", "states": []}


async def test_a_first_poll_tells_what_moves_and_what_was_named(it: Site) -> None:
    it.engine.let(100)
    named, other = await it.run(), await it.run()
    body = await asked(it, wait=55, session=[named, NOBODY])
    assert told(body) == {named: "completed"}
    assert other not in told(body)
    assert body["states"] == [await it.get(f"/api/ingest/status/{named}")]


async def test_a_poll_with_a_cursor_waits_for_the_first_change(it: Site) -> None:
    session_id = await it.start()
    cursor = (await asked(it))["cursor"]
    seen: list[Json] = []
    while not seen or seen[-1]["status"] != "completed":
        it.engine.let(1)
        before = cursor
        # A refresh of the rates is news too, and moves no cursor.
        while cursor == before:
            body = await asked(it, cursor, wait=55)
            cursor = body["cursor"]
            seen += body["states"]
    assert {state["session_id"] for state in seen} == {session_id}
    counts = [state["processed_files"] for state in seen]
    assert counts == sorted(counts)


async def test_nothing_is_told_twice_and_nothing_is_lost_between_two_polls(it: Site) -> None:
    it.engine.open()
    cursor = (await asked(it))["cursor"]
    first = await it.run()
    body = await asked(it, cursor, wait=55)
    assert told(body) == {first: "completed"}
    again = await asked(it, body["cursor"])
    assert again == {"cursor": body["cursor"], "states": []}


async def test_a_poll_ends_when_its_time_is_over(tmp_path: Path) -> None:
    clock = ManualClock()
    async with site(tmp_path, clock=clock) as it:
        cursor = (await asked(it))["cursor"]
        bodies: list[Json] = []

        async def wait() -> None:
            bodies.append(await asked(it, cursor, wait=20))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            # Heartbeats, which a stream would be told in between, are no news.
            for seconds in (1, 10, 8.9):
                await clock.advance(seconds)
                assert not bodies
            await clock.advance(0.2)
        assert bodies == [{"cursor": cursor, "states": []}]


async def test_the_cursors_are_those_of_the_shared_stream(it: Site) -> None:
    it.engine.open()
    async with it.reading("/api/ingest/stream") as probe:
        await probe.saw(bool)
        first = await it.run()
        await probe.saw(lambda events: any(event.name == "end" for event in events))
    assert (await asked(it, probe.last_event_id))["states"] == []
    second = await it.run(skip_existing=False)
    body = await asked(it, probe.last_event_id)
    assert told(body) == {second: "completed"}
    async with it.reading("/api/ingest/stream", query=f"last_event_id={body['cursor']}") as probe:
        await probe.saw(lambda events: any(event.name == "heartbeat" for event in events))
    assert first not in str(probe.events)
    assert second not in str(probe.events)


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("aaaaaa-1", "other_epoch"), ("?", "unreadable"), ("x" * 4096, "unreadable"), ("-1", None)],
)
async def test_a_foreign_cursor_is_reset_and_answered_at_once(it: Site, cursor: str, reason: str | None) -> None:
    it.engine.open()
    recent = await it.run()
    body = await asked(it, cursor, wait=55)
    assert body["reset"] == (reason or "unreadable")
    assert told(body) == {recent: "completed"}
    assert (await asked(it, body["cursor"])) == {"cursor": body["cursor"], "states": []}


async def test_a_cursor_from_the_future_is_reset(it: Site) -> None:
    ahead = f"{it.services.journal.epoch}-{it.services.hub.tally + 1}"
    assert await asked(it, ahead, wait=55) == {
        "reset": "future",
        "cursor": f"{it.services.journal.epoch}-{it.services.hub.tally}",
        "states": [],
    }


async def test_a_session_deleted_meanwhile_is_told(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    cursor = (await asked(it))["cursor"]
    bodies: list[Json] = []

    async def wait() -> None:
        bodies.append(await asked(it, cursor, wait=55))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await until_waiting(it)
        await it.client.delete(f"/api/ingest/session/{session_id}")
    assert told(bodies[0]) == {session_id: "deleted"}


async def test_a_session_deleted_between_two_polls_is_told_once(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    cursor = (await asked(it))["cursor"]
    await it.client.delete(f"/api/ingest/session/{session_id}")
    body = await asked(it, cursor, wait=55)
    assert told(body) == {session_id: "deleted"}
    assert body["states"][0]["stats"]["processed_files"] == 4, "a whole state, as in the stream"
    assert await asked(it, body["cursor"]) == {"cursor": body["cursor"], "states": []}
    assert told(await asked(it)) == {}, "a fresh reader never knew it"


async def test_a_stopping_server_answers_at_once(it: Site) -> None:
    cursor = (await asked(it))["cursor"]
    bodies: list[Json] = []

    async def wait() -> None:
        bodies.append(await asked(it, cursor, wait=55))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await until_waiting(it)
        it.services.hub.close()
    assert bodies == [{"cursor": cursor, "states": []}]
    assert await asked(it, cursor, wait=55) == bodies[0], "and who comes late is not kept either"


async def test_a_client_that_leaves_is_forgotten(it: Site) -> None:
    cursor = (await asked(it))["cursor"]
    probe = StreamProbe()
    with anyio.fail_after(ALARM):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: probe.get(it.app, POLL, query=f"after={cursor}&wait=55"))
            await until_waiting(it)
            probe.leave()
    assert it.services.hub.readers == 0


@pytest.mark.parametrize(
    "query", ["wait=-1", "wait=56", "wait=nan", "wait=inf", "wait=soon", "&".join(["session=x"] * 101)]
)
async def test_what_is_out_of_range_is_refused(it: Site, query: str) -> None:
    problem(await it.client.get(f"{POLL}?{query}"), 422, "bad_fields")
    assert it.services.hub.readers == 0


async def test_a_full_server_says_when_to_come_again(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(it.services.hub), "full", property(lambda _hub: True))
    answer = await it.client.get(POLL)
    problem(answer, 503, "full")
    assert answer.headers["retry-after"] == "30"


async def test_the_answer_is_json_without_nulls(it: Site) -> None:
    await it.start()
    answer = await it.client.get(POLL)
    assert answer.headers["content-type"] == "application/json"
    assert None not in json.loads(answer.text)["states"][0].values()
