"""The sessions that this process works on, and what is durable of each session, whoever works on it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from anyio.abc import TaskGroup, TaskStatus

from tallylight.facts import Fact, Moved, State
from tallylight.ingest.ports import Record
from tallylight.ingest.running import Running, innermost
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Session
from tallylight.model import Status

log: Final = logging.getLogger(__name__)


class InMotion:
    """Sets sessions in motion and keeps them until they rest. Call it on the event loop.

    One whose journal failed is kept too, and shown as it is, until it is resumed, cancelled or deleted.
    """

    def __init__(self, workshop: Workshop, tasks: TaskGroup) -> None:
        self._workshop = workshop
        self._tasks = tasks
        self._running: dict[str, Running] = {}
        #: Whoever changes a session first looks and then acts; two at once would both act on what they both saw. Held
        #: also while a session halts: its own tasks give no commands.
        self.deciding = anyio.Lock()

    # --- what is there ------------------------------------------------------------------------------------------------

    @property
    def sessions(self) -> frozenset[str]:
        """Those that are worked on here."""
        return frozenset(self._running)

    def record_of(self, session_id: str) -> Record | None:
        """The record of a session in motion, whose state is the newest; None where the journal tells it all."""
        running = self._running.get(session_id)
        return running.record if running else None

    def at_work(self, session_id: str) -> Running | None:
        """Whoever works on a session. Nobody does where the journal failed under it: what is stored counts then."""
        running = self._running.get(session_id)
        return None if running is None or running.is_broken else running

    def is_moving(self, session_id: str) -> bool:
        """Whether this process works on it and it has not come to rest."""
        running = self.at_work(session_id)
        return running is not None and not running.record.state.at_rest

    def keeps(self, session_id: str) -> bool:
        """Whether it is this process's to go on with. Where the database was lost under it, that has ended."""
        running = self._running.get(session_id)
        return running is not None and not running.is_cut_off

    async def state(self, session_id: str) -> State:
        """The newest durable state. Raises NotFound."""
        running = self.at_work(session_id)
        return running.record.state if running else (await self._session(session_id)).state

    async def status(self, session_id: str) -> Status:
        """The newest durable status. Raises NotFound."""
        return (await self.state(session_id)).status

    async def finished(self, session_id: str) -> None:
        """Return once the session is at rest."""
        if running := self._running.get(session_id):
            await running.finished()

    # --- what changes it ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def claimed(self, session_id: str) -> AsyncIterator[Session]:
        """A session that nobody works on, which nobody else can change meanwhile. It stays ours, unless the block
        raises or leaves it at rest. Raises NotFound, and OwnedElsewhere where another process works on it.
        """
        leases = self._workshop.leases
        is_new = await anyio.to_thread.run_sync(leases.claim, session_id)
        try:
            yield await self._session(session_id)
        finally:
            if is_new and session_id not in self._running:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(leases.release, session_id)

    async def set_off(self, running: Running, *first: Fact) -> None:
        """Begin with a claimed session; returns once these facts are durable. Raises what keeps them from it."""
        session_id = running.session.session_id
        broken = self._running.get(session_id)
        self._running[session_id] = running
        try:
            await self._tasks.start(self._live, running, *first)
        except BaseException:
            if broken is not None:
                self._running[session_id] = broken
            raise

    async def settle(self, session_id: str, status: Status) -> None:
        """Move a session that nobody works on."""
        try:
            async with self.claimed(session_id) as session:
                record = self._workshop.record_for(session)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(record.run)
                    await record.record(Moved(at=self._workshop.now(), status=status))
                    tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise innermost(group) from group
        # It may have been shown as the one whose journal failed.
        self.drop(session_id)

    async def abandon(self, session_id: str) -> None:
        """Stop working on a session and record nothing of that; returns once it has. It is still known until `drop`."""
        if (running := self._running.get(session_id)) is not None:
            await running.abandon()

    def drop(self, session_id: str) -> None:
        """Know nothing more of a session that is not worked on any more."""
        self._running.pop(session_id, None)

    def give_up(self, session_id: str) -> None:
        """Stop working on a session that another process has taken over, and say nothing more of it. Does not wait for
        the end of that.
        """
        if (running := self._running.get(session_id)) is not None:
            log.warning("session %s was taken over by another process: this one stood still too long", session_id)
            self._tasks.start_soon(self._give_up, running)

    async def _give_up(self, running: Running) -> None:
        await running.abandon()
        # One whose journal failed stays else; and another may have been begun meanwhile.
        self._drop_this(running)

    async def _live(self, running: Running, *first: Fact, task_status: TaskStatus[None]) -> None:
        try:
            await running.live(*first, task_status=task_status)
        finally:
            if not running.is_broken:
                self._drop_this(running)

    def _drop_this(self, running: Running) -> None:
        if self._running.get(running.session.session_id) is running:
            self.drop(running.session.session_id)

    async def _session(self, session_id: str) -> Session:
        return await anyio.to_thread.run_sync(self._workshop.journal.session, session_id)
