"""The only reader of time.

Pure code takes `now` as an argument; loops take a `Clock`, so that tests can turn it by hand
(`tallylight.testing.ManualClock`).
"""

from __future__ import annotations

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """Reads and waits for time. Wall time is for people and may jump; monotonic time is for intervals and never goes
    back.
    """

    def now(self) -> float:
        """Seconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never decreases."""
        ...

    async def sleep_until(self, deadline: float) -> None:
        """Return once `monotonic()` has reached `deadline`; at once (after a checkpoint) if it has."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        return time.time()  # noqa: TID251

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251

    async def sleep_until(self, deadline: float) -> None:
        await anyio.sleep(max(0.0, deadline - self.monotonic()))  # noqa: TID251


def stopwatch() -> float:
    """Seconds of a high-resolution counter, for measuring how long one file took in a worker. Only differences mean
    anything.
    """
    return time.perf_counter()
