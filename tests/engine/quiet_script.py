"""Crashes and closes at once, again and again: run by test_local as a program of its own."""

from __future__ import annotations

import anyio

from tallylight.clock import SystemClock
from tallylight.engine.local import LocalEngine
from tests.engine import functions


async def main() -> None:
    for _ in range(8):
        async with LocalEngine(2, clock=SystemClock()) as engine:
            await engine.run(functions.segfault, [-1])


if __name__ == "__main__":
    anyio.run(main)
