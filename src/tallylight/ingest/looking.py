"""Works out what a commit would do with each file of a session, a batch at a time, and keeps it in the journal.

Done once while a session runs, and anew when the catalog has changed since, so that whoever asks waits for nothing but
one page. A batch is read on any thread and stored by the one that writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from anyio import to_thread

from tallylight.catalog import Catalog, CommitItem, Known, Rated, digest_of
from tallylight.ingest.agreement import agree
from tallylight.ingest.ports import Write
from tallylight.ingest.preview import Effect, classify
from tallylight.journal import Journal, Session, Standing
from tallylight.journal.previews import Decided, Sketch
from tallylight.model import Outcome, OutcomeKind, Status
from tallylight.roots import absolute

#: Outcomes in one transaction: large enough to be fast, small enough that facts which are to be shown do not wait.
BATCH: Final = 1000
#: What a commit did, or is doing, stays as it was shown: looked at anew, everything would be unchanged.
DECIDED: Final = frozenset({Status.COMMITTING, Status.COMMITTED, Status.UNDOING})


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


async def bring_up_to_date(
    journal: Journal, catalog: Catalog, session_id: str, write: Write, *, anew: bool = False
) -> None:
    """Look at whatever was not looked at yet, or at all of it where the catalog has changed since. With `anew`, also of
    a session whose commit has begun.
    """
    while (look := await to_thread.run_sync(_next, journal, catalog, session_id, anew)) is not None:
        await write(_store, journal, look)


def look_at_all(journal: Journal, catalog: Catalog, session_id: str) -> None:
    """The same where there is no event loop. Blocking, and it writes."""
    while (look := _next(journal, catalog, session_id, False)) is not None:
        _store(journal, look)


def is_up_to_date(journal: Journal, catalog: Catalog, session_id: str) -> bool:
    """Whether everything that has an outcome was looked at, and the catalog has not changed since."""
    standing = journal.previews.standing(session_id)
    if not standing.version or journal.previews.is_behind(session_id):
        return False
    return standing.version == catalog.version() or journal.session(session_id).state.status in DECIDED


def _next(journal: Journal, catalog: Catalog, session_id: str, anew: bool) -> Look | None:
    """What is to be stored next; None where there is nothing."""
    session, standing = journal.session(session_id), journal.previews.standing(session_id)
    if not standing.version:
        return Look(session_id, standing, catalog.version())
    sketches = journal.previews.sketches(session_id, after=standing.until, limit=BATCH)
    if sketches:
        return _read(journal, catalog, session, standing, sketches)
    # While it runs, new outcomes come first: a catalog that changes all the time would hold them up for ever.
    may_change = session.state.at_rest or anew
    if standing.version == catalog.version() or not may_change or (session.state.status in DECIDED and not anew):
        return None
    return Look(session_id, standing, catalog.version())


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
        rewritten=_rewritten(journal, catalog, session, {seq: outcomes[seq] for seq in same if seq in outcomes}, rated),
        disputed=_disputed(session, extracted, outcomes, rated),
    )


def _outcomes(journal: Journal, session_id: str, seqs: set[int]) -> dict[int, Outcome]:
    return {item.seq: item.outcome for item in journal.previews.items(session_id, sorted(seqs))}


def _rewritten(
    journal: Journal, catalog: Catalog, session: Session, outcomes: Mapping[int, Outcome], rated: Mapping[str, Rated]
) -> frozenset[int]:
    """Those of which a commit would store something else than what is stored."""
    paths = {seq: absolute(one.root, one.file) for seq, one in outcomes.items()}
    stored = catalog.digests(list(paths.values()))
    texts = journal.previews.text_names(session.session_id, list(outcomes))
    found = set()
    for seq, outcome in outcomes.items():
        agreed = agree(outcome, rated.get(paths[seq]), session.parameters.conflict_rule).outcome
        item = CommitItem(seq, paths[seq], agreed, texts.get(seq, ()))
        if digest_of(item) != stored.get(paths[seq]):
            found.add(seq)
    return frozenset(found)


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


def _store(journal: Journal, look: Look) -> None:
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
