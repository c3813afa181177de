from __future__ import annotations

import anyio
import pytest

from tallylight.clock import Clock, SystemClock, stopwatch
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio


async def test_the_system_clock_reads_the_wall_and_never_goes_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now() > 1_750_000_000
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.parametrize("late", [0.0, 1.0, 1e9])
async def test_a_deadline_that_has_passed_is_only_a_checkpoint(late: float) -> None:
    clock = SystemClock()
    with anyio.fail_after(5):
        await clock.sleep_until(clock.monotonic() - late)


async def test_the_system_clock_waits_until_the_deadline() -> None:
    clock = SystemClock()
    deadline = clock.monotonic() + 0.01
    await clock.sleep_until(deadline)
    assert clock.monotonic() >= deadline


async def test_a_passed_deadline_still_lets_others_run() -> None:
    clock, ran = SystemClock(), anyio.Event()

    async def other() -> None:
        ran.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        await clock.sleep_until(0.0)
        await clock.sleep_until(0.0)
        assert ran.is_set()


def test_a_stopwatch_runs_forward() -> None:
    before = stopwatch()
    assert stopwatch() >= before


async def test_a_manual_clock_stands_still() -> None:
    clock: Clock = ManualClock(now=100.0)
    assert (clock.now(), clock.monotonic()) == (100.0, 0.0)
    await anyio.lowlevel.checkpoint()
    assert (clock.now(), clock.monotonic()) == (100.0, 0.0)


async def test_turning_a_manual_clock_wakes_those_whose_time_has_come() -> None:
    clock, woken = ManualClock(now=100.0), list[float]()

    async def sleeper(deadline: float) -> None:
        await clock.sleep_until(deadline)
        woken.append(deadline)

    async with anyio.create_task_group() as tasks:
        for deadline in (3.0, 1.0, 2.0):
            tasks.start_soon(sleeper, deadline)
        await clock.advance(0.5)
        assert woken == []
        await clock.advance(1.5)
        assert sorted(woken) == [1.0, 2.0]
        await clock.advance(1.0)
        assert sorted(woken) == [1.0, 2.0, 3.0]
    assert (clock.now(), clock.monotonic()) == (103.0, 3.0)


async def test_a_manual_clock_returns_at_once_for_a_deadline_that_has_passed() -> None:
    with anyio.fail_after(5):
        await ManualClock().sleep_until(0.0)
