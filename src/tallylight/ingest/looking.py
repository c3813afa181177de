"""Works out what a commit would do with each file of a session, a batch at a time, and keeps it in the journal.

Done once while a session runs, and anew when the catalog has changed since, so that whoever asks waits for nothing but
one page. A batch is read on any thread and stored by the one that writes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from anyio import to_thread
from anyio.abc import TaskGroup

from tallylight.catalog import Catalog, CommitItem, Known, Rated, digest_of
from tallylight.errors import TallylightError
from tallylight.ingest.agreement import agree
from tallylight.ingest.moved import moves
from tallylight.ingest.ports import Write
from tallylight.ingest.preview import classify
from tallylight.ingest.storing import as_stored
from tallylight.journal import Choice, Journal, Previewed, Session, Standing
from tallylight.journal.previews import Decided, Sketch
from tallylight.model import ConflictRule, Effect, Outcome, OutcomeKind, Status
from tallylight.roots import NO_ROOTS, Roots, absolute

log: Final = logging.getLogger(__name__)

#: Outcomes in one transaction: large enough to be fast, small enough that facts which are to be shown do not wait.
BATCH: Final = 1000
#: How often everything is looked at in one go.
MOST_LOOKS: Final = 2
#: What a commit did, or is doing, stays as it was shown: looked at anew, everything would be unchanged.
DECIDED: Final = frozenset({Status.COMMITTING, Status.COMMITTED, Status.UNDOING})


_MAY_HAVE_MOVED: Final = Choice(effects=(Effect.DUPLICATE.value, Effect.MOVED.value))


@dataclass(frozen=True, slots=True)
class Look:
    """What was read for one batch."""

    session_id: str
    since: Standing
    version: int  #: of the catalog, where everything is to be looked at anew; else 0
    sketches: Sequence[Sketch] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    elsewhere: frozenset[int] = frozenset()  #: numbers of those whose content the catalog has at another path
    rewritten: frozenset[int] = frozenset()  #: of those that have their old bytes, and something else changed
    disputed: frozenset[int] = frozenset()  #: of those on which somebody disagrees


@dataclass(frozen=True, slots=True)
class LookForMoves:
    """All files were looked at: which of them have moved shows only now."""

    session_id: str
    since: Standing
    moved: Sequence[Decided]  #: and those that have not, though it was thought so
    missing: int


async def bring_up_to_date(
    journal: Journal, catalog: Catalog, roots: Roots, session_id: str, write: Write, *, anew: bool = False
) -> None:
    """Look at whatever was not looked at yet, or at all of it where the catalog has changed since. With `anew`, also of
    a session whose commit has begun.

    Whether files have moved is asked of the disk, in the session's directories and in `roots`. A catalog that changes
    all the time is not run after: what it was at the second look is close enough.
    """
    looks = 0
    while (look := await to_thread.run_sync(_next, journal, catalog, roots, session_id, anew)) is not None:
        looks += isinstance(look, Look) and look.version > 0
        if looks > MOST_LOOKS:
            return
        await write(_store, journal, look)


def look_at_all(journal: Journal, catalog: Catalog, session_id: str, roots: Roots = NO_ROOTS) -> None:
    """The same where there is no event loop. Blocking, and it writes."""
    while (look := _next(journal, catalog, roots, session_id, False)) is not None:
        _store(journal, look)


def is_up_to_date(journal: Journal, catalog: Catalog, session_id: str) -> bool:
    """Whether everything that has an outcome was looked at, and the catalog has not changed since."""
    standing = journal.previews.standing(session_id)
    if not standing.version or journal.previews.is_behind(session_id):
        return False
    state = journal.session(session_id).state
    if state.status in DECIDED or not state.at_rest:
        return True
    return standing.moves_known and standing.version == catalog.version()


def _next(journal: Journal, catalog: Catalog, roots: Roots, session_id: str, anew: bool) -> Look | LookForMoves | None:
    """What is to be stored next; None where there is nothing."""
    session, standing = journal.session(session_id), journal.previews.standing(session_id)
    if not standing.version:
        return Look(session_id, standing, catalog.version())
    sketches = journal.previews.sketches(session_id, after=standing.until, limit=BATCH)
    if sketches:
        return _read(journal, catalog, session, standing, sketches)
    # While it runs, new outcomes come first: a catalog that changes all the time would hold them up for ever.
    if not anew and (session.state.status in DECIDED or not session.state.at_rest):
        return None
    if standing.version != catalog.version():
        return Look(session_id, standing, catalog.version())
    return None if standing.moves_known else _look_for_moves(journal, catalog, roots, session, standing)


def _read(journal: Journal, catalog: Catalog, session: Session, since: Standing, sketches: Sequence[Sketch]) -> Look:
    extracted = {absolute(one.root, one.file): one for one in sketches if one.kind is OutcomeKind.EXTRACTED}
    paths = list(extracted)
    known, rated = catalog.known(paths), catalog.ratings(paths)
    held = catalog.hashes([one.sha256 for path, one in extracted.items() if one.sha256 and path not in known])
    same = [
        one.seq
        for path, one in extracted.items()
        if classify(outcome_of(one), known.get(path), seen=False) is Effect.UNCHANGED
    ]
    outcomes = _outcomes(journal, session.session_id, {*same, *(extracted[path].seq for path in rated)})
    return Look(
        session_id=session.session_id,
        since=since,
        version=0,
        sketches=sketches,
        known=known,
        elsewhere=frozenset(one.seq for one in extracted.values() if one.sha256 in held),
        rewritten=_rewritten(journal, catalog, session, {seq: outcomes[seq] for seq in same if seq in outcomes}),
        disputed=_disputed(session, extracted, outcomes, rated),
    )


def _outcomes(journal: Journal, session_id: str, seqs: set[int]) -> dict[int, Outcome]:
    return {item.seq: item.outcome for item in journal.previews.items(session_id, sorted(seqs))}


def _rewritten(journal: Journal, catalog: Catalog, session: Session, outcomes: Mapping[int, Outcome]) -> frozenset[int]:
    """Those of which a commit would store something else than what is stored."""
    texts = journal.previews.text_names(session.session_id, list(outcomes))
    items = [CommitItem(seq, absolute(one.root, one.file), one, texts.get(seq, ())) for seq, one in outcomes.items()]
    stored = catalog.digests([item.path for item in items])
    ready = as_stored(catalog, session.parameters.conflict_rule, items)
    return frozenset(item.seq for item in ready if digest_of(item) != stored.get(item.path))


def _disputed(
    session: Session, extracted: Mapping[str, Sketch], outcomes: Mapping[int, Outcome], rated: Mapping[str, Rated]
) -> frozenset[int]:
    own = {one.seq for one in extracted.values() if one.has_conflicts}
    rule = session.parameters.conflict_rule
    with_catalog = {
        extracted[path].seq
        for path, said in rated.items()
        if (outcome := outcomes.get(extracted[path].seq)) is not None and agree(outcome, said, rule).conflicts
    }
    return frozenset(own | with_catalog)


def _look_for_moves(
    journal: Journal, catalog: Catalog, roots: Roots, session: Session, since: Standing
) -> LookForMoves:
    found = moves(journal, catalog, session.session_id, roots)
    moved: list[Decided] = []
    if found.before or since.files.get(Effect.MOVED):
        rule, after = session.parameters.conflict_rule, 0
        while page := journal.previews.page(session.session_id, _MAY_HAVE_MOVED, after=after, limit=BATCH):
            moved += _moved(catalog, rule, page, found.before)
            after = page[-1].item.seq
    return LookForMoves(session.session_id, since, moved, found.missing)


def _moved(
    catalog: Catalog, rule: ConflictRule, page: Sequence[Previewed], before: Mapping[str, str]
) -> Iterator[Decided]:
    """Those of which something else is to be stored than is."""
    paths = [absolute(one.item.outcome.root, one.item.outcome.file) for one in page]
    # What was said of a file that has moved is known by its old path.
    rated = catalog.ratings([before[path] for path in paths if path in before])
    for one, path in zip(page, paths, strict=True):
        past = before.get(path)
        if past == one.moved_from:
            continue
        effect = Effect.MOVED if past is not None else Effect.DUPLICATE
        conflicts = agree(one.item.outcome, rated.get(past or ""), rule).conflicts
        yield Decided(one.item.seq, effect.value, bool(conflicts), past)


def _store(journal: Journal, look: Look | LookForMoves) -> None:
    if isinstance(look, LookForMoves):
        _store_moves(journal, look)
        return
    previews = journal.previews
    if look.version:
        previews.restart(look.session_id, look.version)
        return
    hashed = {
        one.seq: one.sha256 for one in look.sketches if one.kind is OutcomeKind.EXTRACTED and one.sha256 is not None
    }
    first = previews.first_of(look.session_id, hashed)
    decided = [_decided(look, one, came_before=first.get(one.seq, one.seq) < one.seq) for one in look.sketches]
    gone = [one.retries for one in look.sketches if one.retries]
    # Where somebody else was quicker, the next look begins from what they left.
    previews.settle(look.session_id, decided, gone=gone, since=look.since, until=look.sketches[-1].seq)


def _store_moves(journal: Journal, look: LookForMoves) -> None:
    journal.previews.settle_moves(look.session_id, look.moved, since=look.since, missing=look.missing)


def _decided(look: Look, one: Sketch, *, came_before: bool) -> Decided:
    known = look.known.get(absolute(one.root, one.file))
    effect = classify(outcome_of(one), known, seen=came_before or one.seq in look.elsewhere)
    if one.seq in look.rewritten:
        effect = Effect.CHANGED
    return Decided(one.seq, effect.value, one.seq in look.disputed)


def outcome_of(sketch: Sketch) -> Outcome:
    """As much of the outcome as the sketch has."""
    return Outcome(
        root=sketch.root,
        file=sketch.file,
        kind=sketch.kind,
        bytes=sketch.bytes,
        mtime_ns=sketch.mtime_ns,
        sha256=sketch.sha256,
    )


class Looker:
    """Keeps previews up to date in the background. Call it on the event loop."""

    def __init__(self, journal: Journal, catalog: Catalog, roots: Roots, write: Write, tasks: TaskGroup) -> None:
        self._journal = journal
        self._catalog = catalog
        self._roots = roots
        self._write = write
        self._tasks = tasks
        self._looking: set[str] = set()
        self._seen: dict[str, int] = {}  #: outcomes since the last look, by session

    def note(self, session_id: str, outcomes: int) -> None:
        """A session has so many more outcomes; 0 where it is through."""
        seen = self._seen.pop(session_id, 0) + outcomes
        if outcomes and seen < BATCH:
            self._seen[session_id] = seen
        else:
            self.look(session_id)

    def look(self, session_id: str) -> None:
        """Begin to bring a preview up to date, if nobody is at it."""
        if session_id not in self._looking:
            self._looking.add(session_id)
            self._tasks.start_soon(self._look, session_id)

    async def look_now(self, session_id: str) -> None:
        """Return once the preview is up to date. Raises NotFound."""
        await bring_up_to_date(self._journal, self._catalog, self._roots, session_id, self._write)

    async def _look(self, session_id: str) -> None:
        try:
            await self.look_now(session_id)
        except TallylightError as error:
            # Deleted meanwhile, or a disk that is full: whoever asks for the preview is told.
            log.warning("the preview of session %s is not up to date: %s", session_id, error)
        except Exception:
            log.exception("the preview of session %s is not up to date", session_id)
        finally:
            self._looking.discard(session_id)
