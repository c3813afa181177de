from __future__ import annotations

import json
import threading
from dataclasses import replace

import anyio
import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import Cause, Entry, Hub, Parser, Reader, Update, Wish
from tallylight.live.feed import TAIL, Feed
from tallylight.live.opening import Bundles
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio


def update(seq: int, *, key: str = "s", final: bool = False) -> Update:
    status = "completed" if final else "processing"
    return Update(key, "k3f9a2", seq, {"session_id": key, "status": status, "seq": seq}, final, tally=seq)


def seqs(chunk: bytes) -> list[int]:
    return [json.loads(event.data)["seq"] for event in Parser().feed(chunk) if event.name == "message"]


def names(chunk: bytes) -> list[str]:
    return [event.name for event in Parser().feed(chunk)]


async def test_the_first_update_goes_out_at_once_and_the_next_waits_for_its_slot() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        reader = hub.join(Wish("s"))
        hub.publish(update(1))
        await anyio.wait_all_tasks_blocked()
        assert seqs(reader.take()) == [1]
        hub.publish(update(2))
        await anyio.wait_all_tasks_blocked()
        assert not reader.pending
        await clock.advance(0.05)
        assert 2 in seqs(reader.take())


async def test_what_is_published_within_a_slot_is_conflated_to_the_newest() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        reader = hub.join(Wish("s"))
        for seq in range(1, 100):
            hub.publish(update(seq))
        await anyio.wait_all_tasks_blocked()
        assert seqs(reader.take()) == [99]


async def test_a_flood_from_many_threads_keeps_the_last_update_and_ends_with_it() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        reader = hub.join(Wish(), "j")
        barrier = threading.Barrier(4)

        def flood(key: str) -> None:
            barrier.wait()
            for seq in range(1, 2001):
                hub.publish(update(seq, key=key, final=seq == 2000))

        async with anyio.create_task_group() as tasks:
            for key in "abcd":
                tasks.start_soon(to_thread.run_sync, flood, key)
        await clock.advance(0.05)
        told = [json.loads(event.data) for event in Parser().feed(reader.take()) if event.name == "end"]
        assert {(end["session_id"], end["seq"]) for end in told} == {(key, 2000) for key in "abcd"}


async def test_a_reader_hears_only_its_own_feed_and_a_shared_one_all() -> None:
    async with Hub(ManualClock()).running() as hub:
        one, everything = hub.join(Wish("a")), hub.join(Wish(), "j")
        hub.publish(update(1, key="a"))
        hub.publish(update(2, key="b"))
        await anyio.wait_all_tasks_blocked()
        assert seqs(one.take()) == [1]
        assert seqs(everything.take()) == [1, 2]


async def test_readers_share_the_bytes_of_an_update() -> None:
    async with Hub(ManualClock()).running() as hub:
        shown = update(1)
        first, second = hub.join(Wish("s")), hub.join(Wish("s"))
        hub.publish(shown)
        await anyio.wait_all_tasks_blocked()
        assert first.take() is second.take()


async def test_updates_that_waited_while_the_state_was_read_are_dropped_unless_newer() -> None:
    async with Hub(ManualClock()).running() as hub:
        reader = hub.join(Wish("s"))
        hub.publish(update(3))
        await anyio.wait_all_tasks_blocked()
        reader.begin({"s": 5})
        assert not reader.pending
        hub.publish(update(6))
        hub.flush()
        assert seqs(reader.take()) == [6]


async def test_a_reader_is_beaten_once_soon_after_opening_and_then_when_idle() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        reader = hub.join(Wish("s"))
        await clock.advance(0.05)
        assert names(reader.take()) == ["heartbeat"]
        reader.last_write = clock.monotonic()
        for _ in range(8):
            await clock.advance(1.0)
        assert not reader.pending
        for _ in range(2):
            await clock.advance(1.0)
        assert names(reader.take()) == ["heartbeat"]


async def test_a_write_postpones_the_heartbeat() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        reader = hub.join(Wish("s"))
        await clock.advance(0.05)
        reader.take()
        for _ in range(30):
            reader.last_write = clock.monotonic()
            await clock.advance(1.0)
        assert not reader.pending


async def test_closing_says_bye_to_everyone_and_spreads_their_return() -> None:
    async with Hub(ManualClock()).running() as hub:
        readers = [hub.join(Wish("s")) for _ in range(50)]
        hub.close()
        again: set[int] = set()
        for reader in readers:
            parser = Parser()
            (event,) = parser.feed(reader.take())
            assert (event.name, json.loads(event.data)) == ("bye", {"reason": "stopping"})
            assert parser.retry_ms is not None
            assert 2000 <= parser.retry_ms < 10_000
            again.add(parser.retry_ms)
            assert reader.cause is Cause.STOPPING
            hub.leave(reader)
        assert len(again) > 10


async def test_whoever_comes_to_a_closed_hub_is_sent_away_at_once() -> None:
    async with Hub(ManualClock()).running() as hub:
        hub.close()
        reader = hub.join(Wish("s"))
        assert names(reader.take()) == ["bye"]
        hub.leave(reader)


async def test_the_final_update_still_goes_out_with_bye() -> None:
    async with Hub(ManualClock()).running() as hub:
        reader = hub.join(Wish("s"))
        hub.publish(update(9, final=True))
        hub.flush()
        hub.close()
        assert names(reader.take()) == ["message", "end", "bye"]
        hub.leave(reader)


