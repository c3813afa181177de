"""What every journal promises of previews: what a commit would do with each outcome, kept beside it.

Who decides is not the journal's business: it stores an *effect* (a word) for each outcome that counts, adds up, and
finds pages of them without going through the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from tallylight.journal.contract import Item
from tallylight.model import FolderFound, OutcomeKind, RawText, Reason
from tallylight.roots import absolute

_MARK_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the preview of a session is, and what it adds up to so far."""

    until: int = 0  #: outcomes up to this number were looked at
    version: int = 0  #: of the catalog they were compared with; 0 before the first look
    files: Mapping[str, int] = field(default_factory=dict)  #: by effect, those that are set aside included
    set_aside: Mapping[str, int] = field(default_factory=dict)  #: by effect
    conflicts: int = 0  #: files on which sources, or a source and the catalog, disagree
    missing: int = 0  #: files of the catalog that are gone and have not moved
    moves_known: bool = False  #: whether it was looked at what has moved
    mark: str = "0" * (_MARK_BITS // 4)  #: of all files with their effects: the same ones have the same mark
    revision: int = 0  #: raised by each change of what is set aside


@dataclass(frozen=True, slots=True)
class Sketch:
    """As much of an outcome as its effect depends on in nearly all cases."""

    seq: int
    root: str
    file: str
    kind: OutcomeKind
    bytes: int
    mtime_ns: int
    sha256: str | None
    has_conflicts: bool
    retries: int  #: the number of the outcome in whose place it counts; 0 of a first try


@dataclass(frozen=True, slots=True)
class Decided:
    """What a commit would do with one outcome."""

    seq: int
    effect: str
    has_conflicts: bool = False
    moved_from: str | None = None  #: where the catalog has it until now: absolute, escaped


@dataclass(frozen=True, slots=True)
class Previewed:
    """An outcome as a preview shows it."""

    item: Item
    effect: str
    has_conflicts: bool
    is_set_aside: bool
    refused: str | None  #: why the commit did not take it
    moved_from: str | None  #: where the catalog has it until now: absolute, escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which files of a preview. Everything that is given has to fit; nothing given is all of them."""

    effects: tuple[str, ...] = ()
    seqs: tuple[int, ...] = ()
    code: Reason | None = None  #: as `Outcome.remark`
    folder: str = ""  #: in or below it; absolute, or relative to the directory asked for; escaped
    named: Callable[[str], bool] | None = None  #: asked with `Outcome.file`
    conflicts: bool = False  #: only those on which somebody disagrees
    set_aside: bool | None = None
    refused: bool = False  #: only those that the commit did not take
    nsfw: float | None = None  #: only those scored at or over this


class Previews(Protocol):
    """The previews of a journal's sessions. Writes (`first_of`, `settle`, `settle_moves`, `restart`, `set_aside`,
    `refuse`, `forget_refusals`) come from one thread at a time, as the journal's do. An unknown session raises
    `NotFound`; one never looked at has the standing of the beginning.
    """

    def standing(self, session_id: str) -> Standing: ...

    def is_behind(self, session_id: str) -> bool:
        """Whether there are outcomes that were not looked at yet."""
        ...

    def sketches(self, session_id: str, *, after: int, limit: int) -> list[Sketch]:
        """Outcomes that count, numbered above `after`, in order."""
        ...

    def first_of(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        """For each of these outcomes (number and SHA-256, in rising order), the first of the session with its content:
        itself, where none came before. Remembers them for those that come later.
        """
        ...

    def firsts(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        """As `first_of`, and remembers nothing; contents that it does not know are absent."""
        ...

    def settle(
        self, session_id: str, decided: Sequence[Decided], *, gone: Sequence[int], since: Standing, until: int
    ) -> bool:
        """Store the effects of the outcomes after `since.until` up to `until`, and forget those that are `gone`, all or
        nothing. What is set aside stays so. False, and nothing is stored, where the standing is not `since` any more.
        """
        ...

    def settle_moves(self, session_id: str, decided: Sequence[Decided], *, since: Standing, missing: int) -> bool:
        """Store what has moved, what has not after all, and how many are missing, as `settle` does."""
        ...

    def restart(self, session_id: str, version: int) -> None:
        """Look at everything anew, against this version of the catalog. Effects stand until they are settled again."""
        ...

    def page(
        self, session_id: str, choice: Choice, *, after: int = 0, offset: int = 0, limit: int = 100
    ) -> list[Previewed]:
        """Those of a choice that are numbered above `after`, in order, without the first `offset` of them."""
        ...

    def count(self, session_id: str, choice: Choice) -> int:
        """How many a choice has."""
        ...

    def folders(self, session_id: str, kind: str, *, after: str = "", limit: int = 100) -> list[FolderFound]:
        """The folders sorted after this one that hold files which are on no page: `kind` is unchanged, excluded or
        missing. Those that have moved are not among the missing ones, which may leave none.
        """
        ...

    def items(self, session_id: str, seqs: Sequence[int]) -> list[Item]:
        """These outcomes, in order; those that are not there are left out."""
        ...

    def text_names(self, session_id: str, seqs: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        """The raw texts of these outcomes, in order, without what they say: enough to tell one from another. Outcomes
        without texts are absent.
        """
        ...

    def set_aside(self, session_id: str, choice: Choice, *, aside: bool) -> int:
        """Set the files of a choice aside, or take them back; returns of how many that was a change."""
        ...

    def refuse(self, session_id: str, reasons: Mapping[int, str]) -> None:
        """Keep why a commit did not take these."""
        ...

    def forget_refusals(self, session_id: str) -> None:
        """A commit begins anew."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of one outcome that a later look may change."""

    effect: str
    has_conflicts: bool
    is_set_aside: bool
    moved_from: str | None


def settled(since: Standing, before: Mapping[int, Kept], decided: Sequence[Decided], until: int) -> Standing:
    """The standing once these are decided. `before` has what was stored of them and of those that are gone. Pure."""
    files, aside = Counter(since.files), Counter(since.set_aside)
    mark, conflicts = int(since.mark, 16), since.conflicts
    for seq, kept in before.items():
        files[kept.effect] -= 1
        aside[kept.effect] -= kept.is_set_aside
        conflicts -= kept.has_conflicts
        mark -= _mark(seq, kept.effect)
    for one in decided:
        files[one.effect] += 1
        aside[one.effect] += one.seq in before and before[one.seq].is_set_aside
        conflicts += one.has_conflicts
        mark += _mark(one.seq, one.effect)
    return replace(
        since,
        until=until,
        moves_known=False,
        files=_some(files),
        set_aside=_some(aside),
        conflicts=conflicts,
        mark=f"{mark % (1 << _MARK_BITS):0{_MARK_BITS // 4}x}",
    )


def with_moves(since: Standing, before: Mapping[int, Kept], decided: Sequence[Decided], missing: int) -> Standing:
    """The standing once it is decided of these whether they have moved. Pure."""
    now = settled(since, before, decided, since.until)
    return replace(now, moves_known=True, missing=missing)


def left_behind(found: Iterable[FolderFound], moved: Set[str]) -> list[FolderFound]:
    """The folders without what has moved away from them (`moved`: absolute, escaped paths)."""
    return [
        replace(one, missing=tuple(name for name in one.missing if absolute(one.folder, name) not in moved))
        for one in found
    ]


def with_set_aside(standing: Standing, changed: Mapping[str, int], *, aside: bool) -> Standing:
    """The standing once so many of each effect are set aside, or taken back. Pure."""
    counts = Counter(standing.set_aside)
    for effect, count in changed.items():
        counts[effect] += count if aside else -count
    return replace(standing, set_aside=_some(counts), revision=standing.revision + 1)


def _mark(seq: int, effect: str) -> int:
    # Summed, so that it does not matter in what order files are looked at, or how often.
    return int.from_bytes(hashlib.blake2b(f"{seq} {effect}".encode(), digest_size=_MARK_BITS // 8).digest(), "big")


def _some(counts: Counter[str]) -> dict[str, int]:
    return {effect: count for effect, count in sorted(counts.items()) if count}
