"""Facts, and the state they fold into.

A fact is one entry of a session's journal: it happened, it has a number (`seq`, from 1, no gaps) and it never
changes. `reduce` folds facts into the state; it is pure, so the same facts give the same state in the recorder, after
a restart and in a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Final

from tallylight.errors import WrongMove
from tallylight.model import AT_REST, FolderFound, Haul, Json, Outcome, OutcomeKind, Parameters, Reason, Status

#: The allowed moves: from each status, where a session may go next.
MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.STARTING: frozenset({Status.PROCESSING, Status.PAUSED, Status.CANCELLED, Status.ERROR}),
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.PAUSED, Status.HELD, Status.CANCELLED, Status.ERROR}),
    Status.PAUSED: frozenset({Status.PROCESSING, Status.CANCELLED, Status.ERROR}),
    Status.HELD: frozenset({Status.PROCESSING, Status.CANCELLED, Status.ERROR}),
    Status.COMPLETED: frozenset({Status.PROCESSING, Status.COMMITTING}),
    Status.CANCELLED: frozenset({Status.PROCESSING, Status.COMMITTING}),
    Status.ERROR: frozenset({Status.PROCESSING, Status.COMMITTING}),
    Status.COMMITTING: frozenset({Status.COMMITTED, Status.COMMIT_ERROR}),
    Status.COMMITTED: frozenset({Status.UNDOING}),
    Status.COMMIT_ERROR: frozenset({Status.COMMITTING, Status.UNDOING}),
    Status.UNDOING: frozenset({Status.UNDONE, Status.COMMIT_ERROR}),
    Status.UNDONE: frozenset({Status.COMMITTING}),
}

#: Nothing is worked on, though the session is not at rest: it waits for a word.
WAITING: Final = frozenset({Status.PAUSED, Status.HELD})

#: Troubles kept in the state; the journal has them all.
RECENT_TROUBLES = 5
#: The code of a trouble that is a refused commit, not a failed extraction.
COMMIT_FAILED = "commit_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The session began. Always fact number 1."""

    at: float  #: wall time, seconds since 1970; so in every fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """Discovery found this many more: `files` to process, `unchanged` skipped as known, `excluded` by pattern or
    max_files.
    """

    at: float
    files: int = 0
    bytes: int = 0  #: of `files`
    unchanged: int = 0
    excluded: int = 0
    missing: int = 0  #: not there: in no other count
    found: int = 0  #: marked as missing until now, and there: in one of the other counts too
    haul: Haul | None = None  #: the files themselves, for the queue; a journal gives the fact back without it
    folders: tuple[FolderFound, ...] = ()  #: those that it was through with; a journal keeps them beside the fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Discovery is over: the totals are final."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUnread:
    """A folder could not be listed, so what it holds is in no count."""

    at: float
    file: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """A candidate has its outcome (extracted or failed)."""

    at: float
    outcome: Outcome
    number: int = 0  #: the candidate's place in the queue; 0 of a retry, and in journals of before there was a queue
    retries: int = 0  #: the number of the failed outcome in whose place this one counts; 0 of a first try


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """So many failed files are tried again. Each stays failed until its new outcome."""

    at: float
    total: int
    codes: tuple[Reason, ...] = ()  #: only those that failed for one of these reasons
    seqs: tuple[int, ...] = ()  #: only those whose outcomes have these numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A process goes on with what an earlier one left in motion. The time in between does not count as worked."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The session's status changed; a failing one says why."""

    at: float
    status: Status
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlanned:
    """A commit began: this many items go to the catalog."""

    at: float
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A batch is in the catalog (`done`), some items were refused (`failures`: file and reason)."""

    at: float
    done: int
    failures: tuple[tuple[str, str], ...] = ()
    until: int = 0  #: the number of the last item that was looked at: a commit that is cut off goes on after it


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlanned:
    """An undo began: what stood at this many paths comes back."""

    at: float
    total: int
    kept: int = 0  #: paths that stay as they are: a later session wrote them that cannot be undone any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """So many more paths are as they were before the commit."""

    at: float
    done: int


#: What happens to a session after its review.
Aftermath = CommitPlanned | Committed | UndoPlanned | Undone
Fact = Started | Discovered | Counted | FolderUnread | Processed | Retried | Resumed | Moved | Aftermath


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure as it is shown: when, which file, the reason code, a sentence."""

    at: float
    file: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the facts so far add up to. Counts are those of the glossary."""

    session_id: str
    seq: int = 0  #: number of the newest fact
    at: float = 0.0  #: wall time of the newest fact
    status: Status = Status.STARTING
    started_at: float = 0.0
    ended_at: float | None = None  #: when processing ended
    idle_s: float = 0.0  #: since `started_at`, seconds in which nobody worked on it
    total_final: bool = False
    is_doubted: bool = False  #: it was held, and nobody has confirmed that the folders are as they should be
    is_confirmed: bool = False  #: somebody has: it is not held again
    files: int = 0
    unchanged: int = 0
    excluded: int = 0
    missing: int = 0
    found: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    processed: int = 0
    metadata_extracted: int = 0
    keywords_added: int = 0
    scores_imported: int = 0
    nsfw_detected: int = 0
    errors: int = 0
    retry_seq: int = 0  #: number of the fact that began the retry; 0 while none runs
    retry_total: int = 0
    retry_done: int = 0
    troubles: tuple[Trouble, ...] = ()
    last_file: str = ""
    code: str = ""  #: why the session failed
    message: str = ""
    commit_total: int = 0
    commit_done: int = 0
    commit_errors: int = 0
    commit_until: int = 0  #: the number of the newest item that the running commit has looked at
    commit_started_at: float | None = None  #: when the running commit or undo began
    undo_total: int = 0
    undo_done: int = 0
    undo_kept: int = 0  #: paths that the undo leaves as they are, out of its reach
    #: The threshold of this session's parameters, here so that the fold needs nothing else.
    nsfw_threshold: float = 0.5

    @property
    def at_rest(self) -> bool:
        return self.status in AT_REST

    @property
    def knows_missing(self) -> bool:
        """Whether what it did not find is really gone: it has looked everywhere, and if that was doubted, it was
        confirmed.
        """
        return self.total_final and not self.is_doubted

    def as_json(self) -> Json:
        # Not `asdict`, which copies each number by way of a deep copy: every append asks for this.
        body: Json = {name: getattr(self, name) for name in self.__slots__}
        return body | {"troubles": [asdict(trouble) for trouble in self.troubles]}

    @classmethod
    def from_json(cls, body: Json) -> State:
        troubles = tuple(Trouble(**trouble) for trouble in body["troubles"])
        return cls(**{**body, "status": Status(body["status"]), "troubles": troubles})


def without_names(state: State) -> State:
    """The state with its counts and without anything that names a file: what may outlive a deleted session."""
    return replace(state, last_file="", troubles=(), code="", message="")


def initial(session_id: str, parameters: Parameters) -> State:
    """The state before any fact."""
    return State(session_id=session_id, nsfw_threshold=parameters.nsfw_threshold)


def reduce_all(state: State, facts: Iterable[Fact]) -> State:
    """Fold several facts, oldest first: as `reduce` does one by one, with one copy of the state for outcomes that come
    in a row.
    """
    for are_outcomes, run in groupby(facts, lambda fact: isinstance(fact, Processed)):
        if are_outcomes:
            state = _processed(state, run)  # type: ignore[arg-type]
        else:
            for fact in run:
                state = reduce(state, fact)
    return state


def reduce(state: State, fact: Fact) -> State:
    """Fold one fact. Raises WrongMove for a status change that `MOVES` does not allow; every other fact is accepted."""
    if isinstance(fact, Processed):
        return _processed(state, (fact,))
    before = state.at
    state = replace(state, seq=state.seq + 1, at=max(state.at, fact.at))
    match fact:
        case Discovered():
            return replace(
                state,
                files=state.files + fact.files,
                bytes_total=state.bytes_total + fact.bytes,
                unchanged=state.unchanged + fact.unchanged,
                excluded=state.excluded + fact.excluded,
                missing=state.missing + fact.missing,
                found=state.found + fact.found,
            )
        case Moved():
            return _moved(state, fact, before)
        case FolderUnread():
            return replace(state, troubles=_with(state, Trouble(fact.at, fact.file, fact.code, fact.message)))
        case Counted():
            return replace(state, total_final=True)
        case Started() | Retried() | Resumed():
            return _begun(state, fact, before)
        case _:
            return _after_review(state, fact)


def check_move(current: Status, wanted: Status) -> None:
    """Raise WrongMove unless a session in `current` may go to `wanted`."""
    if wanted not in MOVES[current]:
        raise WrongMove(f"A session that is {current} cannot become {wanted}.")


def _processed(state: State, facts: Iterable[Processed]) -> State:
    # Hundreds of outcomes come at once, and a copy of the state takes as long as counting ten of them.
    at, last_file, troubles = state.at, state.last_file, state.troubles
    count = size = again = errors = read = keywords = scores = nsfw = 0
    for fact in facts:
        outcome = fact.outcome
        at, last_file = max(at, fact.at), outcome.file
        count += 1
        if fact.retries:
            # Counted as processed before, and as failed.
            again += 1
            errors -= 1
            troubles = tuple(trouble for trouble in troubles if trouble.file != outcome.file)
        else:
            size += outcome.bytes
        if outcome.kind is OutcomeKind.FAILED:
            errors += 1
            trouble = Trouble(fact.at, outcome.file, outcome.code or "failed", outcome.message)
            troubles = (*troubles, trouble)[-RECENT_TROUBLES:]
            continue
        read += "width" in outcome.media and "height" in outcome.media
        keywords += len(outcome.keywords)
        scores += outcome.score is not None
        nsfw += outcome.nsfw_score is not None and outcome.nsfw_score >= state.nsfw_threshold
    return replace(
        state,
        seq=state.seq + count,
        at=at,
        processed=state.processed + count - again,
        retry_done=state.retry_done + again,
        bytes_done=state.bytes_done + size,
        last_file=last_file,
        errors=state.errors + errors,
        troubles=troubles,
        metadata_extracted=state.metadata_extracted + read,
        keywords_added=state.keywords_added + keywords,
        scores_imported=state.scores_imported + scores,
        nsfw_detected=state.nsfw_detected + nsfw,
    )


def _moved(state: State, fact: Moved, before: float) -> State:
    check_move(state.status, fact.status)
    if state.status in WAITING:
        state = replace(state, idle_s=state.idle_s + max(0.0, fact.at - before))
    if fact.status is Status.HELD:
        state = replace(state, is_doubted=True)
    elif state.status is Status.HELD and fact.status is Status.PROCESSING:
        state = replace(state, is_doubted=False, is_confirmed=True)
    if fact.status in {Status.COMMITTING, Status.UNDOING}:
        state = replace(state, status=fact.status, commit_started_at=fact.at, code="", message="")
        # An undo that stopped half-way goes on where it was.
        return state if fact.status is Status.UNDOING else _uncommitted(state)
    if fact.status in AT_REST:
        state = replace(state, retry_seq=0, retry_total=0, retry_done=0)
    elif state.ended_at is not None:
        state = replace(state, idle_s=state.idle_s + max(0.0, fact.at - state.ended_at), ended_at=None)
    ended_at = fact.at if state.ended_at is None and fact.status in AT_REST else state.ended_at
    return replace(state, status=fact.status, ended_at=ended_at, code=fact.code, message=fact.message)


def _begun(state: State, fact: Started | Retried | Resumed, before: float) -> State:
    match fact:
        case Started():
            return replace(state, started_at=fact.at)
        case Retried():
            return replace(state, retry_seq=state.seq, retry_total=fact.total, retry_done=0)
        case Resumed():
            return _resumed(state, fact, before)


def _resumed(state: State, fact: Resumed, before: float) -> State:
    if state.status in WAITING:
        return state
    pause = max(0.0, fact.at - before)
    if state.commit_started_at is not None and state.status in {Status.COMMITTING, Status.UNDOING}:
        return replace(state, commit_started_at=state.commit_started_at + pause)
    return replace(state, idle_s=state.idle_s + pause)


def _uncommitted(state: State) -> State:
    state = replace(state, commit_total=0, commit_done=0, commit_errors=0, commit_until=0)
    return replace(state, undo_total=0, undo_done=0, undo_kept=0)


def _after_review(state: State, fact: Aftermath) -> State:
    match fact:
        case CommitPlanned():
            return replace(_uncommitted(state), commit_total=fact.total)
        case Committed():
            return _committed(state, fact)
        case UndoPlanned():
            return replace(state, undo_total=fact.total, undo_done=0, undo_kept=fact.kept)
        case Undone():
            return replace(state, undo_done=state.undo_done + fact.done)


def _committed(state: State, fact: Committed) -> State:
    for file, message in fact.failures:
        state = replace(state, troubles=_with(state, Trouble(fact.at, file, COMMIT_FAILED, message)))
    return replace(
        state,
        commit_done=state.commit_done + fact.done,
        commit_errors=state.commit_errors + len(fact.failures),
        commit_until=max(state.commit_until, fact.until),
    )


def _with(state: State, trouble: Trouble) -> tuple[Trouble, ...]:
    return (*state.troubles, trouble)[-RECENT_TROUBLES:]
