"""Which failed files a retry is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tallylight.errors import BadParameters, WrongMove
from tallylight.facts import Retried
from tallylight.journal import Item, Journal
from tallylight.model import OutcomeKind, Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """Those with one of these reasons and one of these numbers; what is empty asks for nothing."""

    codes: tuple[Reason, ...] = ()
    seqs: tuple[int, ...] = ()

    @classmethod
    def of(cls, journal: Journal, session_id: str, retry_seq: int) -> Wanted:
        """Those of the retry that began with the fact of this number."""
        _, fact = next(journal.facts(session_id, after=retry_seq - 1))
        return cls(fact.codes, fact.seqs) if isinstance(fact, Retried) else EVERY

    def __contains__(self, item: Item) -> bool:
        has_code = not self.codes or item.outcome.code in self.codes
        return has_code and (not self.seqs or item.seq in self.seqs)

    def count(self, journal: Journal, session_id: str) -> int:
        """How many there are. Raises BadParameters for a number that is no failed file's, and WrongMove where there is
        none at all.
        """
        if self.seqs:
            count = sum(_failed(journal, session_id, seq) in self for seq in self.seqs)
        else:
            reasons = journal.failures(session_id)
            count = sum(many for code, many in reasons.items() if not self.codes or code in self.codes)
        if not count:
            raise WrongMove("No file of this session failed like that; there is nothing to try again.")
        return count


#: All that failed.
EVERY: Final = Wanted()


def _failed(journal: Journal, session_id: str, seq: int) -> Item:
    found = journal.items(session_id, kind=OutcomeKind.FAILED, after=seq - 1, limit=1)
    if not found or found[0].seq != seq:
        raise BadParameters(f"Item {seq} of this session is no file that failed; its items list has the numbers.")
    return found[0]
