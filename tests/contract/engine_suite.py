"""What every engine passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from tests.engine import functions
from tests.engine.functions import Gate

from tallylight.engine import Died, Done, Engine


async def blocking(call: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)


@pytest.mark.anyio
class EngineContract:
    """Subclass it with an async fixture `engine` that yields a started engine and closes it."""

    async def test_one_verdict_an_item_in_their_order(self, engine: Engine) -> None:
        assert await engine.run(functions.double, range(50)) == [Done(2 * number) for number in range(50)]

    async def test_an_empty_chunk_has_no_verdicts(self, engine: Engine) -> None:
        assert await engine.run(functions.double, []) == []

    async def test_an_exception_costs_its_item_alone(self, engine: Engine) -> None:
        verdicts = await engine.run(functions.odd_raises, [0, 1, 2])
        assert verdicts == [Done(0), Died("crashed", "ValueError('1 is odd')"), Done(2)]

    async def test_leaving_python_is_an_exception_too(self, engine: Engine) -> None:
        assert await engine.run(functions.leave, [0, 3]) == [
            Died("crashed", "SystemExit(0)"),
            Died("crashed", "SystemExit(3)"),
        ]

    async def test_an_exception_that_can_be_neither_pickled_nor_printed(self, engine: Engine) -> None:
        assert await engine.run(functions.rude, [0]) == [Died("crashed", "RudeError")]

    async def test_a_long_exception_is_cut(self, engine: Engine) -> None:
        (verdict,) = await engine.run(int, ["x" * 100_000])
        assert isinstance(verdict, Died)
        assert len(verdict.detail) <= 500

    async def test_want_of_memory(self, engine: Engine) -> None:
        assert await engine.run(functions.want_too_much, [0]) == [Died("memory", "MemoryError('no room')")]

    @pytest.mark.parametrize("function", [functions.unpicklable, functions.unreadable])
    async def test_a_result_that_cannot_travel(self, engine: Engine, function: Callable[[int], object]) -> None:
        (verdict,) = await engine.run(function, [0])
        assert isinstance(verdict, Died)
        assert verdict.reason == "crashed"
        assert await engine.run(functions.double, [1]) == [Done(2)]

    async def test_an_item_without_a_name(self, engine: Engine) -> None:
        verdicts = await engine.run(functions.process, [functions.Nameless()])
        assert verdicts == [Died("crashed", "RuntimeError('no name')")]

    async def test_a_large_result(self, engine: Engine) -> None:
        (verdict,) = await engine.run(functions.large, [110_000_000])
        assert isinstance(verdict, Done)
        assert len(verdict.value) == 110_000_000

    async def test_calls_side_by_side_each_get_their_own(self, engine: Engine) -> None:
        got: dict[int, object] = {}

        async def one(number: int) -> None:
            got[number] = await engine.run(functions.double, [number, number + 1])

        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(one, number)
        assert got == {number: [Done(2 * number), Done(2 * number + 2)] for number in range(40)}

    async def test_no_more_than_jobs_at_a_time(self, engine: Engine, tmp_path: Path) -> None:
        most = 0

        async def one() -> None:
            nonlocal most
            for verdict in await engine.run(functions.crowd, [str(tmp_path)] * 5):
                assert isinstance(verdict, Done)
                most = max(most, verdict.value)

        async with anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(one)
        assert 1 <= most <= engine.jobs

    async def test_oldest_first(self, engine: Engine, tmp_path: Path) -> None:
        gates = [Gate.at(tmp_path, f"gate-{number}") for number in range(engine.jobs)]
        log = tmp_path / "log"
        async with anyio.create_task_group() as tasks:
            for gate in gates:
                tasks.start_soon(engine.run, functions.wait_at, [gate])
                await blocking(gate.arrived)
            async with anyio.create_task_group() as waiting:
                for number in range(10):
                    waiting.start_soon(engine.run, functions.note, [functions.Line(str(log), str(number))])
                    await anyio.lowlevel.checkpoint()
                await blocking(gates[0].let_on)
            for gate in gates[1:]:
                await blocking(gate.let_on)
        assert log.read_text().split() == [str(number) for number in range(10)]

    async def test_working_on_shows_the_item_while_it_runs(self, engine: Engine, tmp_path: Path) -> None:
        assert engine.working_on() == []
        gate = Gate.at(tmp_path, "day_3_ü.png")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run, functions.wait_at, [gate])
            await blocking(gate.arrived)
            (on,) = engine.working_on()
            assert on.label == "day_3_ü.png"
            assert on.since > 1_700_000_000
            await blocking(gate.let_on)
        assert engine.working_on() == []

    async def test_a_long_label_is_cut_between_characters(self, engine: Engine, tmp_path: Path) -> None:
        gate = Gate.at(tmp_path, "x" + "ü" * 110)  # fits a file name; the label below does not fit a slot
        item = functions.LongName(gate)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run, functions.wait_at_long_name, [item])
            await blocking(gate.arrived)
            (on,) = engine.working_on()
            await blocking(gate.let_on)
        assert str(item).startswith(on.label)
        assert len(on.label.encode()) == 239  # 240 would split the last ü

    async def test_a_cancelled_call_ends_and_the_engine_goes_on(self, engine: Engine, tmp_path: Path) -> None:
        gate = Gate.at(tmp_path)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run, functions.wait_at, [gate])
            await blocking(gate.arrived)
            tasks.cancel_scope.cancel()
        await self.free(gate)
        assert await engine.run(functions.double, [4]) == [Done(8)]

    async def test_a_call_cancelled_while_it_waits_never_runs(self, engine: Engine, tmp_path: Path) -> None:
        gates = [Gate.at(tmp_path, f"gate-{number}") for number in range(engine.jobs)]
        log = tmp_path / "log"
        async with anyio.create_task_group() as tasks:
            for gate in gates:
                tasks.start_soon(engine.run, functions.wait_at, [gate])
                await blocking(gate.arrived)
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(engine.run, functions.note, [functions.Line(str(log), "ran")])
                await anyio.lowlevel.checkpoint()
                waiting.cancel_scope.cancel()
            for gate in gates:
                await blocking(gate.let_on)
        assert await engine.run(functions.double, [4]) == [Done(8)]
        assert not log.exists()

    async def test_closing_cancels_what_is_under_way_and_what_waits(self, engine: Engine, tmp_path: Path) -> None:
        gate = Gate.at(tmp_path)
        held = asyncio.create_task(engine.run(functions.wait_at, [gate]))
        await blocking(gate.arrived)
        waiting = [asyncio.create_task(engine.run(functions.double, [number])) for number in range(5 * engine.jobs)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.aclose)
            await anyio.lowlevel.checkpoint()
            await self.free(gate)
        await asyncio.wait([held, *waiting])
        assert held.cancelled()
        assert waiting[-1].cancelled()
        assert engine.working_on() == []

    async def test_a_closed_engine_says_so(self, engine: Engine) -> None:
        await engine.aclose()
        await engine.aclose()
        with pytest.raises(RuntimeError):
            await engine.run(functions.double, [1])

    async def free(self, gate: Gate) -> None:
        """Called where a cancelled call may still stand at a gate: for engines that cannot kill."""
        raise NotImplementedError
