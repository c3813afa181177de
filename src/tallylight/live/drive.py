"""Takes the first step of a coroutine without a task.

A server's `send` waits only where the client reads too slowly. A task for each write would cost more than the write, so
the hub takes the first step itself; what then has to wait is finished in a task of its own.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any


class Rest:
    """What is left of a coroutine that had to wait. Await it exactly once."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
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
                waits_for = self._coroutine.send(value) if error is None else self._coroutine.throw(error)
            except StopIteration:
                return


def begin(coroutine: Coroutine[Any, Any, None]) -> Rest | None:
    """Run a coroutine until it waits; None where it never did. Raises what it raises."""
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return None
    return Rest(coroutine, waits_for)