async def test_what_was_published_within_the_slot_in_which_the_hub_closes_is_told_first() -> None:
    async with Hub(ManualClock()).running() as hub:
        one, every = hub.join(Wish("s")), hub.join(Wish(), "j")
        hub.publish(update(1))
        await anyio.wait_all_tasks_blocked()
        for reader in (one, every):
            assert names(reader.take()) == ["message"]
        hub.publish(update(2, final=True))
        hub.close()
        for reader in (one, every):
            assert names(reader.take()) == ["message", "end", "bye"]
            hub.leave(reader)


async def test_shared_readers_that_are_told_of_several_feeds_share_the_bytes() -> None:
    async with Hub(ManualClock()).running() as hub:
        first, second, patched = (hub.join(Wish(patch=patch), "j") for patch in (False, False, True))
        bundles = Bundles()
        for seq in (1, 2):
            for key in "ab":
                hub.publish(update(seq, key=key))
            hub.flush()
            told = first.take(bundles)
            assert second.take(bundles) is told
            assert (patched.take(bundles) == told) is (seq == 1)
        assert seqs(told) == [2, 2]
        for reader in (first, second, patched):
            hub.leave(reader)


async def test_entries_that_a_reader_missed_during_its_opening_are_counted_however_many() -> None:
    async with Hub(ManualClock()).running() as hub:
        reader = hub.join(Wish("s", outcomes=True))
        hub.begin(reader, {"s": 5}, known={"s": 5})
        seq = 5
        for _ in range(3):
            entries = tuple(Entry(number, {"seq": number}) for number in range(seq + 1, seq + 1 + TAIL))
            seq += TAIL
            hub.publish(replace(update(seq), entries=entries))
            hub.flush()
        (told,) = (json.loads(event.data) for event in Parser().feed(reader.take()) if event.name == "outcomes")
        assert told["skipped"] + len(told["items"]) == 3 * TAIL
        assert told["to"] == seq
        hub.leave(reader)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.booleans()), max_size=30))
def test_counts_never_fall_and_the_newest_is_never_lost(steps: list[tuple[str, int, bool]]) -> None:
    """Whatever is published and whenever a reader gets to write, it sees each feed rise to its newest state."""
    reader, feeds = Reader(Wish(), "j"), {"a": Feed("a"), "b": Feed("b")}
    newest = {"a": 0, "b": 0}
    seen: dict[str, list[int]] = {"a": [], "b": []}

    def drain() -> None:
        for event in Parser().feed(reader.take()):
            body = json.loads(event.data)
            seen[body["session_id"]].append(body["seq"])

    for key, rise, drains in steps:
        newest[key] += rise
        reader.offer(feeds[key], feeds[key].advance(update(newest[key], key=key)), newest[key])
        if drains:
            drain()
    drain()
    for key, counts in seen.items():
        assert counts == sorted(counts)
        assert not counts or counts[-1] == newest[key]


async def test_what_an_opening_told_is_not_offered_again_but_a_refresh_of_it_is() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        hub.publish(update(1))
        await anyio.wait_all_tasks_blocked()
        hub.publish(update(2))  # waits for its slot
        alone, everything = hub.join(Wish("s")), hub.join(Wish(), "j")
        hub.begin(alone, {"s": 2})
        hub.begin(everything, {}, tally=2)
        await clock.advance(0.05)
        assert [seqs(reader.take()) for reader in (alone, everything)] == [[], []]
        hub.publish(update(2))
        await clock.advance(0.05)
        assert [seqs(reader.take()) for reader in (alone, everything)] == [[2], [2]]


async def test_a_hub_that_is_not_the_sole_one_gives_out_only_positions_that_were_reached() -> None:
    clock = ManualClock()
    async with Hub(clock, tally=3, is_sole=False).running() as hub:
        reader = hub.join(Wish(), "k3f9a2")
        hub.begin(reader, {}, hub.tally)
        hub.publish(update(9))
        await anyio.wait_all_tasks_blocked()
        assert [event.id for event in Parser().feed(reader.take())] == ["k3f9a2-3"]
        hub.reached(8)
        hub.reached(5)
        hub.publish(update(10))
        await clock.advance(0.05)
        assert [event.id for event in Parser().feed(reader.take()) if event.name == "message"] == ["k3f9a2-8"]


async def test_what_is_newer_than_the_opening_is_offered_though_it_waited() -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        hub.publish(update(1))
        await anyio.wait_all_tasks_blocked()
        hub.publish(update(3))
        reader = hub.join(Wish("s"))
        hub.begin(reader, {"s": 2})
        await clock.advance(0.05)
        assert seqs(reader.take()) == [3]


async def test_an_end_is_told_also_where_the_session_moves_on_within_the_same_slot() -> None:
    """A commit that begins within a slot of `completed` must not take the end away."""
    async with Hub(ManualClock()).running() as hub:
        one, everything = hub.join(Wish("s")), hub.join(Wish(), "j")
        for step in (update(8), update(9, final=True), update(10), update(11)):
            hub.publish(step)
        hub.flush()
        assert names(one.take()) == ["message", "end"]
        chunk = everything.take()
        assert names(chunk) == ["message", "end", "message"]
        assert seqs(chunk) == [9, 11]
        assert [event.id for event in Parser().feed(chunk)] == ["", "", "j-11"]
