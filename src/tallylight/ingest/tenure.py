"""Keeps the leases of this process, and goes on with what others have left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio import to_thread

from tallylight.clock import Clock
from tallylight.ingest.again import again_and_again
from tallylight.ingest.supervisor import Supervisor
from tallylight.journal.leases import Leases

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
        await again_and_again(self.renew, self.clock, RENEWAL)

    async def look(self) -> None:
        """Take over what dead owners left, until cancelled."""
        await again_and_again(self.supervisor.recover, self.clock, LOOK)

    async def renew(self) -> None:
        """Say once that this process is alive."""
        working_on = self.supervisor.working_on
        lost = await to_thread.run_sync(self.leases.renew, working_on, limiter=self._thread)
        for session_id in lost:
            self.supervisor.give_up(session_id)
