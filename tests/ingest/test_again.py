from __future__ import annotations

import anyio
import pytest

from tallylight.errors import DatabaseUnusable
from tallylight.ingest.again import again_and_again
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio


class Acts:
    """Does what it is told, each time."""

    def __init__(self, *failures: Exception | None) -> None:
        self.at: list[float] = []
        self._failures = list(failures)
        self.clock = ManualClock()

    async def __call__(self) -> None:
        self.at.append(self.clock.monotonic())
        await anyio.lowlevel.checkpoint()
        if self._failures and (failure := self._failures.pop(0)) is not None:
            raise failure


async def test_it_pauses_and_acts() -> None:
    acts = Acts()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(again_and_again, acts, acts.clock, 5.0)
        for _ in range(3):
            await acts.clock.advance(5)
        tasks.cancel_scope.cancel()
    assert acts.at == [5, 10, 15]


async def test_a_row_of_failures_is_told_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    acts = Acts(DatabaseUnusable(), DatabaseUnusable(), DatabaseUnusable(), None, DatabaseUnusable())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(again_and_again, acts, acts.clock, 5.0, 1.0)
        for _ in range(15):
            await acts.clock.advance(1)
        tasks.cancel_scope.cancel()
    assert acts.at == [5, 6, 7, 8, 13, 14], "sooner after trouble"
    assert caplog.text.count("The database cannot be used") == 2, "once for each row of them"
    assert "Traceback" not in caplog.text


async def test_what_nobody_foresaw_is_logged_whole_and_ends_nothing_either(caplog: pytest.LogCaptureFixture) -> None:
    acts = Acts(ZeroDivisionError("out of the blue"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(again_and_again, acts, acts.clock, 1.0)
        await acts.clock.advance(1)
        await acts.clock.advance(1)
        tasks.cancel_scope.cancel()
    assert acts.at == [1, 2]
    assert "Traceback" in caplog.text
    assert "out of the blue" in caplog.text
