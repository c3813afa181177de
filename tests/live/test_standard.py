"""What is sent is an event stream as the HTML standard writes one (9.2.5, parsing an event stream)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import anyio
import pytest

from tallylight.live import (
    FULL,
    Cursor,
    Entry,
    Hub,
    Reader,
    StreamResponse,
    Update,
    Wish,
    outcomes_event,
    shared,
    single,
)
from tallylight.live.feed import Feed
from tallylight.testing import ManualClock, StreamProbe

pytestmark = pytest.mark.anyio

#: No field of ours is without a value, and its value begins after one space.
LINE = re.compile(r"(?:data: \{.*\}|event: [a-z]+|id: [A-Za-z0-9._-]+|retry: [0-9]+)")
#: Text that would end a line or an event if it were sent as it is.
UNRULY = "a\nb\r\nc\rdata: x\n\nid: 9\0\u2028\u0085\ufeff 日本 🎞"


def update(seq: int, *, final: bool = False) -> Update:
    state = {"session_id": "s", "status": "completed" if final else "processing", "seq": seq, "current_file": UNRULY}
    return Update("s", "k3f9a2", seq, state, final, tally=seq)


def from_reader(wish: Wish) -> bytes:
    """A whole state, a patch with outcomes, an end."""
    feed, reader = Feed("s"), Reader(wish, "jjjjjj")
    chunks = []
    for seq in (1, 2, 3):
        feed.add([Entry(seq, {"seq": seq, "file": UNRULY})])
        reader.offer(feed, feed.advance(update(seq, final=seq == 3)), seq)
        chunks.append(reader.take())
    return b"".join(chunks)


def everything() -> Iterator[bytes]:
    """Every kind of event, on every kind of stream."""
    for patch in (False, True):
        yield from_reader(Wish("s", patch=patch, outcomes=True))
        yield from_reader(Wish(patch=patch, outcomes=True))
    yield single("?", update(4, final=True), [outcomes_event("s", [{"seq": 1, "file": UNRULY}])]).body
    yield single("", update(4)).body
    yield shared([update(4), update(5, final=True)], Cursor("jjjjjj", 5), 1.5, "future").body
    yield shared([], Cursor("jjjjjj", 5), 1.5).body
    yield FULL.body


async def whole_stream() -> bytes:
    """The body of a stream, from `retry` to `bye`, with a heartbeat in it."""
    clock, probe = ManualClock(), StreamProbe()
    async with Hub(clock).running() as hub, anyio.create_task_group() as tasks:
        reader = hub.join(Wish("s"))
        hub.begin(reader, {"s": 1})
        tasks.start_soon(probe.get, StreamResponse(hub, reader, single("", update(1))), "/")
        await probe.saw(bool)
        await clock.advance(0.05)
        hub.close()
        await probe.saw(lambda events: events[-1].name == "bye")
    return b"".join(probe.writes)


@pytest.fixture
async def body() -> bytes:
    return b"".join(everything()) + await whole_stream()


def blocks(body: bytes) -> list[list[str]]:
    return [block.split("\n") for block in body.decode().removesuffix("\n\n").split("\n\n")]


@pytest.mark.standard
async def test_the_bytes_are_utf_8_without_a_byte_order_mark_and_lines_end_by_lf(body: bytes) -> None:
    text = body.decode("utf-8", "strict")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert "\0" not in text
    assert "日本 🎞" in text


@pytest.mark.standard
async def test_every_line_is_one_field_with_a_value_after_one_space(body: bytes) -> None:
    lines = [line for block in blocks(body) for line in block]
    assert len(lines) > 40
    for line in lines:
        assert LINE.fullmatch(line), line


@pytest.mark.standard
async def test_every_event_has_one_line_of_data_that_is_a_json_object_and_ends_by_an_empty_line(body: bytes) -> None:
    assert body.endswith(b"\n\n")
    for block in blocks(body):
        names = [line.partition(":")[0] for line in block]
        assert len(names) == len(set(names)), "no field twice"
        if "data" in names:
            assert isinstance(json.loads(block[names.index("data")].removeprefix("data: ")), dict)
        else:
            assert names in (["retry"], ["id"]), "these alone dispatch nothing"


@pytest.mark.standard
async def test_events_have_names_that_an_event_source_does_not_use_itself(body: bytes) -> None:
    named = {line.removeprefix("event: ") for block in blocks(body) for line in block if line.startswith("event: ")}
    assert named == {"patch", "outcomes", "heartbeat", "reset", "end", "bye"}
    assert not named & {"message", "open", "error"}


@pytest.mark.standard
async def test_text_that_looks_like_an_event_stays_within_its_data(body: bytes) -> None:
    names = [json.loads(line[6:]) for block in blocks(body) for line in block if line.startswith("data: ")]
    told = [state["current_file"] for state in names if "current_file" in state]
    assert set(told) == {UNRULY}
