"""Extraction in this process: for tests, for a machine that cannot fork, and as the twin that shows the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Self

import anyio
import anyio.to_thread

from tallylight.clock import Clock, SystemClock
from tallylight.engine.contract import Item, Result, Verdict, WorkerOn
from tallylight.engine.slots import label_of
from tallylight.engine.verdicts import attempt, unseal


class InlineEngine:
    """Runs one chunk at a time in a thread of its own; `function` and items need not be picklable, results must be.

    What a thread cannot do, it does not: a crash takes the process along, nothing limits an item's time, and cancelling
    takes effect after the item under way.
    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._thread = ThreadPoolExecutor(1, "inline-engine")
        self._closing = Event()
        self._on: WorkerOn | None = None

    @property
    def jobs(self) -> int:
        return 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        """As `Engine.run`. Raises RuntimeError once the engine is closed."""
        unwanted = Event()
        work = self._thread.submit(self._work, function, tuple(items), unwanted)
        try:
            verdicts = await asyncio.wrap_future(work)
        finally:
            unwanted.set()
        if verdicts is None or self._closing.is_set():
            raise asyncio.CancelledError
        return verdicts

    def _work(
        self, function: Callable[[Item], Result], items: Sequence[Item], unwanted: Event
    ) -> list[Verdict[Result]] | None:
        verdicts: list[Verdict[Result]] = []
        for item in items:
            if unwanted.is_set() or self._closing.is_set():
                return None
            verdicts.append(unseal(attempt(partial(self._call, function, item))))
            self._on = None
        return verdicts

    def _call(self, function: Callable[[Item], Result], item: Item) -> Result:
        self._on = WorkerOn(label_of(item), self._clock.now())
        return function(item)

    def working_on(self) -> list[WorkerOn]:
        on = self._on
        return [] if on is None else [on]

    async def aclose(self) -> None:
        """As `Engine.aclose`, but the item under way is waited for."""
        self._closing.set()
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(self._thread.shutdown, cancel_futures=True))
