"""Starts, stops and forgets sessions: every command that changes one goes through here."""

from __future__ import annotations

import uuid
from functools import partial

import anyio
from anyio.abc import TaskGroup

from tallylight.errors import WrongMove
from tallylight.facts import WAITING, Moved, Retried, Started, check_move, initial, reduce
from tallylight.ingest import choosing, works
from tallylight.ingest.checks import check_cancel, check_commit, check_retry, check_undo
from tallylight.ingest.extract import nsfw
from tallylight.ingest.in_motion import InMotion
from tallylight.ingest.ports import Record
from tallylight.ingest.recovery import Recovery
from tallylight.ingest.retrying import EVERY, Wanted
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Choice, Session
from tallylight.model import AT_REST, Parameters, Status


class Supervisor:
    """The sessions in motion of this process. Call it on the event loop; a command returns once its first move is
    durable. Where several processes share the journal, a command to a session that another one works on raises
    OwnedElsewhere.
    """

    def __init__(self, workshop: Workshop, tasks: TaskGroup) -> None:
        self._workshop = workshop
        self._motion = InMotion(workshop, tasks)
        self._recovery = Recovery(workshop, self._motion)

    # --- what is going on ---------------------------------------------------------------------------------------------

    @property
    def working_on(self) -> frozenset[str]:
        """The sessions that are worked on here."""
        return self._motion.sessions

    def record_of(self, session_id: str) -> Record | None:
        """The record of a session in motion, whose state is the newest; None where the journal tells it all."""
        return self._motion.record_of(session_id)

    async def finished(self, session_id: str) -> None:
        """Return once the session is at rest."""
        await self._motion.finished(session_id)

    async def recover(self) -> None:
        """Go on with the sessions that a process which is gone left in motion, as far as their folders may be read
        here. Only in a process that is there to work; where several share the journal, again and again.
        """
        await self._recovery.recover()

    def give_up(self, session_id: str) -> None:
        """Stop working on a session that another process has taken over, and say nothing more of it. Does not wait for
        the end of that.
        """
        self._motion.give_up(session_id)

    # --- processing ---------------------------------------------------------------------------------------------------

    async def start(self, parameters: Parameters) -> Session:
        """Begin a session. The parameters' directories must have passed `Roots.folder`. Raises BadParameters for what
        this installation cannot do. Where the journal cannot be written it raises that, and there is no session.
        """
        if parameters.enable_nsfw_detection:
            await anyio.to_thread.run_sync(nsfw.demand)
        shop, session_id, begun = self._workshop, str(uuid.uuid4()), Started(at=self._workshop.now())
        session = Session(
            session_id=session_id,
            epoch=shop.new_epoch(),
            created_at=begun.at,
            parameters=parameters,
            state=reduce(initial(session_id, parameters), begun),
        )
        # In one write: where it fails there is no session, rather than one that nobody works on.
        await shop.write(shop.journal.create, session, [begun])
        await self._motion.set_off(works.processing(shop, session))
        return session

    async def pause(self, session_id: str) -> Status:
        """Let a session finish what is under way and start nothing new; returns once that is durable."""
        motion = self._motion
        async with motion.deciding:
            status = await motion.status(session_id)
            if status is Status.PAUSED:
                return status
            check_move(status, Status.PAUSED)
            running = motion.at_work(session_id)
            if running is None:
                await motion.settle(session_id, Status.PAUSED)
            elif running.processing is not None:
                await running.processing.pause()
        return Status.PAUSED

    async def resume(self, session_id: str) -> Status:
        """Go on with a session that is paused, or that an earlier process left in motion, and confirm one that is held;
        returns its status then.
        """
        motion = self._motion
        async with motion.deciding:
            status = await motion.status(session_id)
            running = motion.at_work(session_id)
            if status in AT_REST:
                raise WrongMove(f"This session is {status}; only one that is paused or held can be resumed.")
            if running is None:
                async with motion.claimed(session_id) as session:
                    await self._recovery.go_on(session)
            elif status in WAITING and running.processing is not None:
                await running.processing.resume()
            return await motion.status(session_id)

    async def cancel(self, session_id: str) -> Status:
        """Stop a session's processing; returns once that is durable. What it had stays reviewable."""
        motion = self._motion
        async with motion.deciding:
            status, running = await motion.status(session_id), motion.at_work(session_id)
            if status is Status.CANCELLED:
                return status
            check_cancel(status)
            if running is None:
                await motion.settle(session_id, Status.CANCELLED)
                return Status.CANCELLED
            await running.halt()
            return running.record.state.status

    async def retry(self, session_id: str, wanted: Wanted = EVERY) -> Status:
        """Try the failed files of a session again, or those of them that are wanted; returns its status once that is
        durable. Raises BadParameters for a number that is no failed file's.
        """
        shop, motion = self._workshop, self._motion
        async with motion.deciding:
            self._check_nobody_works("wait until it is at rest.", session_id)
            async with motion.claimed(session_id) as session:
                check_retry(session.state)
                total = await anyio.to_thread.run_sync(wanted.count, shop.journal, session_id)
                now = shop.now()
                moved = Moved(at=now, status=Status.PROCESSING)
                retried = Retried(
                    at=now, total=total, codes=tuple(sorted(wanted.codes)), seqs=tuple(sorted(wanted.seqs))
                )
                await motion.set_off(works.processing(shop, session), moved, retried)
        return Status.PROCESSING

    # --- after the review ---------------------------------------------------------------------------------------------

    async def set_aside(self, session_id: str, choice: Choice, *, aside: bool) -> int:
        """Exclude files from the commit of a session, or include them again; returns of how many that was a change.

        Raises WrongMove unless the session is at rest and not committed, and BadParameters as `choosing.set_aside`.
        """
        shop, motion = self._workshop, self._motion
        async with motion.deciding:
            choosing.check_may_choose(await motion.state(session_id))
            async with motion.claimed(session_id):
                await shop.look(session_id)
                change = partial(choosing.set_aside, shop.journal, session_id, choice, aside=aside)
                return await shop.write(change)

    async def commit(self, session_id: str, preview: str | None = None) -> Status:
        """Begin to commit a session at rest; a committed one stays as it is. Returns its status then.

        `preview` names what was shown; raises PreviewChanged where the commit would not do just that any more.
        """
        shop, motion = self._workshop, self._motion
        if preview is not None and not motion.is_moving(session_id):
            await shop.look(session_id)
        async with motion.deciding:
            self._check_nobody_works("wait until it is completed, or cancel it first.", session_id)
            async with motion.claimed(session_id) as session:
                match session.state.status:
                    case Status.COMMITTED:
                        return Status.COMMITTED
                    case Status.COMMITTING:
                        await self._recovery.go_on(session)
                    case _:
                        await check_commit(shop, session, preview)
                        running = works.committing(shop, session, as_shown=preview is not None)
                        await motion.set_off(running, Moved(at=shop.now(), status=Status.COMMITTING))
        return Status.COMMITTING

    async def undo(self, session_id: str) -> Status:
        """Begin to take back what a session committed; one that is undone stays so. Returns its status then.

        Raises WrongMove where a later session built on it, and names that one.
        """
        shop, motion = self._workshop, self._motion
        async with motion.deciding:
            self._check_nobody_works("wait until it is at rest.", session_id)
            async with motion.claimed(session_id) as session:
                match session.state.status:
                    case Status.UNDONE:
                        return Status.UNDONE
                    case Status.UNDOING:
                        await self._recovery.go_on(session)
                    case _:
                        await check_undo(shop, session)
                        moved = Moved(at=shop.now(), status=Status.UNDOING)
                        await motion.set_off(works.undoing(shop, session), moved)
        return Status.UNDOING

    async def delete(self, session_id: str) -> None:
        """Forget a session, stopping it first. What it committed stays in the catalog."""
        shop, motion = self._workshop, self._motion
        async with motion.deciding:
            # Its readers are to hear that it was deleted, not that it was cancelled.
            await motion.abandon(session_id)
            async with motion.claimed(session_id):
                # In this order: cut off in between, the session is still there to be deleted once more. The other way
                # round the catalog would tell of a commit to undo first whose session nobody knows.
                await shop.write(shop.catalog.forget, session_id)
                tombstone = await shop.write(shop.journal.delete, session_id, shop.now())
            motion.drop(session_id)
            shop.forgotten(tombstone)

    def _check_nobody_works(self, what_then: str, session_id: str) -> None:
        if self._motion.is_moving(session_id):
            raise WrongMove(f"This session is still running; {what_then}")
