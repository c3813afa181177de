"""Previews that are forgotten when the process ends."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tallylight.facts import Processed
from tallylight.journal.contract import Item
from tallylight.journal.previews import (
    Choice,
    Decided,
    Kept,
    Previewed,
    Sketch,
    Standing,
    left_behind,
    settled,
    with_moves,
    with_set_aside,
)
from tallylight.model import FolderFound, RawText
from tallylight.roots import absolute

if TYPE_CHECKING:
    from tallylight.journal.memory import MemoryJournal


@dataclass(slots=True)
class _Preview:
    standing: Standing = field(default_factory=Standing)
    kept: dict[int, Kept] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)


class MemoryPreviews:
    """`Previews` in memory, of the sessions of a journal in memory."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self._lock = threading.RLock()
        self._previews: dict[str, _Preview] = {}

    def standing(self, session_id: str) -> Standing:
        return self._of(session_id).standing

    def is_behind(self, session_id: str) -> bool:
        facts = self._journal.facts(session_id, after=self.standing(session_id).until)
        return any(isinstance(fact, Processed) for _, fact in facts)

    def sketches(self, session_id: str, *, after: int, limit: int) -> list[Sketch]:
        retried = {later: earlier for earlier, later in self._journal.retried(session_id).items()}
        items = self._journal.items(session_id, after=after, limit=limit)
        return [_sketch(item, retried.get(item.seq, 0)) for item in items]

    def first_of(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        with self._lock:
            first = self._of(session_id).first
            return {seq: first.setdefault(sha256, seq) for seq, sha256 in contents.items()}

    def firsts(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        with self._lock:
            first = self._of(session_id).first
            return {seq: first[sha256] for seq, sha256 in contents.items() if sha256 in first}

    def settle(
        self, session_id: str, decided: Sequence[Decided], *, gone: Sequence[int], since: Standing, until: int
    ) -> bool:
        with self._lock:
            own = self._of(session_id)
            if _differ(own.standing, since):
                return False
            before = _stored(own, decided, gone)
            own.standing = settled(own.standing, before, decided, until)
        return True

    def settle_moves(self, session_id: str, decided: Sequence[Decided], *, since: Standing, missing: int) -> bool:
        with self._lock:
            own = self._of(session_id)
            if _differ(own.standing, since):
                return False
            before = _stored(own, decided, ())
            own.standing = with_moves(own.standing, before, decided, missing)
        return True

    def restart(self, session_id: str, version: int) -> None:
        with self._lock:
            own = self._of(session_id)
            own.standing = replace(own.standing, until=0, version=version, moves_known=False)

    def page(
        self, session_id: str, choice: Choice, *, after: int = 0, offset: int = 0, limit: int = 100
    ) -> list[Previewed]:
        found = self._chosen(session_id, choice, after)
        return found[offset : offset + max(limit, 0)]

    def count(self, session_id: str, choice: Choice) -> int:
        return len(self._chosen(session_id, choice, 0))

    def _chosen(self, session_id: str, choice: Choice, after: int) -> list[Previewed]:
        with self._lock:
            own = self._of(session_id)
            found = [
                _previewed(item, kept, own.refused.get(item.seq))
                for item in self._journal.items(session_id, after=after, limit=sys.maxsize)
                if (kept := own.kept.get(item.seq)) is not None
            ]
        return [one for one in found if _fits(one, choice)]

    def folders(self, session_id: str, kind: str, *, after: str = "", limit: int = 100) -> list[FolderFound]:
        moved = {kept.moved_from for kept in self._of(session_id).kept.values() if kept.moved_from is not None}
        sorted_ones = sorted(self._journal.folders(session_id), key=lambda one: one.folder)
        found = [one for one in sorted_ones if one.folder > after and getattr(one, kind)][: max(limit, 0)]
        return left_behind(found, moved) if kind == "missing" else found

    def items(self, session_id: str, seqs: Sequence[int]) -> list[Item]:
        wanted = set(seqs)
        facts = self._journal.facts(session_id)
        return [
            Item(seq, fact.at, fact.outcome) for seq, fact in facts if seq in wanted and isinstance(fact, Processed)
        ]

    def text_names(self, session_id: str, seqs: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        texts = self._journal.raw_texts(session_id, seqs)
        return {seq: tuple(RawText(text.key, text.sha256, b"") for text in own) for seq, own in texts.items()}

    def set_aside(self, session_id: str, choice: Choice, *, aside: bool) -> int:
        with self._lock:
            own, changed = self._of(session_id), Counter[str]()
            for one in self.page(session_id, choice, limit=sys.maxsize):
                if one.is_set_aside != aside:
                    own.kept[one.item.seq] = replace(own.kept[one.item.seq], is_set_aside=aside)
                    changed[one.effect] += 1
            if changed:
                own.standing = with_set_aside(own.standing, changed, aside=aside)
        return changed.total()

    def refuse(self, session_id: str, reasons: Mapping[int, str]) -> None:
        self._of(session_id).refused.update(reasons)

    def forget_refusals(self, session_id: str) -> None:
        self._of(session_id).refused.clear()

    def forget(self, session_id: str) -> None:
        """The session is deleted."""
        self._previews.pop(session_id, None)

    def _of(self, session_id: str) -> _Preview:
        self._journal.session(session_id)
        return self._previews.setdefault(session_id, _Preview())


def _differ(standing: Standing, since: Standing) -> bool:
    return (standing.until, standing.version) != (since.until, since.version)


def _stored(own: _Preview, decided: Sequence[Decided], gone: Sequence[int]) -> dict[int, Kept]:
    """Store these; returns what was stored of them and of those that are gone."""
    touched = [*(one.seq for one in decided), *gone]
    before = {seq: own.kept.pop(seq) for seq in touched if seq in own.kept}
    for one in decided:
        aside = one.seq in before and before[one.seq].is_set_aside
        own.kept[one.seq] = Kept(one.effect, one.has_conflicts, aside, one.moved_from)
    return before


def _previewed(item: Item, kept: Kept, refused: str | None) -> Previewed:
    return Previewed(item, kept.effect, kept.has_conflicts, kept.is_set_aside, refused, kept.moved_from)


def _sketch(item: Item, retries: int) -> Sketch:
    one = item.outcome
    return Sketch(
        item.seq, one.root, one.file, one.kind, one.bytes, one.mtime_ns, one.sha256, bool(one.conflicts), retries
    )


def _fits(one: Previewed, choice: Choice) -> bool:
    outcome = one.item.outcome
    below = choice.folder.rstrip("/") + "/"
    path = absolute(outcome.root, outcome.file)
    return (
        (not choice.effects or one.effect in choice.effects)
        and (not choice.seqs or one.item.seq in choice.seqs)
        and choice.code in {None, outcome.remark}
        and (not choice.folder or path.startswith(below) or outcome.file.startswith(below))
        and (choice.named is None or choice.named(outcome.file))
        and (one.has_conflicts or not choice.conflicts)
        and choice.set_aside in {None, one.is_set_aside}
        and (one.refused is not None or not choice.refused)
        and (choice.nsfw is None or (outcome.nsfw_score is not None and outcome.nsfw_score >= choice.nsfw))
    )
