"""What a session found, in numbers and samples: one pass over its facts, memory bounded by the limits below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from heapq import nlargest
from itertools import islice
from typing import Any, Final

from tallylight.catalog import Catalog
from tallylight.facts import Fact, FolderUnread, Processed, State
from tallylight.ingest.diff import as_told
from tallylight.ingest.facets import SessionFacets
from tallylight.ingest.moved import moves
from tallylight.ingest.preview import Preview, Tally
from tallylight.journal import Item, Journal, Session
from tallylight.messages import view
from tallylight.model import Json, OutcomeKind
from tallylight.roots import NO_ROOTS, Roots

MOST_FAILURES: Final = 1_000
MOST_CONFLICTS: Final = 1_000
MOST_SAMPLES: Final = 48
MOST_SLOWEST: Final = 5
MOST_KEYWORDS: Final = 8

_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file that failed, or a folder that could not be read."""

    seq: int
    root: str | None  #: the directory asked for; None for a folder, whose fact does not tell
    file: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A field of a file on which sources, or a source and the catalog, disagree."""

    seq: int
    root: str
    file: str
    field: str
    rule: str
    chosen: Any
    values: list[Json]  #: {value, source, at} of each, the chosen one first


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One extracted file, as far as a glance needs it."""

    seq: int
    root: str
    file: str
    bytes: int
    type: str | None
    format: str | None
    width: int | None
    height: int | None
    score: int | None
    favourite: bool | None
    keywords: tuple[str, ...]
    sha256: str | None
    has_thumbnail: bool
    nsfw_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """The files of one suffix."""

    extracted: int = 0
    failed: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A file that took long."""

    seq: int
    file: str
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Where the time went. `ms` are spent in workers, which run side by side, so they may add up to more than
    `elapsed_s`.
    """

    elapsed_s: float
    files_per_s: float | None
    ms_total: float
    ms_mean: float | None
    slowest: tuple[Slow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told of a session. Counts are those of its message, as they are now."""

    session_id: str
    status: str
    progress: int  #: percent
    created_at: float
    started_at: float
    ended_at: float | None
    made_at: float  #: wall time at which the report was made; a session in motion goes on
    error: Json | None  #: {code, message} of a session that failed as a whole
    parameters: Json
    counts: Json
    preview: Preview
    by_type: dict[str, int] = field(default_factory=dict)  #: extracted files by suffix without dot, most first
    types: dict[str, TypeCount] = field(default_factory=dict)  #: the same in full, failed files included
    facets: Json = field(default_factory=dict)  #: what `SessionFacets` tells of the extracted files
    by_reason: dict[str, int] = field(default_factory=dict)  #: failures by reason code, most first
    durations: Durations
    failures: tuple[Failure, ...] = ()  #: the first `MOST_FAILURES`
    failures_left_out: int = 0
    folders_unread: tuple[Failure, ...] = ()
    folders_unread_left_out: int = 0
    conflicts: tuple[Conflict, ...] = ()  #: the first `MOST_CONFLICTS`
    conflicts_left_out: int = 0
    samples: tuple[Sample, ...] = ()  #: spread evenly over what was extracted

    def as_json(self) -> Json:
        return asdict(self)


def report(
    journal: Journal,
    catalog: Catalog,
    session_id: str,
    now: float,
    samples: int = MOST_SAMPLES,
    roots: Roots = NO_ROOTS,
) -> Report:
    """The report of a session as it stands. Blocking and as long as the session: call it in a thread.

    `now` is wall time. Raises NotFound for an unknown session.
    """
    session = journal.session(session_id)
    found = _Found(session.state.processed - session.state.errors, samples)
    tally = Tally(catalog, session.parameters.conflict_rule, moves(journal, catalog, session_id, roots))
    # Facts written after the state was read would make the parts disagree.
    last, retried = session.state.seq, journal.retried(session_id)
    facts = (each for each in islice(journal.facts(session_id), last) if retried.get(each[0], last + 1) > last)
    for page in _pages(facts):
        found.add(page)
        items = [Item(seq, fact.at, fact.outcome) for seq, fact in page if isinstance(fact, Processed)]
        found.add_conflicts(items, tally.add([item.outcome for item in items]))
    # Where the preview is up to date, it says the same and more: of files with their old bytes, whether anything else
    # of them would change.
    told = as_told(journal, catalog, session_id) or tally.preview(session.state)
    return _report(session, found, told, now)


def _report(session: Session, found: _Found, preview: Preview, now: float) -> Report:
    state = session.state
    message = view(state, now)
    return Report(
        session_id=session.session_id,
        status=state.status.value,
        progress=message["progress"],
        created_at=session.created_at,
        started_at=state.started_at,
        ended_at=state.ended_at,
        made_at=now,
        error=message.get("error"),
        parameters=session.parameters.as_json(),
        counts=message["stats"],
        preview=preview,
        by_type=dict(found.extracted.most_common()),
        types=found.types(),
        facets=found.facets.told(),
        by_reason=dict(found.reasons.most_common()),
        durations=_durations(state, found, now),
        failures=tuple(found.failures),
        failures_left_out=found.failed.total() - len(found.failures),
        folders_unread=tuple(found.unread),
        folders_unread_left_out=found.unread_count - len(found.unread),
        conflicts=tuple(found.conflicts),
        conflicts_left_out=found.conflict_count - len(found.conflicts),
        samples=tuple(found.samples),
    )


class _Found:
    """What the facts so far add up to, beyond what the state keeps."""

    def __init__(self, extracted: int, samples: int) -> None:
        self.extracted: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.facets = SessionFacets()
        self.reasons: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self.unread: list[Failure] = []
        self.unread_count = 0
        self.conflicts: list[Conflict] = []
        self.conflict_count = 0
        self.samples: list[Sample] = []
        self.slowest: list[Slow] = []
        self.ms = 0.0
        self._position = 0  #: among the extracted
        self._sampled = frozenset(spread(extracted, samples))

    def add(self, page: Sequence[tuple[int, Fact]]) -> None:
        for seq, fact in page:
            if isinstance(fact, Processed):
                self._add_outcome(Item(seq, fact.at, fact.outcome))
            elif isinstance(fact, FolderUnread):
                self._add_folder(seq, fact)
        slow = (Slow(seq=s, file=f.outcome.file, ms=f.outcome.ms) for s, f in page if isinstance(f, Processed))
        self.slowest = nlargest(MOST_SLOWEST, [*self.slowest, *slow], key=lambda each: each.ms)

    def add_conflicts(self, items: Sequence[Item], conflicts: Sequence[tuple[Json, ...]]) -> None:
        """Those of each of these items, as a commit would settle them."""
        for item, entries in zip(items, conflicts, strict=True):
            self.conflict_count += len(entries)
            fitting = entries[: MOST_CONFLICTS - len(self.conflicts)]
            self.conflicts += [_conflict(item, entry) for entry in fitting]

    def types(self) -> dict[str, TypeCount]:
        files = self.extracted + self.failed
        return {
            suffix: TypeCount(extracted=self.extracted[suffix], failed=self.failed[suffix], bytes=self.bytes[suffix])
            for suffix, _ in files.most_common()
        }

    def _add_outcome(self, item: Item) -> None:
        outcome = item.outcome
        suffix = suffix_of(outcome.file)
        self.bytes[suffix] += outcome.bytes
        self.ms += outcome.ms
        if outcome.kind is OutcomeKind.FAILED:
            self.failed[suffix] += 1
            self._add_failure(item)
            return
        if self._position in self._sampled:
            self.samples.append(_sample(item))
        self._position += 1
        self.facets.count(outcome)
        self.extracted[suffix] += 1

    def _add_failure(self, item: Item) -> None:
        outcome = item.outcome
        code = outcome.code.value if outcome.code else "failed"
        self.reasons[code] += 1
        if len(self.failures) < MOST_FAILURES:
            failure = Failure(seq=item.seq, root=outcome.root, file=outcome.file, code=code, message=outcome.message)
            self.failures.append(failure)

    def _add_folder(self, seq: int, fact: FolderUnread) -> None:
        self.unread_count += 1
        if len(self.unread) < MOST_FAILURES:
            self.unread.append(Failure(seq=seq, root=None, file=fact.file, code=fact.code, message=fact.message))


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` positions among `count`, as far apart as they can be, the first included."""
    taken = min(count, wanted)
    return [position * count // taken for position in range(taken)]


def suffix_of(file: str) -> str:
    """The suffix of a name, in lower case and without dot; discovery finds no file without one."""
    return file.rpartition(".")[2].lower()


def _conflict(item: Item, entry: Json) -> Conflict:
    return Conflict(seq=item.seq, root=item.outcome.root, file=item.outcome.file, **entry)


def _sample(item: Item) -> Sample:
    outcome = item.outcome
    media = outcome.media
    return Sample(
        seq=item.seq,
        root=outcome.root,
        file=outcome.file,
        bytes=outcome.bytes,
        type=media.get("type"),
        format=media.get("format"),
        width=media.get("width"),
        height=media.get("height"),
        score=outcome.score,
        favourite=outcome.favourite,
        keywords=tuple(keyword["text"] for keyword in outcome.keywords[:MOST_KEYWORDS]),
        sha256=outcome.sha256,
        has_thumbnail=outcome.has_thumbnail,
        nsfw_score=outcome.nsfw_score,
    )


def _durations(state: State, found: _Found, now: float) -> Durations:
    end = state.ended_at if state.ended_at is not None else now
    elapsed_s = max(0.0, end - state.started_at) if state.started_at else 0.0
    return Durations(
        elapsed_s=round(elapsed_s, 1),
        files_per_s=round(state.processed / elapsed_s, 1) if elapsed_s > 0 else None,
        ms_total=round(found.ms, 1),
        ms_mean=round(found.ms / state.processed, 1) if state.processed else None,
        slowest=tuple(found.slowest),
    )


def _pages(facts: Iterable[tuple[int, Fact]]) -> Iterator[list[tuple[int, Fact]]]:
    facts = iter(facts)
    while page := list(islice(facts, _PAGE)):
        yield page
