from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from tests.contract.engine_suite import EngineContract, blocking
from tests.engine import functions
from tests.engine.functions import Gate

from tallylight.clock import SystemClock
from tallylight.engine import Died, Done
from tallylight.engine.local import LocalEngine
from tallylight.engine.watch import PATIENCE

ROOT = Path(__file__).parents[2]
LIMIT = 0.5


@pytest.fixture
async def engine(importable: None) -> AsyncIterator[LocalEngine]:
    async with LocalEngine(2, clock=SystemClock()) as engine:
        yield engine


@pytest.fixture
async def strict(importable: None) -> AsyncIterator[LocalEngine]:
    """An engine with a short time limit."""
    async with LocalEngine(2, time_limit=LIMIT, clock=SystemClock()) as engine:
        yield engine


class TestLocalEngine(EngineContract):
    async def free(self, gate: Gate) -> None:
        """Nothing to do: the worker is killed."""


pytestmark = pytest.mark.anyio


def is_gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


async def until_gone(pid: int) -> None:
    """Wait for the end of a process that is no child of ours."""
    with anyio.fail_after(10):
        await blocking(lambda: wait_for_end(pid))


def wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    finally:
        os.close(descriptor)


async def test_a_function_is_read_once_a_chunk(engine: LocalEngine) -> None:
    verdicts = await engine.run(functions.Counted(), range(5))
    assert len({verdict.value for verdict in verdicts if isinstance(verdict, Done)}) == 1
    assert len(verdicts) == 5


# Crashes


async def test_a_crasher_among_eight_costs_itself(engine: LocalEngine) -> None:
    verdicts = await engine.run(functions.segfault, [0, 1, 2, -3, 4, 5, 6, 7])
    assert verdicts == [Died("crashed", "killed by SIGSEGV") if number == 3 else Done(number) for number in range(8)]


async def test_every_item_a_crasher(engine: LocalEngine) -> None:
    assert await engine.run(functions.segfault, [-1, -2, -3]) == [Died("crashed", "killed by SIGSEGV")] * 3


@pytest.mark.parametrize(
    ("code", "detail"), [(0, "its worker ended without saying why"), (3, "its worker ended with exit code 3")]
)
async def test_a_process_that_leaves(engine: LocalEngine, code: int, detail: str) -> None:
    assert await engine.run(functions.exit_at_once, [code]) == [Died("crashed", detail)]
    assert await engine.run(functions.double, [1, 2]) == [Done(2), Done(4)]


async def test_a_process_that_is_killed_for_want_of_memory(engine: LocalEngine) -> None:
    verdicts = await engine.run(functions.kill_self, [signal.SIGKILL])
    assert verdicts == [Died("crashed", "killed by SIGKILL, most likely for want of memory")]


async def test_crashes_side_by_side(engine: LocalEngine) -> None:
    got: dict[int, object] = {}

    async def one(number: int) -> None:
        got[number] = await engine.run(functions.segfault, [number, -1, number])

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(one, number)
    died = Died("crashed", "killed by SIGSEGV")
    assert got == {number: [Done(number), died, Done(number)] for number in range(4)}


# Time limits


@pytest.mark.parametrize("function", [functions.hang_with_the_gil, functions.spin])
async def test_a_hang_costs_itself_and_its_limit_once(strict: LocalEngine, function: Callable[[int], int]) -> None:
    clock = SystemClock()
    begun = clock.monotonic()
    verdicts = await strict.run(function, [0, -1, 2])
    assert verdicts == [Done(0), Died("timeout", "took longer than 0.5 s"), Done(2)]
    assert clock.monotonic() - begun < LIMIT + 1.5


async def test_a_hang_that_ignores_the_alarm(strict: LocalEngine) -> None:
    verdicts = await strict.run(functions.hang_unreachably, [0, -1, 2])
    assert verdicts == [Done(0), Died("timeout", "took longer than 0.5 s"), Done(2)]


# Memory


async def test_the_memory_limit(importable: None) -> None:
    async with LocalEngine(1, memory_limit=2_000_000_000, clock=SystemClock()) as engine:
        verdicts = await engine.run(functions.allocate, [1000, 4_000_000_000])
    assert verdicts == [Done(1000), Died("memory", "MemoryError()")]


# What workers are


async def test_workers_are_other_processes_of_lower_priority(engine: LocalEngine) -> None:
    (pid,) = await engine.run(functions.process, [0])
    assert isinstance(pid, Done)
    assert pid.value != os.getpid()
    assert await engine.run(functions.niceness, [0]) == [Done(min(19, os.nice(0) + 10))]


async def test_workers_are_one_core_s_worth(engine: LocalEngine) -> None:
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    assert await engine.run(functions.variable, names) == [Done("1"), Done("1")]


async def test_preloaded_modules_are_there_before_the_first_chunk(importable: None) -> None:
    async with LocalEngine(1, preload=["colorsys"], clock=SystemClock()) as engine:
        assert await engine.run(functions.loaded, ["colorsys"]) == [Done(True)]


async def test_what_a_worker_prints_stays_there(engine: LocalEngine, capfd: pytest.CaptureFixture[str]) -> None:
    await engine.run(functions.print_from_c, ["from C\n"])
    assert capfd.readouterr().out == ""


