"""What every engine promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """The function returned."""

    value: Result


@dataclass(frozen=True, slots=True)
class Died:
    """The worker ended on this item and on no other."""

    reason: Literal["timeout", "crashed", "memory"]
    detail: str = ""  #: for people: the signal's name, the exit code, the exception


Verdict = Done[Result] | Died


@dataclass(frozen=True, slots=True)
class WorkerOn:
    """What one worker is on right now."""

    label: str  #: `str(item)`
    since: float  #: wall time, seconds since 1970


class Engine(Protocol):
    """Runs a function over items in chunks.

    Guarantees: `run` answers one verdict an item, in the items' order, whatever the function does to its process: a
    crash, a hang past the time limit, an exception or an unpicklable result costs that one item. Calls run side by
    side, at most `jobs` at a time, oldest first. Cancelling `run` frees its workers, by killing them if need be. No
    worker outlives the process that made the engine, even after `kill -9`.
    """

    @property
    def jobs(self) -> int:
        """How many chunks run at the same time."""
        ...

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        """Run `function` over the items of one chunk in one worker. `function` and items are picklable."""
        ...

    def working_on(self) -> list[WorkerOn]:
        """What each busy worker is on; a glance, not durable, possibly a moment old."""
        ...

    async def aclose(self) -> None:
        """Stop every worker. Returns once none is left; a call to `run` that is under way is cancelled."""
        ...
