"""What may be done with a session that nobody works on: each check raises a sentence that says what to do instead."""

from __future__ import annotations

from typing import Final

from anyio import to_thread

from tallylight.errors import BadFolder, WrongMove
from tallylight.facts import State, check_move
from tallylight.ingest import diff, undo
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Session
from tallylight.model import AT_REST, Status

#: At rest, and not committed yet.
RETRIABLE: Final = frozenset({Status.COMPLETED, Status.CANCELLED, Status.ERROR})


def check_rested(status: Status) -> None:
    """Raise WrongMove where a session that nobody works on is not at rest: the end of the process, or of the storage,
    cut it off.
    """
    if status in {Status.COMMITTING, Status.UNDOING}:
        raise WrongMove(f"This session was cut off while it was {status}; resume it first.")
    if status not in AT_REST:
        raise WrongMove(f"This session is {status}, and nobody works on it; resume it, or cancel it, first.")


def check_retry(state: State) -> None:
    """Raise WrongMove unless the session is at rest, not committed, and has failed files."""
    check_rested(state.status)
    if state.status not in RETRIABLE:
        raise WrongMove(f"This session is {state.status}; only before a commit can it be tried again.")
    if not state.errors:
        raise WrongMove("No file of this session failed; there is nothing to try again.")


def check_cancel(status: Status) -> None:
    """Raise WrongMove where there is nothing to cancel, or where it cannot be."""
    if status in {Status.COMMITTING, Status.UNDOING}:
        what = "committed" if status is Status.COMMITTING else "undone"
        raise WrongMove(f"This session is being {what}, which cannot be cancelled; wait until it is done.")
    if status in AT_REST:
        raise WrongMove(f"This session is {status} already; there is nothing to cancel.")


async def check_commit(shop: Workshop, session: Session, preview: str | None) -> None:
    """Raise WrongMove where the session cannot be committed from its status, BadFolder where its files cannot be looked
    at once more, and PreviewChanged where the preview of this name is not what a commit would do.
    """
    check_rested(session.state.status)
    check_move(session.state.status, Status.COMMITTING)
    if not await to_thread.run_sync(shop.may_recheck, session.parameters):
        folders = ", ".join(session.parameters.directories)
        raise BadFolder(
            f"A commit looks at each file once more, but {folders} is outside the folders this server may read;"
            " start it with --root for it."
        )
    if preview is not None:
        standing = await to_thread.run_sync(shop.journal.previews.standing, session.session_id)
        diff.check_name(preview, standing)


async def check_undo(shop: Workshop, session: Session) -> None:
    """Raise WrongMove where the session has committed nothing, or the catalog does not let it be undone."""
    check_rested(session.state.status)
    check_move(session.state.status, Status.UNDOING)
    catalog, session_id = shop.catalog, session.session_id
    undoable = await to_thread.run_sync(catalog.undoable, session_id)
    later = await to_thread.run_sync(catalog.overwritten_by, session_id)
    lost = await to_thread.run_sync(catalog.out_of_reach, session_id)
    undo.check(undoable, later, lost, session.state)
