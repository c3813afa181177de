"""Takes the first step of an awaitable without a task.

A server's `send` waits only where the client reads too slowly. A task for each write would cost more than the write, so
the hub takes the first step itself; what then has to wait is finished in a task of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any


class Rest:
    """What is left of an awaitable that had to wait. Await it exactly once."""

    def __init__(self, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            error: BaseException | None = None
            value = None
            try:
                value = yield waits_for
            except BaseException as thrown:  # noqa: BLE001 (by the event loop, a cancellation above all: it is passed on)
                error = thrown
            try:
                waits_for = self._steps.send(value) if error is None else self._steps.throw(error)
            except StopIteration:
                return


def begin(awaitable: Awaitable[None]) -> Rest | None:
    """Run an awaitable until it waits; None where it never did. Raises what it raises."""
    # What `await` itself steps through; asyncio's futures and every coroutine have `send` and `throw`.
    steps = awaitable.__await__()
    try:
        waits_for = steps.send(None)
    except StopIteration:
        return None
    return Rest(steps, waits_for)
