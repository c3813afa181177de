"""The one thread that writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

import anyio

from tallylight.errors import TallylightError

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

_log = logging.getLogger(__name__)


class Writer:
    """Runs write calls one after another on a thread of its own, in the order of the calls to `run`, whatever tasks
    they come from. Results reach the event loop in that same order.

    A cancelled caller leaves its write standing: it is neither skipped nor undone, and if it fails, that is logged.
    Reads do not belong here: they run on any thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tallylight-writer")

    async def run(self, function: Callable[[*Args], Result], *args: *Args) -> Result:
        """Queue `function(*args)` and wait for what it returns or raises. RuntimeError after `aclose`."""
        pending = asyncio.wrap_future(self._thread.submit(function, *args))
        try:
            # Without the shield a cancelled caller would take its write out of the queue.
            return await asyncio.shield(pending)
        except asyncio.CancelledError:
            pending.add_done_callback(_report)
            raise

    async def aclose(self) -> None:
        """Refuse new writes, finish those that are queued, end the thread; not cut short by a cancellation."""
        # A limiter of its own: reads may hold every thread of the shared one.
        await anyio.to_thread.run_sync(self._thread.shutdown, limiter=anyio.CapacityLimiter(1))


def _report(pending: asyncio.Future[Result]) -> None:
    if not pending.cancelled() and (error := pending.exception()) is not None:
        foreseen = isinstance(error, TallylightError)
        _log.error("A write failed after its caller had left: %s", error, exc_info=None if foreseen else error)
