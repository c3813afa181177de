from __future__ import annotations

import json

import pytest

from tallylight.live.cursor import Cursor
from tallylight.live.opening import Opening, shared, shared_after, single
from tallylight.live.parser import Event, Parser
from tallylight.live.update import Update


def update(seq: int = 5, *, final: bool = False, key: str = "s") -> Update:
    status = "completed" if final else "processing"
    return Update(key, "k3f9a2", seq, {"session_id": key, "status": status, "seq": seq}, final, tally=seq)


def events(opening: Opening) -> list[Event]:
    return list(Parser().feed(opening.body))


def names(opening: Opening) -> list[str]:
    return [event.name for event in events(opening)]


def test_a_fresh_reader_gets_the_state_at_once() -> None:
    opening = single("", update())
    assert names(opening) == ["message"]
    assert events(opening)[0].id == "k3f9a2-5"
    assert not opening.closes


def test_a_fresh_reader_of_a_session_at_rest_gets_state_end_close() -> None:
    opening = single("", update(final=True))
    assert names(opening) == ["message", "end"]
    assert events(opening)[1].id == "k3f9a2-5.end"
    assert json.loads(events(opening)[1].data) == {"session_id": "s", "status": "completed", "seq": 5}
    assert opening.closes


@pytest.mark.parametrize("position", ["k3f9a2-1", "k3f9a2-5", "k3f9a2-0", "k3f9a2-3.end"])
def test_a_known_position_gets_the_newest_state_without_reset(position: str) -> None:
    assert names(single(position, update())) == ["message"]


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        ("aaaaaa-1", "other_epoch"),
        ("k3f9a2-6", "future"),
        ("garbage", "unreadable"),
        ("x" * 4096, "unreadable"),
        ("k3f9a2-1\0", "unreadable"),
    ],
)
def test_a_foreign_position_is_told_so_and_gets_the_whole_state(position: str, reason: str) -> None:
    reset, state = events(single(position, update()))
    assert (reset.name, json.loads(reset.data)) == ("reset", {"session_id": "s", "reason": reason})
    assert state.name == "message"


def test_the_final_states_own_id_gets_end_and_close() -> None:
    opening = single("k3f9a2-5", update(final=True))
    assert (names(opening), opening.closes) == (["end"], True)


def test_the_id_of_end_gets_204_which_stops_a_plain_event_source() -> None:
    assert single("k3f9a2-5.end", update(final=True)) == Opening(status=204)


def test_the_id_of_an_earlier_end_hears_what_came_after() -> None:
    assert names(single("k3f9a2-3.end", update(final=True))) == ["message", "end"]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("", (None, "")),
        ("jjjjjj-7", (7, "")),
        ("jjjjjj-9", (9, "")),
        ("jjjjjj-10", (None, "future")),
        ("other1-3", (None, "other_epoch")),
        ("?", (None, "unreadable")),
    ],
)
def test_shared_positions(position: str, expected: tuple[int | None, str]) -> None:
    assert shared_after(position, "jjjjjj", 9) == expected


def test_the_shared_stream_tells_all_and_only_the_last_event_carries_the_position() -> None:
    opening = shared([update(key="a", final=True), update(key="b")], Cursor("jjjjjj", 9), 1.5)
    assert [(event.name, event.id) for event in events(opening)] == [
        ("message", ""),
        ("end", ""),
        ("message", "jjjjjj-9"),
    ]
    assert not opening.closes


def test_a_foreign_shared_position_is_reset_first() -> None:
    assert names(shared([update()], Cursor("j", 9), 1.5, "future")) == ["reset", "message"]


def test_the_shared_stream_of_nothing_tells_its_position_with_a_heartbeat() -> None:
    (event,) = events(shared([], Cursor("j", 7), 1.5))
    assert (event.name, event.id, event.data) == ("heartbeat", "j-7", '{"t":1.5}')
