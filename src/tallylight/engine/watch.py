"""Looks after chunks that are under way, for what pebble does not notice.

pebble (5.2) tells of a worker that ended with an error. It does not tell of one that ended with exit code 0, nor,
rarely, of one that died before its "I have it" was read; the chunk then simply never ends. Its own time limit is on the
wall clock, which may jump. So the engine looks at the slots now and then.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from tallylight.engine.contract import Verdict
from tallylight.engine.deaths import Death
from tallylight.engine.slots import Glance, Ticket

#: Seconds from one look to the next.
LOOK_EVERY = 0.25
#: Seconds in which pebble may tell of a death itself, with the exit code.
GRACE = 0.5
#: Seconds over the time limit after which SIGALRM is taken to be blocked or ignored.
MARGIN = 2.0
#: Seconds in which a chunk is begun, or its finished answer arrives; else the pool's pipe is stuck (a worker killed
#: from outside at the wrong moment leaves it locked).
PATIENCE = 60.0


class Step(Enum):
    """What a look calls for."""

    NOTHING = auto()
    KILL = auto()  #: the item is past its limit, and SIGALRM did not end it
    LOST = auto()  #: the worker is gone and nobody said so
    STUCK = auto()  #: the pool does not deliver


@dataclass(slots=True, eq=False)
class Flight:
    """One group of items on its way through a worker. Times are monotonic."""

    ticket: Ticket
    size: int
    answer: asyncio.Future[list[Verdict[Any]] | Death]
    since: float  #: of what it shows: sent, the item it is on, or finished
    item: int | None = None  #: what it showed at the last look
    gone_since: float | None = None  #: the look that first found its worker gone
    overdue: bool = False

    def settle(self, ending: list[Verdict[Any]] | Death) -> None:
        """Answer; the first answer counts. For the event loop's thread."""
        if not self.answer.done():
            self.answer.set_result(ending)

    def look(self, glance: Glance | None, held: bool, now: float, time_limit: float) -> Step:
        """Take note of what the slot shows (and whether a living worker holds it), and say what that calls for."""
        item = None if glance is None else glance.item
        if item != self.item:
            self.item, self.since = item, now
        if item is None or item >= self.size:
            return Step.STUCK if now - self.since > PATIENCE else Step.NOTHING
        if held:
            return self._look_alive(now, time_limit)
        return self._look_gone(now)

    def _look_alive(self, now: float, time_limit: float) -> Step:
        self.gone_since = None
        if self.overdue or now - self.since <= time_limit + MARGIN:
            return Step.NOTHING
        self.overdue = True
        return Step.KILL

    def _look_gone(self, now: float) -> Step:
        if self.gone_since is None:
            self.gone_since = now
        return Step.LOST if now - self.gone_since > GRACE else Step.NOTHING
