"""Takes back what a session committed, batch by batch, with progress of its own."""

from __future__ import annotations

from tallylight.errors import WrongMove
from tallylight.facts import State, Undone, UndoPlanned
from tallylight.ingest.commit import BATCH, Commit


async def run(undo: Commit) -> None:
    """Put the catalog back as it was before the session's commit, but for what a later session wrote that cannot be
    undone any more. One that was cut off goes on where it was.

    Cancelling it stops between two batches; what was put back stays so.
    """
    left = await undo.write(undo.catalog.undoable, undo.session_id)
    state = undo.record.state
    if not state.undo_total:
        kept = await undo.write(undo.catalog.out_of_reach, undo.session_id)
        await undo.record.record(UndoPlanned(at=undo.now(), total=left, kept=kept))
    elif (ahead := state.undo_total - left - state.undo_done) > 0:
        # The batch that was put back as the process ended, before anybody was told.
        await undo.record.record(Undone(at=undo.now(), done=ahead))
    while done := await undo.write(undo.catalog.undo, undo.session_id, BATCH):
        await undo.record.record(Undone(at=undo.now(), done=done))


def check(undoable: int, overwritten_by: dict[str, int], out_of_reach: int, state: State) -> None:
    """Raise WrongMove where a commit cannot be undone, and say why. Pure."""
    if overwritten_by:
        session_id, count = max(overwritten_by.items(), key=lambda entry: entry[1])
        raise WrongMove(
            f"Session {session_id} was committed later and wrote {count:,} of the same files; undo that one first."
        )
    if undoable or not state.commit_done or state.undo_total:
        # One that was cut off after its last file has nothing left to put back, and still has to say that it is done.
        return
    if out_of_reach:
        raise WrongMove(
            "All that this session committed was written again by later sessions that are deleted;"
            " the catalog stays as those left it."
        )
    raise WrongMove("This commit changed nothing that could be put back, or was made by an earlier version.")
