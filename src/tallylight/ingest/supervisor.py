"""Starts, stops and forgets sessions: every command that changes one goes through here."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup

from tallylight.catalog import Catalog
from tallylight.errors import BadFolder, NotFound, OwnedElsewhere, StorageFailed, WrongMove
from tallylight.facts import WAITING, Fact, Moved, Resumed, Retried, Started, State, check_move, initial
from tallylight.ingest import choosing, commit, diff, pipeline, undo
from tallylight.ingest.commit import Commit
from tallylight.ingest.extract import nsfw
from tallylight.ingest.left import ALONE
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.processing import Processing
from tallylight.ingest.running import Running, Work, innermost
from tallylight.ingest.valve import Valve
from tallylight.journal import Choice, Journal, Session, Tombstone
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
    commit_for: Callable[[Session, Record, bool], Commit]  #: the last: whether it is held to what was shown
    catalog: Catalog
    look: Callable[[str], Awaitable[None]]  #: brings a session's preview up to date
    forgotten: Callable[[Tombstone], None]  #: told after a session was deleted
    may_read: Callable[[Parameters], bool] = lambda _parameters: True  #: whether its folders are ours to read
    may_recheck: Callable[[Parameters], bool] = lambda _parameters: True  #: whether at least one of them is
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

    async def commit(self, session_id: str, preview: str | None = None) -> Status:
        """Begin to commit a session at rest; a committed one stays as it is. Returns its status then.

        `preview` names what was shown; raises PreviewChanged where the commit would not do just that any more.
        """
        if preview is not None and not self._in_motion(session_id):
            await self._look(session_id)
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is completed, or cancel it first.")
            async with self._claimed(session_id) as session:
                match session.state.status:
                    case Status.COMMITTED:
                        return Status.COMMITTED
                    case Status.COMMITTING:
                        await self._go_on(session)
                    case status:
                        _check_rested(status)
                        check_move(status, Status.COMMITTING)
                        await self._check_commit(session, preview)
                        running = self._committing(session, as_shown=preview is not None)
                        await self._set_off(running, Moved(at=self._workshop.now(), status=Status.COMMITTING))
        return Status.COMMITTING

    async def set_aside(self, session_id: str, choice: Choice, *, aside: bool) -> int:
        """Exclude files from the commit of a session, or include them again; returns of how many that was a change.

        Raises WrongMove unless the session is at rest and not committed, and BadParameters as `choosing.set_aside`.
        """
        async with self._deciding:
            choosing.check_may_choose(await self._state(session_id))
            async with self._claimed(session_id):
                await self._look(session_id)
                change = partial(choosing.set_aside, self._workshop.journal, session_id, choice, aside=aside)
                return await self._workshop.write(change)

    async def undo(self, session_id: str) -> Status:
        """Begin to take back what a session committed; one that is undone stays so. Returns its status then.

        Raises WrongMove where a later session built on it, and names that one.
        """
        async with self._deciding:
            if self._in_motion(session_id):
                raise WrongMove("This session is still running; wait until it is at rest.")
            async with self._claimed(session_id) as session:
                match session.state.status:
                    case Status.UNDONE:
                        return Status.UNDONE
                    case Status.UNDOING:
                        await self._go_on(session)
                    case status:
                        _check_rested(status)
                        check_move(status, Status.UNDOING)
                        await self._check_undo(session)
                        moved = Moved(at=self._workshop.now(), status=Status.UNDOING)
                        await self._set_off(self._undoing(session), moved)
        return Status.UNDOING

    async def pause(self, session_id: str) -> Status:
        """Let a session finish what is under way and start nothing new; returns once that is durable."""
        async with self._deciding:
            status = await self._status(session_id)
            if status is Status.PAUSED:
                return status
            check_move(status, Status.PAUSED)
            running = self._at_work(session_id)
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
            running = self._at_work(session_id)
            if status in AT_REST:
                raise WrongMove(f"This session is {status}; only one that is paused or held can be resumed.")
            if running is None:
                async with self._claimed(session_id) as session:
                    await self._go_on(session)
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
                _check_rested(status)
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
        status, running = await self._status(session_id), self._at_work(session_id)
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
            async with self._claimed(session_id):
                # In this order: cut off in between, the session is still there to be deleted once more. The other way
                # round the catalog would tell of a commit to undo first whose session nobody knows.
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
                await self._go_on(session, wakes=False)

    async def _is_ours_to_do(self, session: Session) -> bool:
        if await anyio.to_thread.run_sync(self._may_go_on, session):
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

    def _at_work(self, session_id: str) -> Running | None:
        """Whoever works on a session. Nobody does where the journal failed under it: what is stored counts then."""
        running = self._running.get(session_id)
        return None if running is None or running.is_broken else running

    def _may_go_on(self, session: Session) -> bool:
        match session.state.status:
            case Status.UNDOING:
                # It reads no folder any more.
                return True
            case Status.COMMITTING:
                return self._workshop.may_recheck(session.parameters)
            case _:
                return self._workshop.may_read(session.parameters)

    async def _check_commit(self, session: Session, preview: str | None) -> None:
        shop = self._workshop
        if not await anyio.to_thread.run_sync(shop.may_recheck, session.parameters):
            folders = ", ".join(session.parameters.directories)
            raise BadFolder(
                f"A commit looks at each file once more, but {folders} is outside the folders this server may read;"
                " start it with --root for it."
            )
        if preview is not None:
            standing = await anyio.to_thread.run_sync(shop.journal.previews.standing, session.session_id)
            diff.check_name(preview, standing)

    async def _look(self, session_id: str) -> None:
        await self._workshop.look(session_id)

    async def _state(self, session_id: str) -> State:
        """The newest durable state. Raises NotFound."""
        running = self._at_work(session_id)
        return running.record.state if running else (await self._session(session_id)).state

    def _in_motion(self, session_id: str) -> bool:
        running = self._at_work(session_id)
        return running is not None and not running.record.state.at_rest

    async def _session(self, session_id: str) -> Session:
        return await anyio.to_thread.run_sync(self._workshop.journal.session, session_id)

    async def _status(self, session_id: str) -> Status:
        """The newest durable status. Raises NotFound."""
        return (await self._state(session_id)).status

    async def _check_undo(self, session: Session) -> None:
        """Raise WrongMove where the catalog does not let a session's commit be undone."""
        catalog, session_id = self._workshop.catalog, session.session_id
        undoable = await anyio.to_thread.run_sync(catalog.undoable, session_id)
        later = await anyio.to_thread.run_sync(catalog.overwritten_by, session_id)
        lost = await anyio.to_thread.run_sync(catalog.out_of_reach, session_id)
        undo.check(undoable, later, lost, session.state)

    async def _settle(self, session_id: str, status: Status) -> None:
        """Move a session that nobody works on."""
        try:
            async with self._claimed(session_id) as session:
                record = self._workshop.record_for(session)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(record.run)
                    await record.record(Moved(at=self._workshop.now(), status=status))
                    tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise innermost(group) from group
        # It may have been shown as the one whose journal failed.
        self._running.pop(session_id, None)

    async def _go_on(self, session: Session, *, wakes: bool = True) -> None:
        """Go on with a session that is in motion in the journal, and that nobody works on. One that waits for a word
        takes this for it, unless `wakes` says otherwise.
        """
        shop, now = self._workshop, self._workshop.now()
        if session.session_id in self._running:
            # The storage failed, not the process: what was under way then has ended nothing.
            tries = await anyio.to_thread.run_sync(shop.journal.tries, session.session_id)
            innocent = {number: min(count, ALONE) for number, count in tries.items()}
            await shop.write(shop.journal.count_tries, session.session_id, innocent)
        waits = session.state.status in WAITING
        word = [Moved(at=now, status=Status.PROCESSING)] if wakes else []
        running = self._going_on(session, paused=waits and not wakes)
        await self._set_off(running, *(word if waits else [Resumed(at=now)]))

    async def _set_off(self, running: Running, *first: Fact) -> None:
        session_id = running.session.session_id
        broken = self._running.get(session_id)
        self._running[session_id] = running
        try:
            await self._tasks.start(self._live, running, *first)
        except BaseException:
            if broken is not None:
                self._running[session_id] = broken
            raise

    async def _live(self, running: Running, *first: Fact, task_status: anyio.abc.TaskStatus[None]) -> None:
        try:
            await running.live(*first, task_status=task_status)
        finally:
            # One whose journal failed is shown as it is until it is resumed, cancelled or deleted.
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
        running = Running(
            session,
            record,
            processing.run,
            shop.now,
            failed=Status.ERROR,
            halted=Status.CANCELLED,
            is_ours=partial(self._is_ours, session.session_id),
        )
        running.processing = processing
        return running

    def _committing(self, session: Session, *, as_shown: bool = False) -> Running:
        shop, record = self._workshop, self._workshop.record_for(session)

        async def commit_session() -> Moved:
            await commit.run(shop.commit_for(session, record, as_shown))
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
            await undo.run(shop.commit_for(session, record, False))
            return Moved(at=shop.now(), status=Status.UNDONE)

        return self._after_review(session, record, undo_session)

    def _after_review(self, session: Session, record: Record, work: Work) -> Running:
        is_ours = partial(self._is_ours, session.session_id)
        return Running(
            session, record, work, self._workshop.now, failed=Status.COMMIT_ERROR, halted=None, is_ours=is_ours
        )

    async def _is_ours(self, session_id: str) -> bool:
        """Whether no other process works on a session. Where the database does not say, none does."""
        try:
            return session_id in await anyio.to_thread.run_sync(self._workshop.leases.free, [session_id])
        except StorageFailed:
            return True


def _check_rested(status: Status) -> None:
    """Raise WrongMove where a session that nobody works on is not at rest: the end of the process, or of the storage,
    cut it off.
    """
    if status in {Status.COMMITTING, Status.UNDOING}:
        raise WrongMove(f"This session was cut off while it was {status}; resume it first.")
    if status not in AT_REST:
        raise WrongMove(f"This session is {status}, and nobody works on it; resume it, or cancel it, first.")
