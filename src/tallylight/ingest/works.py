"""The three kinds of work on a session, each ready to run: its processing, its commit, and the undo of that."""

from __future__ import annotations

from functools import partial

from anyio import to_thread

from tallylight.errors import StorageFailed
from tallylight.facts import Moved
from tallylight.ingest import commit, undo
from tallylight.ingest.ports import Record
from tallylight.ingest.processing import Processing
from tallylight.ingest.running import Running, Work
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Session
from tallylight.model import Status


def going_on(shop: Workshop, session: Session, *, paused: bool) -> Running:
    """Whatever a session that is in motion was at."""
    match session.state.status:
        case Status.COMMITTING:
            return committing(shop, session)
        case Status.UNDOING:
            return undoing(shop, session)
        case _:
            return processing(shop, session, paused=paused)


def processing(shop: Workshop, session: Session, *, paused: bool = False) -> Running:
    """`paused`: nothing starts before it is resumed."""
    record = shop.record_for(session)
    own = Processing(record, partial(shop.ingest_for, session, record), shop.now, paused=paused)
    running = Running(
        session,
        record,
        own.run,
        shop.now,
        failed=Status.ERROR,
        halted=Status.CANCELLED,
        is_ours=partial(_is_ours, shop, session.session_id),
    )
    running.processing = own
    return running


def committing(shop: Workshop, session: Session, *, as_shown: bool = False) -> Running:
    """`as_shown`: what the preview says was agreed to, whatever the catalog has become since."""
    record = shop.record_for(session)

    async def commit_session() -> Moved:
        await commit.run(shop.commit_for(session, record, as_shown))
        if record.state.commit_errors and not record.state.commit_done:
            sentence = f"None of {record.state.commit_errors} files could be committed; each is listed with its reason."
            return Moved(at=shop.now(), status=Status.COMMIT_ERROR, code="commit_failed", message=sentence)
        return Moved(at=shop.now(), status=Status.COMMITTED)

    return _after_review(shop, session, record, commit_session)


def undoing(shop: Workshop, session: Session) -> Running:
    """What the session committed is taken back."""
    record = shop.record_for(session)

    async def undo_session() -> Moved:
        await undo.run(shop.commit_for(session, record, False))
        return Moved(at=shop.now(), status=Status.UNDONE)

    return _after_review(shop, session, record, undo_session)


def _after_review(shop: Workshop, session: Session, record: Record, work: Work) -> Running:
    is_ours = partial(_is_ours, shop, session.session_id)
    return Running(session, record, work, shop.now, failed=Status.COMMIT_ERROR, halted=None, is_ours=is_ours)


async def _is_ours(shop: Workshop, session_id: str) -> bool:
    """Whether no other process works on a session. Where the database does not say, none does."""
    try:
        return session_id in await to_thread.run_sync(shop.leases.free, [session_id])
    except StorageFailed:
        return True