async def test_a_worker_does_not_read_our_stdin(engine: LocalEngine) -> None:
    assert await engine.run(functions.read_stdin, [0]) == [Done(b"")]


# Cancelling and closing


async def test_cancelling_kills_the_worker(engine: LocalEngine, tmp_path: Path) -> None:
    gate = Gate.at(tmp_path)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.run, functions.wait_at, [gate])
        pid = await blocking(gate.arrived)
        tasks.cancel_scope.cancel()
    await until_gone(pid)
    assert await engine.run(functions.double, [1]) == [Done(2)]


async def test_closing_kills_a_hung_worker_within_a_second(engine: LocalEngine, tmp_path: Path) -> None:
    clock = SystemClock()
    gate = Gate.at(tmp_path)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.run, functions.wait_at, [gate])
        pid = await blocking(gate.arrived)
        begun = clock.monotonic()
        await engine.aclose()
        assert clock.monotonic() - begun < 1.5
    assert is_gone(pid)


# Harm from outside


async def test_a_worker_killed_while_idle_is_replaced(engine: LocalEngine) -> None:
    (pid,) = await engine.run(functions.process, [0])
    assert isinstance(pid, Done)
    os.kill(pid.value, signal.SIGKILL)
    await until_gone(pid.value)
    for _ in range(5):
        assert await engine.run(functions.double, [1, 2]) == [Done(2), Done(4)]


async def test_a_worker_that_is_asked_to_end_costs_no_item(engine: LocalEngine, tmp_path: Path) -> None:
    gate = Gate.at(tmp_path)
    verdicts: list[object] = []

    async def held() -> None:
        verdicts.extend(await engine.run(functions.wait_at, [gate]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(held)
        os.kill(await blocking(gate.arrived), signal.SIGTERM)
        await blocking(gate.arrived)
        await blocking(gate.let_on)
    assert verdicts == [Done("gate")]


class ShiftedClock(SystemClock):
    """The machine's clock, put forward by hand."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


async def test_workers_that_take_nothing_any_more_are_replaced(importable: None) -> None:
    clock = ShiftedClock()
    async with LocalEngine(1, clock=clock) as engine:
        (pid,) = await engine.run(functions.process, [0])
        assert isinstance(pid, Done)
        os.kill(pid.value, signal.SIGSTOP)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(expect, engine, [Done(2), Done(4)])
            await anyio.lowlevel.checkpoint()
            clock.ahead = PATIENCE + 1
        await until_gone(pid.value)


async def expect(engine: LocalEngine, verdicts: list[Done[int]]) -> None:
    assert await engine.run(functions.double, [1, 2]) == verdicts


SERVER = """
import sys, anyio
from tallylight.clock import SystemClock
from tallylight.engine.local import LocalEngine
from tests.engine import functions

async def main():
    async with LocalEngine(2, clock=SystemClock()) as engine:
        async with anyio.create_task_group() as tasks:
            for folder in sys.argv[1:]:
                tasks.start_soon(engine.run, functions.announce_and_hang, [folder])

if __name__ == "__main__":
    anyio.run(main)
"""


async def test_no_worker_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    gates = [Gate.at(tmp_path, name) for name in ("one", "two")]
    server = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, str(script), *(str(gate.path("arrived")) for gate in gates)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        pids = [await blocking(gate.arrived) for gate in gates]
        assert not any(map(is_gone, pids))
    finally:
        server.kill()
        await blocking(server.wait)
    for pid in pids:
        await until_gone(pid)
    assert len({server.pid, *pids}) == 3


# Bad input


@pytest.mark.parametrize(
    "numbers", [{"jobs": 0}, {"jobs": 1, "time_limit": 0.0}, {"jobs": 1, "memory_limit": 0}, {"jobs": -1}]
)
async def test_numbers_that_make_no_sense(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be above zero"):
        LocalEngine(**numbers, clock=SystemClock())  # type: ignore[arg-type]


async def test_a_module_to_preload_that_does_not_exist() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        await LocalEngine(1, preload=["no_such_module"], clock=SystemClock()).start()


async def test_workers_that_cannot_start(importable: None) -> None:
    with pytest.raises(RuntimeError, match="while they start"):
        await LocalEngine(1, preload=["tests.engine.unimportable"], clock=SystemClock()).start()


async def test_an_engine_that_was_not_started() -> None:
    engine = LocalEngine(1, clock=SystemClock())
    with pytest.raises(RuntimeError, match="start it first"):
        await engine.run(functions.double, [1])
    assert engine.working_on() == []
    await engine.aclose()


async def test_an_engine_that_is_started_twice(engine: LocalEngine) -> None:
    with pytest.raises(RuntimeError, match="started before"):
        await engine.start()


async def test_a_function_that_cannot_be_pickled(engine: LocalEngine) -> None:
    with pytest.raises(Exception, match="pickle"):
        await engine.run(lambda item: item, [1])
    assert await engine.run(functions.double, [1]) == [Done(2)]


async def test_a_function_that_workers_cannot_find(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def ours_alone(number: int) -> int:
        return number

    ours_alone.__qualname__ = "ours_alone"
    ours_alone.__module__ = functions.__name__
    monkeypatch.setattr(functions, "ours_alone", ours_alone, raising=False)
    (verdict,) = await engine.run(ours_alone, [1])
    assert isinstance(verdict, Died)
    assert "ours_alone" in verdict.detail
