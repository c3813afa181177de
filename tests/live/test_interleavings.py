"""Whatever happens in whichever order, every reader is told the truth: no count falls, nothing is lost unannounced."""

from __future__ import annotations

from unittest.mock import patch

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.live.client import Client
from tests.live.scene import EPOCHS, SHARED_EPOCH, Sessions, SteppedClock, settle

from tallylight.live import Hub, Pace, Wish, feed

Step = tuple[object, ...]

#: One client of each kind that matters.
WISHES = [
    Wish("a"),
    Wish("a", patch=True, outcomes=True),
    Wish("b", outcomes=True),
    Wish(),
    Wish(patch=True),
    Wish(patch=True, outcomes=True),
]
keys = st.sampled_from(sorted(EPOCHS))
clients = st.integers(0, len(WISHES) - 1)
#: What a client comes back with: the newest id it was given, an older one, none, or one that was never given out.
places = st.sampled_from(["last", "last", "last", "older", "", "?", "\0", "x" * 4096, "zzzzzz-1", "future"])
steps = st.one_of(
    st.tuples(st.just("publish"), keys, st.integers(0, 9), st.booleans()),
    st.tuples(st.just("publish"), keys, st.integers(0, 9), st.just(False)),
    st.tuples(st.just("refresh"), keys),
    st.tuples(st.just("come"), clients, places, st.sampled_from(["", "", "joined", "read"]), st.booleans()),
    st.tuples(st.just("come"), clients, st.just("last"), st.just(""), st.just(False)),
    st.tuples(st.sampled_from(["leave", "stall", "stall", "go on"]), clients),
    st.tuples(st.just("cut"), clients, st.integers(0, 3), st.booleans()),
    st.tuples(st.just("turn"), st.sampled_from([0.05, 0.05, 0.05, 0.05, 0.01, 1.0, 11.0, 400.0])),
)


@settings(max_examples=200)
@given(st.lists(steps, min_size=12, max_size=60))
def test_every_interleaving_tells_the_truth(taken: list[Step]) -> None:
    # Small, so that readers fall behind what is told in one write.
    with patch.object(feed, "MOST_ENTRIES", 5):
        anyio.run(play, taken)


async def play(taken: list[Step]) -> None:
    clock = SteppedClock()
    # One at a time: whatever else happens does so between any two readers of a slot.
    async with Hub(clock, pace=Pace(turn=0)).running() as hub, anyio.create_task_group() as tasks:
        sessions = Sessions(hub)
        crowd = [Client(sessions, wish, tasks) for wish in WISHES]
        for client in crowd:
            client.come("")
        await settle()
        for step in taken:
            await take(step, clock, sessions, crowd)
            await settle()
            for client in crowd:
                client.look()
        await all_catch_up(clock, sessions, crowd)
        await all_end(clock, sessions, crowd)
        for client in crowd:
            client.leave()
        await settle()
        assert hub.readers == 0
        # Only a failure leaves anything to cancel, and then nobody turns the clock for it.
        tasks.cancel_scope.cancel()


async def take(step: Step, clock: SteppedClock, sessions: Sessions, crowd: list[Client]) -> None:
    match step:
        case ("publish", str(key), int(outcomes), bool(final)):
            sessions.publish(key, outcomes, final=final)
        case ("refresh", str(key)):
            sessions.refresh(key)
        case ("come", int(number), str(place), str(pauses_at), bool(is_stalled)):
            client = crowd[number]
            client.come(position(client, place), pauses_at=pauses_at, is_stalled=is_stalled)
        case ("leave", int(number)):
            crowd[number].leave()
        case ("stall" | "go on" as what, int(number)):
            if (connection := crowd[number].connection) is not None:
                connection.stall() if what == "stall" else connection.go_on()
        case ("cut", int(number), int(most), bool(final)):
            for key in EPOCHS:
                sessions.publish(key, 1, final=final)
            await clock.advance(0.05)
            client = crowd[number]
            client.leave(most)
            client.come(client.ids[-1])
            await pass_slots(clock, crowd)
            check_is_up_to_date(client, sessions)
        case ("turn", float(seconds)):
            await clock.advance(seconds)
        case _:
            raise AssertionError(step)


def position(client: Client, place: str) -> str:
    """The id that a client comes with."""
    if place == "future":
        return f"{EPOCHS[client.wish.only] if client.wish.only else SHARED_EPOCH}-999999"
    ids = {"last": client.ids[-1], "older": client.ids[len(client.ids) // 2]}
    return ids.get(place, place)


async def all_catch_up(clock: SteppedClock, sessions: Sessions, crowd: list[Client]) -> None:
    """Nobody is slow or away any more: each knows the newest state of whatever concerns it."""
    for client in crowd:
        if client.connection is not None:
            client.connection.go_on()
        else:
            client.come(client.ids[-1])
    await pass_slots(clock, crowd)
    for client in crowd:
        check_is_up_to_date(client, sessions)


def check_is_up_to_date(client: Client, sessions: Sessions) -> None:
    if client.connection is not None:
        for key in client.concerned:
            assert client.states[key]["seq"] == sessions.newest(key).seq


async def all_end(clock: SteppedClock, sessions: Sessions, crowd: list[Client]) -> None:
    """Every session ends: each reader is told so, and none of them ends without it."""
    for key in EPOCHS:
        sessions.publish(key, 0, final=True)
    for _ in range(2):
        await pass_slots(clock, crowd)
        for client in crowd:
            client.come(client.ids[-1])
    await pass_slots(clock, crowd)
    for client in crowd:
        if client.wish.only is not None:
            assert client.is_done
            assert client.states[client.wish.only] == sessions.newest(client.wish.only).state
        else:
            assert client.connection is not None
            assert {key: state["number"] for key, state in client.states.items()} == {
                key: sessions.newest(key).state["number"] for key in EPOCHS
            }
            client.connection.check_ends()


async def pass_slots(clock: SteppedClock, crowd: list[Client]) -> None:
    for _ in range(4):
        await clock.advance(0.05)
        for client in crowd:
            client.look()
