"""Starts, stops and forgets sessions: every command that changes one goes through here."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup

from tallylight.catalog import Catalog
from tallylight.errors import NotFound, OwnedElsewhere, WrongMove
from tallylight.facts import WAITING, Fact, Moved, Resumed, Retried, Started, check_move, initial
from tallylight.ingest import commit, pipeline, undo
from tallylight.ingest.commit import Commit
from tallylight.ingest.extract import nsfw
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.processing import Processing
from tallylight.ingest.running import Running, Work
from tallylight.ingest.valve import Valve
from tallylight.journal import Journal, Session, Tombstone
from tallylight.journal.leases import Leases, SoleOwner
from tallylight.model import AT_REST, Parameters, Status

#: At rest, and not committed yet.
RETRIABLE: Final = frozenset({Status.COMPLETED, Status.CANCELLED, Status.ERROR})

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the supervisor is given; `*_for` set up one session's record and work."""

    journal: Journal
    write: Write
    now: Now
    new_epoch: Callable[[], str]
    record_for: Callable[[Session], Record]
    ingest_for: Callable[[Session, Record, Valve], pipeline.Ingest]
    commit_for: Callable[[Session, Record], Commit]
    catalog: Catalog
    forgotten: Callable[[Tombstone], None]  #: told after a session was deleted
    may_read: Callable[[Parameters], bool] = lambda _parameters: True  #: whether its folders are ours to read
    leases: Leases = field(default_factory=SoleOwner)


