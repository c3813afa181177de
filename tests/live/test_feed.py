from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import Entry, Parser, Reader, Update, Wish
from tallylight.live.feed import MOST_ENTRIES, TAIL, Feed
from tallylight.live.patch import applied


def update(seq: int, *, final: bool = False, **further: Any) -> Update:
    state = {"session_id": "s", "status": "completed" if final else "processing", "seq": seq, "t": seq / 10, **further}
    return Update("s", "k3f9a2", seq, state, final, tally=seq)


def entries(*seqs: int) -> list[Entry]:
    return [Entry(seq, {"seq": seq, "file": f"{seq}.png"}) for seq in seqs]


def told(chunk: bytes) -> list[tuple[str, str, dict[str, Any]]]:
    return [(event.name, event.id, json.loads(event.data)) for event in Parser().feed(chunk)]


def test_the_first_slot_has_no_patch_and_the_second_one_says_what_it_builds_on() -> None:
    feed = Feed("s")
    first, second = feed.advance(update(1)), feed.advance(update(2, extra=True))
    assert first.patch == b""
    ((name, position, body),) = told(second.patch_frame)
    assert (name, position) == ("patch", "k3f9a2-2")
    assert body == {
        "session_id": "s",
        "base": 1,
        "slot": 2,
        "seq": 2,
        "t": 0.2,
        "patch": {"seq": 2, "t": 0.2, "extra": True},
    }


def test_a_reader_that_has_the_slot_before_gets_the_patch_and_any_other_the_whole() -> None:
    feed, steady, late = Feed("s"), Reader(Wish("s", patch=True)), Reader(Wish("s", patch=True))
    plain = Reader(Wish("s"))
    names: dict[str, list[str]] = {"steady": [], "late": [], "plain": []}
    for seq in range(1, 6):
        slot = feed.advance(update(seq))
        for name, reader in (("steady", steady), ("late", late), ("plain", plain)):
            reader.offer(feed, slot, seq)
            # The late one does not get to write at 2 and 3: it missed slots, so a patch would not fit.
            if name != "late" or seq not in {2, 3}:
                names[name] += [event for event, _, _ in told(reader.take())]
    assert names["steady"] == ["message", "patch", "patch", "patch", "patch"]
    assert names["late"] == ["message", "message", "patch"]
    assert names["plain"] == ["message"] * 5


def test_the_last_patch_of_a_feed_is_followed_by_its_end() -> None:
    feed, reader = Feed("s"), Reader(Wish("s", patch=True))
    for seq in (1, 2):
        reader.offer(feed, feed.advance(update(seq, final=seq == 2)), seq)
        chunk = reader.take()
    assert [(name, position) for name, position, _ in told(chunk)] == [("patch", "k3f9a2-2"), ("end", "k3f9a2-2.end")]


def test_entries_come_first_and_the_state_carries_the_id() -> None:
    feed, reader = Feed("s"), Reader(Wish("s", outcomes=True))
    feed.add(entries(2, 3))
    reader.offer(feed, feed.advance(update(3)), 3)
    first, second = told(reader.take())
    assert (first[0], first[1], first[2]["from"], first[2]["to"], first[2]["skipped"]) == ("outcomes", "", 2, 3, 0)
    assert [item["seq"] for item in first[2]["items"]] == [2, 3]
    assert (second[0], second[1]) == ("message", "k3f9a2-3")


def test_a_reader_is_not_told_what_its_opening_told() -> None:
    feed, reader = Feed("s"), Reader(Wish("s", outcomes=True))
    reader.begin({"s": 5}, known={"s": 7})
    feed.add(entries(4, 5, 6, 7, 8))
    reader.offer(feed, feed.advance(update(8)), 8)
    assert [item["seq"] for item in told(reader.take())[0][2]["items"]] == [8]


def test_what_a_slow_reader_misses_is_counted() -> None:
    feed, reader = Feed("s"), Reader(Wish("s", outcomes=True))
    reader.begin({"s": 0})
    reader.offer(feed, feed.advance(update(0)), 0)
    reader.take()
    feed.add(entries(*range(1, TAIL + 101)))
    reader.offer(feed, feed.advance(update(TAIL + 100)), 1)
    body = told(reader.take())[0][2]
    assert len(body["items"]) == MOST_ENTRIES
    assert body["skipped"] + len(body["items"]) == TAIL + 100
    assert body["to"] == TAIL + 100


def test_readers_at_the_same_place_share_the_bytes() -> None:
    feed = Feed("s")
    feed.add(entries(1, 2))
    assert feed.entries_frame(0) is feed.entries_frame(0)
    assert feed.entries_frame(2) == b""


@pytest.mark.parametrize("only", ["s", None])
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40))
def test_patches_and_entries_add_up_however_slow_the_reader(only: str | None, steps: list[tuple[int, bool]]) -> None:
    """A client that applies patches has the whole state at each write, and every entry is told once or counted."""
    feed, reader = Feed("s"), Reader(Wish(only, patch=True, outcomes=True), "j")
    state: dict[str, Any] = {}
    slot_known, seq, seen, skipped = 0, 0, [], 0
    for count, drains in [*steps, (1, True)]:
        feed.add(entries(*range(seq + 1, seq + 1 + count)))
        seq += count
        odd: dict[str, Any] = {"odd": seq} if seq % 2 else {}
        whole = update(seq, files=seq // 2, **odd)
        slot = feed.advance(whole)
        reader.offer(feed, slot, seq)
        if not drains:
            continue
        for name, _, body in told(reader.take()):
            if name == "outcomes":
                seen += [item["seq"] for item in body["items"]]
                skipped += body["skipped"]
            elif name == "patch":
                assert body["base"] == slot_known
                state, slot_known = applied(state, body["patch"]), body["slot"]
            else:
                state, slot_known = body, slot.number
        assert state == whole.state
    assert seen == sorted(set(seen))
    assert len(seen) + skipped == seq
