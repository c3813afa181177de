"""One session in motion: its life from a first move until it is at rest again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from anyio.abc import TaskStatus

from tallylight.errors import DatabaseUnusable, LeaseLost, StorageFailed, TallylightError
from tallylight.facts import Fact, Moved
from tallylight.ingest.ports import Now, Record
from tallylight.ingest.processing import Processing
from tallylight.journal import Session
from tallylight.model import Status

log: Final = logging.getLogger(__name__)

#: What to do once the cause is mended.
GO_ON: Final = " `tallylight resume` goes on with this session; nothing that was shown is lost."

#: The same where a server looks for sessions to go on with, as it does on a database that several may share.
GO_ON_BY_ITSELF: Final = (
    " A server then goes on by itself, or `tallylight resume` does; nothing that was shown is lost."
)

#: Does a session's work and says how it ended.
Work = Callable[[], Awaitable[Moved]]


class Running:
    """Runs one piece of work (a processing or a commit) and records how it ended, whatever happens in it.

    Work that fails ends the session in `failed`, work that is halted in `halted` (None: nothing is recorded).
    Where it is journal or catalog that fail (`StorageFailed`), `failed` is only shown: as it is stored, the session
    stays in motion, and goes on once it is resumed.

    Cancelling `live` itself is the server stopping: the session stays in motion in the journal, where the next start
    finds it.
    """

    def __init__(
        self,
        session: Session,
        record: Record,
        work: Work,
        now: Now,
        *,
        failed: Status,
        halted: Status | None,
        is_ours: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.session = session
        self.record = record
        self.processing: Processing | None = None  #: what can be paused of it
        self.is_broken = False  #: journal or catalog failed under it: the journal does not know how it ended
        self.is_cut_off = False  #: and it did so because the database could not be reached
        self._work = work
        self._now = now
        self._failed = failed
        self._halted = halted
        self._is_ours = is_ours
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()

    async def live(self, *first: Fact, task_status: TaskStatus[None]) -> None:
        """Record `first`, report started, do the work, record its end. Raises only before it has started."""
        started = False
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.record.run)
                await self.record.record(*first)
                task_status.started()
                started = True
                if (end := await self._end()) is not None:
                    await self.record.record(end)
                tasks.cancel_scope.cancel()
        except Exception as error:
            cause = innermost(error)
            if not started:
                raise cause from error
            await self._break(cause)
        finally:
            self._done.set()

    async def halt(self) -> None:
        """Stop the work; returns once the session is at rest."""
        self._scope.cancel()
        await self.finished()

    async def abandon(self) -> None:
        """Stop the work and record nothing of it, since the session is about to be forgotten; returns once it has."""
        self._halted = None
        await self.halt()

    async def finished(self) -> None:
        """Return once the session is at rest."""
        await self._done.wait()

    async def _end(self) -> Moved | None:
        try:
            with self._scope:
                return await self._work()
        except Exception as error:
            cause = innermost(error)
            if isinstance(cause, StorageFailed | LeaseLost):
                raise
            # A session that fails must not take the server with it; it is logged and recorded.
            return self._failure(cause)
        return Moved(at=self._now(), status=self._halted) if self._halted else None

    def _failure(self, cause: BaseException) -> Moved:
        if isinstance(cause, TallylightError):
            sentence = f"{cause}{_what_then(cause)}"
            return Moved(at=self._now(), status=self._failed, code=cause.code, message=sentence)
        log.error("session %s failed", self.session.session_id, exc_info=cause)
        sentence = f"Something unforeseen went wrong: {cause!r}. The log has the details; start the session again."
        return Moved(at=self._now(), status=self._failed, code="internal", message=sentence)

    async def _break(self, cause: BaseException) -> None:
        # A process that stood still finds its connection closed before it finds that it owns the session no more.
        if isinstance(cause, LeaseLost) or (self._is_ours is not None and not await self._is_ours()):
            # No failure of the session's: it goes on elsewhere, and who reads it here is told of that from the journal.
            log.warning("session %s: %s", self.session.session_id, cause)
            return
        foreseen = isinstance(cause, TallylightError)
        log.error(
            "journal or catalog failed under session %s: %s",
            self.session.session_id,
            cause,
            exc_info=None if foreseen else cause,
        )
        self.is_broken, self.is_cut_off = True, isinstance(cause, DatabaseUnusable)
        if not self.record.state.at_rest:
            self.record.publish_unsaved(self._failure(cause))


def _what_then(cause: TallylightError) -> str:
    if isinstance(cause, DatabaseUnusable):
        return GO_ON_BY_ITSELF
    return GO_ON if isinstance(cause, StorageFailed) else ""


def innermost(error: BaseException) -> BaseException:
    """The first real cause inside exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