class Supervisor:
    """The sessions in motion of this process. Call it on the event loop; a command returns once its first move is
    durable. Where several processes share the journal, a command to a session that another one works on raises
    OwnedElsewhere.
    """

    def __init__(self, workshop: Workshop, tasks: TaskGroup) -> None:
        self._workshop = workshop
        self._tasks = tasks
        self._running: dict[str, Running] = {}
        self._left_alone: set[str] = set()  #: sessions that were logged as such
        # A command first looks and then acts; two at once would both act on what they both saw. Held also while a
        # session halts: its own tasks give no commands.
        self._deciding = anyio.Lock()

    def record_of(self, session_id: str) -> Record | None:
        """The record of a session in motion, whose state is the newest; None where the journal tells it all."""
        running = self._running.get(session_id)
        return running.record if running else None

    async def start(self, parameters: Parameters) -> Session:
        """Begin a session. The parameters' directories must have passed `Roots.folder`. Raises BadParameters for what
        this installation cannot do.
        """
        if parameters.enable_nsfw_detection:
            await anyio.to_thread.run_sync(nsfw.demand)
        shop, session_id = self._workshop, str(uuid.uuid4())
        session = Session(
            session_id=session_id,
            epoch=shop.new_epoch(),
            created_at=shop.now(),
            parameters=parameters,
            state=initial(session_id, parameters),
        )
        await shop.write(shop.journal.create, session)
        await self._set_off(self._processing(session), Started(at=shop.now()))
        return session

    async def commit(self, session_id: str) -> Status:
        """Begin to commit a session at rest; a committed one stays as it is. Returns its status then."""
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is completed, or cancel it first.")
            async with self._claimed(session_id) as session:
                if session.state.status is Status.COMMITTED:
                    return Status.COMMITTED
                check_move(session.state.status, Status.COMMITTING)
                await self._set_off(self._committing(session), Moved(at=self._workshop.now(), status=Status.COMMITTING))
        return Status.COMMITTING

    async def undo(self, session_id: str) -> Status:
        """Begin to take back what a session committed; one that is undone stays so. Returns its status then.

        Raises WrongMove where a later session built on it, and names that one.
        """
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is at rest.")
            async with self._claimed(session_id) as session:
                if session.state.status is Status.UNDONE:
                    return Status.UNDONE
                check_move(session.state.status, Status.UNDOING)
                catalog = self._workshop.catalog
                undoable = await anyio.to_thread.run_sync(catalog.undoable, session_id)
                later = await anyio.to_thread.run_sync(catalog.overwritten_by, session_id)
                lost = await anyio.to_thread.run_sync(catalog.out_of_reach, session_id)
                undo.check(undoable, later, lost, session.state)
                await self._set_off(self._undoing(session), Moved(at=self._workshop.now(), status=Status.UNDOING))
        return Status.UNDOING

    async def pause(self, session_id: str) -> Status:
        """Let a session finish what is under way and start nothing new; returns once that is durable."""
        async with self._deciding:
            status = await self._status(session_id)
            if status is Status.PAUSED:
                return status
            check_move(status, Status.PAUSED)
            running = self._running.get(session_id)
            if running is None:
                await self._settle(session_id, Status.PAUSED)
            elif running.processing is not None:
                await running.processing.pause()
        return Status.PAUSED

    async def resume(self, session_id: str) -> Status:
        """Go on with a session that is paused, or that an earlier process left in motion, and confirm one that is held;
        returns its status then.
        """
        async with self._deciding:
            status = await self._status(session_id)
            running = self._running.get(session_id)
            if status in AT_REST:
                raise WrongMove(f"This session is {status}; only one that is paused or held can be resumed.")
            if running is None:
                async with self._claimed(session_id) as session:
                    now, waits = self._workshop.now(), session.state.status in WAITING
                    goes_on = [Moved(at=now, status=Status.PROCESSING)] if waits else [Resumed(at=now)]
                    await self._set_off(self._going_on(session, paused=False), *goes_on)
            elif status in WAITING and running.processing is not None:
                await running.processing.resume()
            return await self._status(session_id)

    async def retry(self, session_id: str) -> Status:
        """Try the failed files of a session again; returns its status once that is durable."""
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is at rest.")
            async with self._claimed(session_id) as session:
                now, status = self._workshop.now(), session.state.status
                if status not in RETRIABLE:
                    raise WrongMove(f"This session is {status}; only before a commit can it be tried again.")
                if not session.state.errors:
                    raise WrongMove("No file of this session failed; there is nothing to try again.")
                moved, total = Moved(at=now, status=Status.PROCESSING), session.state.errors
                await self._set_off(self._processing(session), moved, Retried(at=now, total=total))
        return Status.PROCESSING

    async def cancel(self, session_id: str) -> Status:
        """Stop a session's processing; returns once that is durable. What it had stays reviewable."""
        async with self._deciding:
            return await self._cancel(session_id)

    async def _cancel(self, session_id: str) -> Status:
        status = await self._status(session_id)
        running = self._running.get(session_id)
        if status in {Status.COMMITTING, Status.UNDOING}:
            what = "committed" if status is Status.COMMITTING else "undone"
            raise WrongMove(f"This session is being {what}, which cannot be cancelled; wait until it is done.")
        if status in AT_REST:
            if status is Status.CANCELLED:
                return status
            raise WrongMove(f"This session is {status} already; there is nothing to cancel.")
        if running is None:
            await self._settle(session_id, Status.CANCELLED)
            return Status.CANCELLED
        await running.halt()
        return running.record.state.status

    async def delete(self, session_id: str) -> None:
        """Forget a session, stopping it first. What it committed stays in the catalog."""
        async with self._deciding:
            shop = self._workshop
            if (running := self._running.get(session_id)) is not None:
                # Its readers are to hear that it was deleted, not that it was cancelled.
                await running.abandon()
            # In this order: cut off in between, the session is still there to be deleted once more. The other way
            # round the catalog would tell of a commit to undo first whose session nobody knows.
            async with self._claimed(session_id):
                await shop.write(shop.catalog.forget, session_id)
                tombstone = await shop.write(shop.journal.delete, session_id, shop.now())
            self._running.pop(session_id, None)
            shop.forgotten(tombstone)

    async def finished(self, session_id: str) -> None:
        """Return once the session is at rest."""
        if running := self._running.get(session_id):
            await running.finished()

    async def recover(self) -> None:
        """Go on with the sessions that a process which is gone left in motion, as far as their folders may be read
        here. Only in a process that is there to work; where several share the journal, again and again.
        """
        shop = self._workshop
        found = await anyio.to_thread.run_sync(shop.journal.sessions_in_motion)
        left = {session.session_id: session for session in found if not self._is_held(session.session_id)}
        free = await anyio.to_thread.run_sync(shop.leases.free, left)
        for session in left.values():
            if session.session_id in free and await self._is_ours_to_do(session):
                # Another process may be quicker, or delete it.
                with suppress(OwnedElsewhere, NotFound):
                    await self._take_over(session.session_id)

    async def _take_over(self, session_id: str) -> None:
        async with self._deciding:
            if self._is_held(session_id):
                return
            async with self._claimed(session_id) as session:
                if session.state.at_rest:
                    return
                is_paused = session.state.status in WAITING
                goes_on = [] if is_paused else [Resumed(at=self._workshop.now())]
                await self._set_off(self._going_on(session, paused=is_paused), *goes_on)

    async def _is_ours_to_do(self, session: Session) -> bool:
        # What is committed or undone reads no folder any more.
        if session.state.status in {Status.COMMITTING, Status.UNDOING}:
            return True
        if await anyio.to_thread.run_sync(self._workshop.may_read, session.parameters):
            return True
        if session.session_id not in self._left_alone:
            self._left_alone.add(session.session_id)
            log.warning("session %s is left as it is: it reads folders outside the roots", session.session_id)
        return False

    @property
    def working_on(self) -> frozenset[str]:
        """The sessions that are worked on here."""
        return frozenset(self._running)

    def give_up(self, session_id: str) -> None:
        """Stop working on a session that another process has taken over, and say nothing more of it. Does not wait for
        the end of that.
        """
        if (running := self._running.get(session_id)) is not None:
            log.warning("session %s was taken over by another process: this one stood still too long", session_id)
            self._tasks.start_soon(self._abandon, running)

    async def _abandon(self, running: Running) -> None:
        await running.abandon()
        # One whose journal failed stays else; and another may have been begun meanwhile.
        if self._running.get(running.session.session_id) is running:
            del self._running[running.session.session_id]

    def _is_held(self, session_id: str) -> bool:
        """Whether this process works on it. Where the database was lost under it, that has ended."""
        running = self._running.get(session_id)
        return running is not None and not running.is_cut_off

    @asynccontextmanager
    async def _claimed(self, session_id: str) -> AsyncIterator[Session]:
        """A session that nobody works on, which nobody else can change meanwhile. It stays ours, unless the block
        raises or leaves it at rest.
        """
        leases = self._workshop.leases
        is_new = await anyio.to_thread.run_sync(leases.claim, session_id)
        try:
            yield await self._session(session_id)
        finally:
            if is_new and session_id not in self._running:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(leases.release, session_id)

    def _in_motion(self, session_id: str) -> bool:
        record = self.record_of(session_id)
        return record is not None and not record.state.at_rest

    async def _session(self, session_id: str) -> Session:
        return await anyio.to_thread.run_sync(self._workshop.journal.session, session_id)

    async def _status(self, session_id: str) -> Status:
        """The newest durable status. Raises NotFound."""
        running = self._running.get(session_id)
        return running.record.state.status if running else (await self._session(session_id)).state.status

    async def _settle(self, session_id: str, status: Status) -> None:
        """Move a session that nobody works on."""
        async with self._claimed(session_id) as session:
            record = self._workshop.record_for(session)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(record.run)
                await record.record(Moved(at=self._workshop.now(), status=status))
                tasks.cancel_scope.cancel()

    async def _set_off(self, running: Running, *first: Fact) -> None:
        self._running[running.session.session_id] = running
        await self._tasks.start(self._live, running, *first)

    async def _live(self, running: Running, *first: Fact, task_status: anyio.abc.TaskStatus[None]) -> None:
        try:
            await running.live(*first, task_status=task_status)
        finally:
            # One whose journal failed is shown as it is until it is deleted or the server ends.
            if not running.is_broken and self._running.get(running.session.session_id) is running:
                del self._running[running.session.session_id]

    def _going_on(self, session: Session, *, paused: bool) -> Running:
        match session.state.status:
            case Status.COMMITTING:
                return self._committing(session)
            case Status.UNDOING:
                return self._undoing(session)
            case _:
                return self._processing(session, paused=paused)

    def _processing(self, session: Session, *, paused: bool = False) -> Running:
        shop, record = self._workshop, self._workshop.record_for(session)
        processing = Processing(record, partial(shop.ingest_for, session, record), shop.now, paused=paused)
        running = Running(session, record, processing.run, shop.now, failed=Status.ERROR, halted=Status.CANCELLED)
        running.processing = processing
        return running

    def _committing(self, session: Session) -> Running:
        shop, record = self._workshop, self._workshop.record_for(session)

        async def commit_session() -> Moved:
            await commit.run(shop.commit_for(session, record))
            if record.state.commit_errors and not record.state.commit_done:
                sentence = (
                    f"None of {record.state.commit_errors} files could be committed; each is listed with its reason."
                )
                return Moved(at=shop.now(), status=Status.COMMIT_ERROR, code="commit_failed", message=sentence)
            return Moved(at=shop.now(), status=Status.COMMITTED)

        return self._after_review(session, record, commit_session)

    def _undoing(self, session: Session) -> Running:
        shop, record = self._workshop, self._workshop.record_for(session)

        async def undo_session() -> Moved:
            await undo.run(shop.commit_for(session, record))
            return Moved(at=shop.now(), status=Status.UNDONE)

        return self._after_review(session, record, undo_session)

    def _after_review(self, session: Session, record: Record, work: Work) -> Running:
        return Running(session, record, work, self._workshop.now, failed=Status.COMMIT_ERROR, halted=None)
