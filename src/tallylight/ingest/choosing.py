"""Which files a commit leaves alone because somebody said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tallylight.errors import BadParameters, WrongMove
from tallylight.facts import State
from tallylight.ingest.diff import STORED, TO_COMMIT
from tallylight.ingest.looking import DECIDED
from tallylight.journal import Choice, Journal, Previewed
from tallylight.model import Status

#: Numbers in one command; whoever has more can say it by a filter.
MOST_SEQS: Final = 500

_MAY_CHOOSE: Final = frozenset({Status.COMPLETED, Status.CANCELLED, Status.ERROR, Status.COMMIT_ERROR, Status.UNDONE})


def check_may_choose(state: State) -> None:
    """Raise WrongMove where files can no longer, or not yet, be set aside."""
    if state.status in _MAY_CHOOSE:
        return
    if state.status in DECIDED:
        raise WrongMove(f"This session is {state.status}; files can be set aside only before a commit.")
    raise WrongMove(f"This session is {state.status}; wait until everything was looked at, then set files aside.")


def set_aside(journal: Journal, session_id: str, choice: Choice, *, aside: bool) -> int:
    """Exclude the files of a choice from the commit, or include them again; returns of how many that was a change.

    A choice of effects, codes, folders or names takes those of its files that a commit would store. BadParameters where
    a number that was given is of no such file: that cannot have been meant.
    """
    check_may_choose(journal.session(session_id).state)
    stored = TO_COMMIT.effects
    if choice.seqs:
        if len(choice.seqs) > MOST_SEQS:
            raise BadParameters(f"Give at most {MOST_SEQS} numbers at a time, or a filter.")
        found = journal.previews.page(session_id, Choice(seqs=choice.seqs), limit=len(choice.seqs))
        _check_seqs(choice.seqs, found)
    wanted = tuple(effect for effect in choice.effects if effect in stored) if choice.effects else stored
    if not wanted:
        raise BadParameters(
            f"A commit stores only files that are {', '.join(stored)}; the others are left alone anyway."
        )
    return journal.previews.set_aside(session_id, replace(choice, effects=wanted), aside=aside)


def _check_seqs(seqs: Sequence[int], found: Sequence[Previewed]) -> None:
    effects = {one.item.seq: one.effect for one in found}
    for seq in seqs:
        if seq not in effects:
            raise BadParameters(f"This session's preview has no file number {seq}; its pages have the numbers.")
        if effects[seq] not in STORED:
            raise BadParameters(f"File number {seq} is {effects[seq]}: a commit leaves it alone anyway.")
