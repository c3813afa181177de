"""One session's processing, which may be paused and gone on with any number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import anyio

from tallylight.facts import Fact, Moved
from tallylight.ingest import pipeline
from tallylight.ingest.pipeline import Ingest
from tallylight.ingest.ports import Now, Record
from tallylight.ingest.valve import Valve
from tallylight.model import Status


class Processing:
    """Runs the pipeline until everything has an outcome. A pause, or the guard that holds the session, lets what is
    under way finish and starts nothing new; going on afterwards is the same as going on after a restart: from the
    journal.
    """

    def __init__(self, record: Record, ingest_for: Callable[[Valve], Ingest], now: Now, *, paused: bool) -> None:
        self._record = record
        self._ingest_for = ingest_for
        self._now = now
        self._valve = Valve()
        self._going = anyio.Event()
        if not paused:
            self._going.set()

    async def run(self) -> Moved:
        """Returns how it ended, once it is not paused any more."""
        while True:
            await self._going.wait()
            valve = self._valve
            # Shut in the moment between: then there is another event to wait for.
            if not valve.is_shut:
                await self._process(valve)
                if not valve.is_shut:
                    return Moved(at=self._now(), status=self._end())

    async def pause(self) -> None:
        """Return once it is durable that nothing new starts. Raises WrongMove where it has ended."""
        self._valve.close()
        self._going = anyio.Event()
        await self._record.record(Moved(at=self._now(), status=Status.PAUSED))

    async def resume(self) -> None:
        """Return once it is durable that it goes on. Raises WrongMove where it was neither paused nor held."""
        moved = Moved(at=self._now(), status=Status.PROCESSING)
        self._valve = Valve()
        try:
            await self._record.record(moved)
        finally:
            self._going.set()

    async def _hold(self, *facts: Fact) -> None:
        """Record these, the last of which holds the session: nothing new starts until somebody resumes it."""
        self._valve.close()
        self._going = anyio.Event()
        await self._record.record(*facts)

    def _end(self) -> Status:
        state = self._record.state
        # A retry of a session that was cut short does not do what was left of it.
        is_complete = state.total_final and state.processed == state.files
        return Status.COMPLETED if is_complete else Status.CANCELLED

    async def _process(self, valve: Valve) -> None:
        if self._record.state.status is Status.STARTING:
            await self._record.record(Moved(at=self._now(), status=Status.PROCESSING))
        hold = None if self._record.state.is_confirmed else self._hold
        await pipeline.run(replace(self._ingest_for(valve), hold=hold))
