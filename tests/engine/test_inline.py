from __future__ import annotations

from collections.abc import AsyncIterator
from threading import Event

import anyio
import pytest
from tests.contract.engine_suite import EngineContract, blocking
from tests.engine import functions
from tests.engine.functions import Gate

from tallylight.engine import Done
from tallylight.engine.inline import InlineEngine


@pytest.fixture
async def engine() -> AsyncIterator[InlineEngine]:
    async with InlineEngine() as engine:
        yield engine


class TestInlineEngine(EngineContract):
    async def free(self, gate: Gate) -> None:
        await blocking(gate.let_on)


@pytest.mark.anyio
async def test_functions_and_items_need_not_be_picklable(engine: InlineEngine) -> None:
    assert await engine.run(lambda call: call(), [lambda: 7]) == [Done(7)]


@pytest.mark.anyio
async def test_a_cancelled_chunk_stops_after_the_item_under_way(engine: InlineEngine) -> None:
    ran: list[int] = []
    reached, go = Event(), Event()

    def note_and_wait(number: int) -> None:
        ran.append(number)
        reached.set()
        go.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.run, note_and_wait, [1, 2, 3])
        await blocking(reached.wait)
        tasks.cancel_scope.cancel()
    go.set()
    assert await engine.run(functions.double, [4]) == [Done(8)]
    assert ran == [1]
