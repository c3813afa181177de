"""Which failed files a retry is for."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from tallylight.errors import BadParameters, WrongMove
from tallylight.facts import Retried
from tallylight.journal import Item, Journal
from tallylight.model import OutcomeKind, Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """Those with one of these reasons and one of these numbers; what is empty asks for nothing."""

    codes: frozenset[Reason] = frozenset()
    seqs: frozenset[int] = frozenset()

    @classmethod
    def of(cls, journal: Journal, session_id: str, retry_seq: int) -> Wanted:
        """Those of the retry that began with the fact of this number."""
        _, fact = next(journal.facts(session_id, after=retry_seq - 1))
        return cls(frozenset(fact.codes), frozenset(fact.seqs)) if isinstance(fact, Retried) else EVERY

    def __contains__(self, item: Item) -> bool:
        has_code = not self.codes or item.outcome.code in self.codes
        return has_code and (not self.seqs or item.seq in self.seqs)

    def count(self, journal: Journal, session_id: str) -> int:
        """How many there are. Raises BadParameters for a number that is no failed file's, and WrongMove where there is
        none at all.
        """
        if self.seqs:
            count = sum(item in self for item in _failed(journal, session_id, self.seqs))
        else:
            reasons = journal.failures(session_id)
            count = sum(many for code, many in reasons.items() if not self.codes or code in self.codes)
        if not count:
            raise WrongMove("No file of this session failed like that; there is nothing to try again.")
        return count


#: All that failed.
EVERY: Final = Wanted()


def _failed(journal: Journal, session_id: str, seqs: Set[int]) -> list[Item]:
    replaced = journal.retried(session_id)
    found = journal.previews.items(session_id, sorted(seqs))
    failed = [item for item in found if item.outcome.kind is OutcomeKind.FAILED and item.seq not in replaced]
    if others := seqs - {item.seq for item in failed}:
        raise BadParameters(
            f"Item {min(others)} of this session is no file that failed; its items list has the numbers."
        )
    return failed
