"""What a commit would do, counted before anyone commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tallylight.catalog import Catalog, Known, Rated
from tallylight.facts import State
from tallylight.ingest.agreement import agree
from tallylight.ingest.moved import NO_MOVES, Moves, moves
from tallylight.journal import Journal
from tallylight.model import ConflictRule, Effect, Json, Outcome, OutcomeKind
from tallylight.roots import NO_ROOTS, Roots, absolute

PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Files by what a commit would do with them; but for `missing`, which are on no disk, they add up to all that were
    discovered and have an outcome.

    `conflicts` counts some of them once more: those on which sources, or a source and the catalog, disagree.
    """

    new: int = 0
    changed: int = 0
    moved: int = 0
    duplicate: int = 0
    unchanged: int = 0
    failed: int = 0
    excluded: int = 0
    missing: int = 0
    conflicts: int = 0

    def as_json(self) -> Json:
        return asdict(self)


def classify(outcome: Outcome, known: Known | None, *, seen: bool, moved: bool = False) -> Effect:
    """Decide about one outcome. Pure.

    `known` is what the catalog has at its path; `seen` whether its bytes are in the catalog under another path or
    came earlier in the session; `moved` whether it takes the place of one whose file is gone. Where nothing was hashed
    (tiers below full), size and modification time stand in, as they do for `skip_existing`, and neither a duplicate nor
    a move can be told. Whether anything else of a file with its old bytes would change, `looking` tells.
    """
    if outcome.kind is OutcomeKind.FAILED:
        return Effect.FAILED
    if outcome.kind is OutcomeKind.UNCHANGED:
        return Effect.UNCHANGED
    if outcome.kind is OutcomeKind.EXCLUDED:
        return Effect.EXCLUDED
    if known is not None:
        return Effect.UNCHANGED if _is_same(outcome, known) else Effect.CHANGED
    if moved:
        return Effect.MOVED
    return Effect.DUPLICATE if seen else Effect.NEW


class Tally:
    """Counts the effects of outcomes given page by page, in the order of the session. `rule` decides conflicts.

    Remembers each distinct content (about 100 bytes of memory), because a duplicate may come any time later; nothing
    else grows.
    """

    def __init__(self, catalog: Catalog, rule: ConflictRule, moves: Moves = NO_MOVES) -> None:
        self._catalog = catalog
        self._rule = rule
        self._moves = moves
        self._conflicts = 0
        self._seen: set[int] = set()
        self._counts = dict.fromkeys(Effect, 0)

    def add(self, page: Sequence[Outcome]) -> list[tuple[Json, ...]]:
        """Count these, and tell the conflicts of each; asks the catalog thrice, however many they are."""
        paths = [absolute(outcome.root, outcome.file) for outcome in page]
        known = self._catalog.known(paths)
        held = self._catalog.hashes([outcome.sha256 for outcome in page if outcome.sha256])
        # What was said of a file that has moved is known by its old path.
        stood = [self._moves.before.get(path, path) for path in paths]
        rated = self._catalog.ratings(stood)
        for outcome in page:
            self._counts[self._effect(outcome, known, held)] += 1
        conflicts = [self._conflicts_of(outcome, rated.get(path)) for outcome, path in zip(page, stood, strict=True)]
        self._conflicts += sum(map(bool, conflicts))
        return conflicts

    def preview(self, state: State) -> Preview:
        """The counts so far, with what discovery passed over: those files have no outcome of their own."""
        counts = dict(self._counts)
        counts[Effect.UNCHANGED] += state.unchanged
        counts[Effect.EXCLUDED] += state.excluded
        counts[Effect.MISSING] = self._moves.missing
        return Preview(**{effect.value: count for effect, count in counts.items()}, conflicts=self._conflicts)

    def _conflicts_of(self, outcome: Outcome, rated: Rated | None) -> tuple[Json, ...]:
        return agree(outcome, rated, self._rule).conflicts if outcome.kind is OutcomeKind.EXTRACTED else ()

    def _effect(self, outcome: Outcome, known: Mapping[str, Known], held: Mapping[str, str]) -> Effect:
        path = absolute(outcome.root, outcome.file)
        seen, has_moved = self._is_elsewhere(outcome, path, held), path in self._moves.before
        return classify(outcome, known.get(path), seen=seen, moved=has_moved)

    def _is_elsewhere(self, outcome: Outcome, path: str, held: Mapping[str, str]) -> bool:
        if outcome.sha256 is None or outcome.kind is not OutcomeKind.EXTRACTED:
            return False
        came_before = self._came_before(outcome.sha256)
        return came_before or held.get(outcome.sha256, path) != path

    def _came_before(self, sha256: str) -> bool:
        # A number takes half the memory of the text.
        content = int(sha256, 16)
        before = content in self._seen
        self._seen.add(content)
        return before


def preview(journal: Journal, catalog: Catalog, session_id: str, roots: Roots = NO_ROOTS) -> Preview:
    """What committing this session would do. Reads its outcomes page by page; NotFound for an unknown session.

    Whether a file has moved is asked of the disk, in the session's directories and in `roots`.
    """
    session = journal.session(session_id)
    tally = Tally(catalog, session.parameters.conflict_rule, moves(journal, catalog, session_id, roots))
    for page in pages(journal, session_id):
        tally.add(page)
    return tally.preview(session.state)


def pages(journal: Journal, session_id: str) -> Iterator[list[Outcome]]:
    """A session's outcomes in order, a bounded number at a time."""
    after = 0
    while found := journal.items(session_id, after=after, limit=PAGE):
        yield [entry.outcome for entry in found]
        after = found[-1].seq


def _is_same(outcome: Outcome, known: Known) -> bool:
    if outcome.sha256 is not None and known.sha256 is not None:
        return outcome.sha256 == known.sha256
    return (outcome.bytes, outcome.mtime_ns) == (known.size, known.mtime_ns)
