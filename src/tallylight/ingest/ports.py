"""What an ingest is given. It imports no HTTP, no terminal and no driver; these are its doors to the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, TypeVarTuple

from tallylight.facts import Fact, State
from tallylight.messages import Busy

Args = TypeVarTuple("Args")
Answer = TypeVar("Answer")


class Record(Protocol):
    """Where the facts of one session go: durable first, then visible."""

    #: Names what is being worked on at this moment; asked for each message while the session moves.
    current_file: Callable[[], str]
    #: What each worker is on, the longest first; asked for about once a second.
    busy: Callable[[], Sequence[Busy]]

    @property
    def state(self) -> State:
        """The fold of every fact that is durable. Never runs ahead of the journal."""
        ...

    async def record(self, *facts: Fact) -> None:
        """Add facts in this order; returns once they are durable and published. WrongMove: nothing was added."""
        ...

    async def run(self) -> None:
        """Write what is recorded, until cancelled. Exactly one task runs this while `record` is used."""
        ...

    def publish_unsaved(self, fact: Fact) -> None:
        """Show a fact that cannot be made durable, because the journal itself is what failed. It gets no number."""
        ...


class Write(Protocol):
    """Runs database writes one at a time, in the order they were asked for, off the event loop."""

    def __call__(self, function: Callable[[*Args], Answer], *args: *Args) -> Awaitable[Answer]: ...


#: Answers the wall time that facts carry.
Now = Callable[[], float]
