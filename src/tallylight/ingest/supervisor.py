"""Starts, stops and forgets sessions: every command that changes one goes through here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.abc import TaskGroup

from tallylight.catalog import Catalog
from tallylight.errors import WrongMove
from tallylight.facts import Fact, Moved, Started, check_move, initial
from tallylight.ingest import commit, pipeline, undo
from tallylight.ingest.commit import Commit
from tallylight.ingest.extract import nsfw
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.running import Running, Work
from tallylight.journal import Journal, Session, Tombstone
from tallylight.model import Parameters, Status

INTERRUPTED: Final = "The server stopped in the middle of this session. What it had is kept; start it again to go on."
COMMIT_INTERRUPTED: Final = "The server stopped in the middle of this commit. Commit again: nothing is added twice."
UNDO_INTERRUPTED: Final = "The server stopped in the middle of this undo. Undo again: it goes on where it was."
#: How a session that an earlier process left in motion is settled.
_SETTLED: Final = {
    Status.COMMITTING: (Status.COMMIT_ERROR, COMMIT_INTERRUPTED),
    Status.UNDOING: (Status.COMMIT_ERROR, UNDO_INTERRUPTED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the supervisor is given; `*_for` set up one session's record and work."""

    journal: Journal
    write: Write
    now: Now
    new_epoch: Callable[[], str]
    record_for: Callable[[Session], Record]
    ingest_for: Callable[[Session, Record], pipeline.Ingest]
    commit_for: Callable[[Session, Record], Commit]
    catalog: Catalog
    forgotten: Callable[[Tombstone], None]  #: told after a session was deleted


class Supervisor:
    """The sessions in motion of this process. Call it on the event loop; a command returns once its first move is
    durable.
    """

    def __init__(self, workshop: Workshop, tasks: TaskGroup) -> None:
        self._workshop = workshop
        self._tasks = tasks
        self._running: dict[str, Running] = {}
        # A commit and a delete first look and then act; two at once would both act on what they both saw.
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
        record = shop.record_for(session)
        running = Running(
            session,
            record,
            self._processing(session, record),
            shop.now,
            failed=Status.ERROR,
            halted=Status.CANCELLED,
        )
        await self._set_off(running, Started(at=shop.now()))
        return session

    async def commit(self, session_id: str) -> Status:
        """Begin to commit a session at rest; a committed one stays as it is. Returns its status then."""
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is completed, or cancel it first.")
            session = await self._session(session_id)
            if session.state.status is Status.COMMITTED:
                return Status.COMMITTED
            check_move(session.state.status, Status.COMMITTING)
            shop, record = self._workshop, self._workshop.record_for(session)
            running = Running(
                session, record, self._committing(session, record), shop.now, failed=Status.COMMIT_ERROR, halted=None
            )
            await self._set_off(running, Moved(at=shop.now(), status=Status.COMMITTING))
        return Status.COMMITTING

    async def undo(self, session_id: str) -> Status:
        """Begin to take back what a session committed; one that is undone stays so. Returns its status then.

        Raises WrongMove where a later session built on it, and names that one.
        """
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is at rest.")
            session = await self._session(session_id)
            if session.state.status is Status.UNDONE:
                return Status.UNDONE
            check_move(session.state.status, Status.UNDOING)
            shop, record = self._workshop, self._workshop.record_for(session)
            work = shop.commit_for(session, record)
            undoable = await anyio.to_thread.run_sync(work.catalog.undoable, session_id)
            later = await anyio.to_thread.run_sync(work.catalog.overwritten_by, session_id)
            undo.check(undoable, later, session.state.commit_done)
            running = Running(session, record, self._undoing(work), shop.now, failed=Status.COMMIT_ERROR, halted=None)
            await self._set_off(running, Moved(at=shop.now(), status=Status.UNDOING))
        return Status.UNDOING

    async def cancel(self, session_id: str) -> Status:
        """Stop a session's processing; returns once that is durable. What it had stays reviewable."""
        running = self._running.get(session_id)
        status = running.record.state.status if running else (await self._session(session_id)).state.status
        if status in {Status.COMMITTING, Status.UNDOING}:
            what = "committed" if status is Status.COMMITTING else "undone"
            raise WrongMove(f"This session is being {what}, which cannot be cancelled; wait until it is done.")
        if running is None or running.record.state.at_rest:
            if status is Status.CANCELLED:
                return status
            raise WrongMove(f"This session is {status} already; there is nothing to cancel.")
        await running.halt()
        return running.record.state.status

    async def delete(self, session_id: str) -> None:
        """Forget a session, stopping it first. What it committed stays in the catalog."""
        async with self._deciding:
            shop = self._workshop
            if (running := self._running.get(session_id)) is not None:
                # Its readers are to hear that it was deleted, not that it was cancelled.
                await running.abandon()
            tombstone = await shop.write(shop.journal.delete, session_id, shop.now())
            await shop.write(shop.catalog.forget, session_id)
            self._running.pop(session_id, None)
            shop.forgotten(tombstone)

    async def finished(self, session_id: str) -> None:
        """Return once the session is at rest."""
        if running := self._running.get(session_id):
            await running.finished()

    async def recover(self) -> None:
        """Settle the sessions that an earlier process left in motion. Call it before anything else."""
        shop = self._workshop
        for session in await anyio.to_thread.run_sync(shop.journal.sessions_in_motion):
            status, why = _SETTLED.get(session.state.status, (Status.ERROR, INTERRUPTED))
            move = Moved(at=shop.now(), status=status, code="interrupted", message=why)
            async with anyio.create_task_group() as tasks:
                record = shop.record_for(session)
                tasks.start_soon(record.run)
                await record.record(move)
                tasks.cancel_scope.cancel()

    def _in_motion(self, session_id: str) -> bool:
        record = self.record_of(session_id)
        return record is not None and not record.state.at_rest

    async def _session(self, session_id: str) -> Session:
        return await anyio.to_thread.run_sync(self._workshop.journal.session, session_id)

    async def _set_off(self, running: Running, first: Fact) -> None:
        self._running[running.session.session_id] = running
        await self._tasks.start(self._live, running, first)

    async def _live(self, running: Running, first: Fact, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        try:
            await running.live(first, task_status=task_status)
        finally:
            # One whose journal failed is shown as it is until it is deleted or the server ends.
            if not running.is_broken and self._running.get(running.session.session_id) is running:
                del self._running[running.session.session_id]

    def _processing(self, session: Session, record: Record) -> Work:
        shop = self._workshop

        async def process() -> Moved:
            await record.record(Moved(at=shop.now(), status=Status.PROCESSING))
            await pipeline.run(shop.ingest_for(session, record))
            return Moved(at=shop.now(), status=Status.COMPLETED)

        return process

    def _committing(self, session: Session, record: Record) -> Work:
        shop = self._workshop

        async def commit_session() -> Moved:
            await commit.run(shop.commit_for(session, record))
            if record.state.commit_errors and not record.state.commit_done:
                sentence = (
                    f"None of {record.state.commit_errors} files could be committed; each is listed with its reason."
                )
                return Moved(at=shop.now(), status=Status.COMMIT_ERROR, code="commit_failed", message=sentence)
            return Moved(at=shop.now(), status=Status.COMMITTED)

        return commit_session

    def _undoing(self, work: Commit) -> Work:
        async def undo_session() -> Moved:
            await undo.run(work)
            return Moved(at=work.now(), status=Status.UNDONE)

        return undo_session
