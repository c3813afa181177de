"""Publishing far faster than anybody could be told: the loop is woken once a slot, and readers get the newest."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from anyio import to_thread

from tallylight.live import Hub, Parser, Reader, Update, Wish
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio

THREADS = 4
UPDATES = 500
SLOT = 0.05


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hub], list[Any]]:
    """What a hub has the loop call from other threads, from now on."""

    def watch(hub: Hub) -> list[Any]:
        loop, called = asyncio.get_running_loop(), list[Any]()
        call_soon_threadsafe = loop.call_soon_threadsafe

        def note(callback: Any, *args: Any, **kwargs: Any) -> asyncio.Handle:
            if getattr(callback, "__self__", None) is hub:
                called.append(callback)
            return call_soon_threadsafe(callback, *args, **kwargs)

        monkeypatch.setattr(loop, "call_soon_threadsafe", note)
        return called

    return watch


async def flood(hub: Hub, first: int) -> int:
    """Publish from several threads, each to a feed of its own; returns the newest seq."""
    barrier = threading.Barrier(THREADS)

    def publish(key: str) -> None:
        barrier.wait()
        for seq in range(first, first + UPDATES):
            hub.publish(Update(key, "k3f9a2", seq, {"session_id": key, "seq": seq}, final=False, tally=seq))

    async with anyio.create_task_group() as tasks:
        for key in "abcd"[:THREADS]:
            tasks.start_soon(to_thread.run_sync, publish, key)
    return first + UPDATES - 1


def told(reader: Reader) -> dict[str, list[int]]:
    """The seqs of the states that wait for a reader, by feed; forgets them."""
    seqs: dict[str, list[int]] = {}
    for state in (json.loads(event.data) for event in Parser().feed(reader.take()) if event.name == "message"):
        seqs.setdefault(state["session_id"], []).append(state["seq"])
    return seqs


async def begin_a_slot(hub: Hub) -> None:
    """The first update goes out at once, and begins the slot in which those that follow have to wait."""
    hub.publish(Update("a", "k3f9a2", 1, {"session_id": "a", "seq": 1}, final=False, tally=1))
    await anyio.wait_all_tasks_blocked()


async def test_a_flood_wakes_the_loop_once_a_slot(wakes: Callable[[Hub], list[Any]]) -> None:
    clock, newest = ManualClock(), 1
    async with Hub(clock).running() as hub:
        called = wakes(hub)
        await begin_a_slot(hub)
        for number in range(5):
            called.clear()
            newest = await flood(hub, newest + 1)
            assert len(called) == 1, f"in slot {number}"
            await clock.advance(SLOT)
        assert hub.accounts.published == 1 + 5 * THREADS * UPDATES


async def test_readers_get_the_newest_of_every_slot_and_nothing_else() -> None:
    clock, newest = ManualClock(), 1
    async with Hub(clock).running() as hub:
        everything, one = hub.join(Wish(), "j"), hub.join(Wish("c"))
        await begin_a_slot(hub)
        assert (told(everything), told(one)) == ({"a": [1]}, {})
        for _ in range(3):
            newest = await flood(hub, newest + 1)
            await clock.advance(SLOT)
            assert told(everything) == {key: [newest] for key in "abcd"}
            assert told(one) == {"c": [newest]}


async def test_nothing_published_wakes_nobody(wakes: Callable[[Hub], list[Any]]) -> None:
    clock = ManualClock()
    async with Hub(clock).running() as hub:
        called = wakes(hub)
        hub.join(Wish("a"))
        for _ in range(20):
            await clock.advance(SLOT)
        assert called == []
