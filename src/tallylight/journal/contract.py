"""What every journal promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tallylight.facts import Fact, State
from tallylight.model import FolderFound, Haul, Outcome, OutcomeKind, Parameters, RawText, Reason

if TYPE_CHECKING:
    from tallylight.journal.previews import Previews

#: Tombstones are kept for so many seconds, and at most so many of them: a reader that was away for longer is not told.
TOMBSTONE_AGE: Final = 86_400.0
MOST_TOMBSTONES: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as the journal keeps it."""

    session_id: str  #: UUID, as text
    epoch: str  #: 6 characters of [a-z0-9]; the first half of every id its stream gives out
    created_at: float  #: wall time
    parameters: Parameters
    state: State  #: the fold of its facts so far
    tally: int = 0  #: the journal's counter at its newest write: shared-stream cursors compare it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is kept of a deleted session for a while, so that readers who were away can be told of its end."""

    session_id: str
    epoch: str
    state: State  #: its last one, `without_names`
    deleted_at: float  #: wall time
    tally: int  #: of its deletion


@dataclass(frozen=True, slots=True)
class Item:
    """An outcome with its number. `outcome.texts` is empty here; `Journal.texts` has them."""

    seq: int
    at: float  #: wall time of its fact
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class StoredText:
    """One raw text of an item, inflated."""

    key: str
    text: str


def check_new(session: Session, facts: Sequence[Fact]) -> None:
    """Raise ValueError unless the session's state may be what these facts, its first ones, fold into."""
    if session.state.seq != len(facts):
        raise ValueError(f"A new session with {len(facts)} facts has its state at seq {len(facts)}.")


class Journal(Protocol):
    """The durable record of sessions. Plain synchronous calls: the caller decides on which thread.

    Writes (`create`, `append`, `take`, `count_tries`, `delete`, `remember_boot`) come from one thread at a time; reads
    from any thread at any time, each seeing whole writes only. A write that has returned survives the death of the
    process. An unknown session raises `NotFound`.
    """

    @property
    def epoch(self) -> str:
        """Of the journal itself, made with it: the first half of shared-stream cursors."""
        ...

    @property
    def previews(self) -> Previews:
        """What commits of its sessions would do."""
        ...

    def tally(self) -> int:
        """A counter that every write raises by one: the newest shared-stream cursor."""
        ...

    def remember_boot(self, boot_id: str) -> bool:
        """Store the machine's boot id; True when it differs from the stored one. The first one differs from nothing.

        A restart may have been a power cut that cost the newest writes, so ids and cursors given out may run ahead of
        the journal: when True, `epoch` and the epochs of all sessions not at rest have been renewed in the same write.
        The tally stays: no cursor of before counts any more.
        """
        ...

    def create(self, session: Session, facts: Sequence[Fact] = ()) -> None:
        """Add a session with its first facts, all or nothing. `session.state` is what they fold into: ValueError where
        it stands at another number, or the session's id is taken.

        `session.tally` is not read: the journal sets it.
        """
        ...

    def append(self, session_id: str, facts: Sequence[Fact], state: State) -> int:
        """Add facts after the newest one, and the state they fold into, all or nothing. Returns the tally of this
        write. An outcome that retries another counts in its place from then on. The hauls that facts bring along are
        kept until the session is at rest, the folders as long as the session; of one that is told twice, the first word
        counts.

        `state.seq` must be the stored seq plus the number of facts; else ValueError and nothing is written.
        """
        ...

    def take(self, session_id: str, until: int) -> None:
        """Note that workers may be on candidates with numbers up to this one from now on; 0: on none. Nobody is told:
        the tally stays.
        """
        ...

    def count_tries(self, session_id: str, tries: Mapping[int, int]) -> None:
        """Set how often each of these candidates was under way when the process ended, and `take` none, in one
        write.
        """
        ...

    def hauls(self, session_id: str) -> Iterator[Haul]:
        """What its discovery brought, oldest first. None of a session at rest."""
        ...

    def folders(self, session_id: str) -> Iterator[FolderFound]:
        """What it found in each folder that it was through with, in no order."""
        ...

    def paths(self, session_id: str) -> Iterator[str]:
        """The absolute, escaped paths of the files that have an outcome, in no order; some more than once."""
        ...

    def hashed(self, session_id: str) -> Iterator[tuple[str, str]]:
        """The absolute, escaped path and the SHA-256 of each extracted file that has one, in the order of their
        outcomes; of a file that was retried, only the newest.
        """
        ...

    def numbers(self, session_id: str) -> Iterator[int]:
        """Of the candidates that have an outcome, in no order."""
        ...

    def taken(self, session_id: str) -> int:
        """The newest `take`; 0 before the first."""
        ...

    def tries(self, session_id: str) -> dict[int, int]:
        """The tries of each candidate by its number, where there were any. None of a session at rest."""
        ...

    def session(self, session_id: str) -> Session: ...

    def sessions(self, *, limit: int = 100, before: float | None = None) -> list[Session]:
        """Newest first by `created_at`; `before` pages on."""
        ...

    def sessions_since(self, tally: int) -> list[Session]:
        """Those with a write after `tally`, in the order of their newest writes."""
        ...

    def sessions_in_motion(self) -> list[Session]:
        """Those not at rest, oldest first."""
        ...

    def facts(self, session_id: str, after: int = 0) -> Iterator[tuple[int, Fact]]:
        """Its facts with their numbers, oldest first, without gaps. Outcomes come without their texts."""
        ...

    def items(
        self,
        session_id: str,
        *,
        kind: OutcomeKind | None = None,
        code: Reason | None = None,
        conflicts: bool = False,
        after: int = 0,
        limit: int = 100,
    ) -> list[Item]:
        """Its outcomes numbered above `after`, in order; those of one kind, with one `Outcome.remark`, or on which
        sources disagreed, alone. Of a file that was retried, only the newest.
        """
        ...

    def failures(self, session_id: str) -> dict[Reason, int]:
        """How many of its files failed for which reason, the most frequent first. Of a file that was retried, only the
        newest outcome counts.
        """
        ...

    def contents(self, session_id: str) -> Iterator[str]:
        """The SHA-256 of each outcome's bytes, where it has one; some more than once."""
        ...

    def retried(self, session_id: str) -> dict[int, int]:
        """The numbers of outcomes in whose place a newer one counts, and of that one."""
        ...

    def item(self, session_id: str, seq: int) -> Item:
        """One outcome; NotFound where that fact is none."""
        ...

    def texts(self, session_id: str, seq: int) -> list[StoredText]:
        """The raw embedded texts of one outcome."""
        ...

    def raw_texts(self, session_id: str, seqs: Sequence[int]) -> dict[int, list[RawText]]:
        """The same for several outcomes, still compressed: what a commit copies. Outcomes without texts are absent."""
        ...

    def delete(self, session_id: str, at: float) -> Tombstone:
        """Forget a session with its facts, outcomes and texts no other outcome has, and leave its tombstone, all or
        nothing. `at` is wall time: tombstones that are older than `TOMBSTONE_AGE` by then are cleared away.
        """
        ...

    def tombstone(self, session_id: str) -> Tombstone:
        """That of a deleted session; NotFound where there is none, or none any more."""
        ...

    def tombstones_since(self, tally: int) -> list[Tombstone]:
        """Those of sessions deleted after `tally`, in the order of their deletion."""
        ...
