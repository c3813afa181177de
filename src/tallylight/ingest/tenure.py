"""Keeps the leases of this process, and goes on with what others have left."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio import to_thread

from tallylight.clock import Clock
from tallylight.errors import TallylightError
from tallylight.ingest.supervisor import Supervisor
from tallylight.journal.leases import Leases

log: Final = logging.getLogger(__name__)

#: Seconds between two renewals: a lease outlasts three that fail.
RENEWAL: Final = 5.0
#: Seconds between two looks for sessions whose owner is dead. With the lease itself, a takeover takes under 30.
LOOK: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Of one process that shares its journal with others."""

    leases: Leases
    supervisor: Supervisor
    clock: Clock
    #: Renewing must not wait for a thread that reads something large.
    _thread: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))

    async def keep(self) -> None:
        """Renew the lease until cancelled, and give up what was lost while it could not be renewed."""
        await self._again_and_again(RENEWAL, self.renew)

    async def look(self) -> None:
        """Take over what dead owners left, until cancelled."""
        await self._again_and_again(LOOK, self.supervisor.recover)

    async def renew(self) -> None:
        """Say once that this process is alive."""
        working_on = self.supervisor.working_on
        lost = await to_thread.run_sync(self.leases.renew, working_on, limiter=self._thread)
        for session_id in lost:
            await self.supervisor.give_up(session_id)

    async def _again_and_again(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        was_well = True
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + seconds)
            try:
                await act()
                was_well = True
            except TallylightError as error:
                # A database that is away for a while is told of once, not every few seconds.
                if was_well:
                    log.warning("%s", error)
                was_well = False
