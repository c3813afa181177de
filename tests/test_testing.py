"""The helpers that other tests rely on."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator

import anyio
import pytest

from tallylight.engine import Done
from tallylight.engine.inline import InlineEngine
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine() -> AsyncIterator[PacedEngine]:
    async with InlineEngine() as inner:
        yield PacedEngine(inner)


def double(number: int) -> int:
    return 2 * number


async def test_a_paced_engine_holds_every_chunk_until_it_is_let_go_on(engine: PacedEngine) -> None:
    verdicts: dict[int, object] = {}

    async def run(number: int) -> None:
        verdicts[number] = await engine.run(double, [number])

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for number in (1, 2, 3):
                tasks.start_soon(run, number)
            await engine.holds(3)
            assert verdicts == {}
            engine.let()
            while not verdicts:
                await anyio.wait_all_tasks_blocked()
            assert verdicts == {1: [Done(2)]}
            engine.open()
    assert verdicts == {1: [Done(2)], 2: [Done(4)], 3: [Done(6)]}


async def test_a_paced_engine_may_be_let_go_on_from_any_thread_and_in_advance(engine: PacedEngine) -> None:
    thread = threading.Thread(target=engine.let, args=(2,))
    thread.start()
    thread.join()
    with anyio.fail_after(10):
        assert await engine.run(double, [1]) == [Done(2)]
        assert await engine.run(double, [2]) == [Done(4)]
        with anyio.move_on_after(0) as scope:
            await engine.run(double, [3])
    assert scope.cancelled_caught


async def test_a_chunk_that_is_cancelled_is_held_no_more(engine: PacedEngine) -> None:
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run, double, [1])
            await engine.holds()
            tasks.cancel_scope.cancel()
        engine.let()
        assert await engine.run(double, [5]) == [Done(10)]


async def test_a_paced_engine_is_otherwise_the_engine_it_was_made_of(engine: PacedEngine) -> None:
    assert engine.jobs == 1
    assert engine.working_on() == []
    await engine.aclose()
    engine.open()
    with pytest.raises(RuntimeError):
        await engine.run(double, [1])
