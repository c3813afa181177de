"""An engine that a test lets go on, chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tallylight.engine.contract import Engine, Item, Result, Verdict, WorkerOn


class PacedEngine:
    """Holds every chunk back until the test lets it through, then passes it to the engine it was made of.

    Made and used on the server's event loop; `let` and `open` are called from the test's thread.
    """

    def __init__(self, engine: Engine, *, is_open: bool = False) -> None:
        self._engine = engine
        self.loop = asyncio.get_running_loop()
        self._turn = asyncio.Condition()
        self._is_open = is_open
        self._allowed = 0

    @property
    def jobs(self) -> int:
        return self._engine.jobs

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        async with self._turn:
            await self._turn.wait_for(lambda: self._is_open or self._allowed > 0)
            self._allowed -= 1
        return await self._engine.run(function, items)

    def working_on(self) -> list[WorkerOn]:
        return self._engine.working_on()

    async def aclose(self) -> None:
        await self._engine.aclose()

    def let(self, chunks: int) -> None:
        """Let so many more chunks through."""
        self._do(allowed=chunks)

    def open(self) -> None:
        """Hold nothing back any more."""
        self._do(is_open=True)

    def _do(self, *, allowed: int = 0, is_open: bool = False) -> None:
        async def change() -> None:
            async with self._turn:
                self._allowed += allowed
                self._is_open = self._is_open or is_open
                self._turn.notify_all()

        asyncio.run_coroutine_threadsafe(change(), self.loop).result(timeout=5)
