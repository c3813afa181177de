"""A catalog that forgets when the process ends: for tests, and for runs that need no memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tallylight.catalog.contract import CommitItem, Known, Medium, Rated, Refused, Reread
from tallylight.catalog.prepared import Prepared, in_order, prepare, reread_item, split, stored_outcome
from tallylight.errors import NotFound
from tallylight.model import Outcome, RawText


@dataclass(frozen=True, slots=True)
class _Kept:
    medium: Medium
    digest: str
    texts: tuple[RawText, ...]


class MemoryCatalog:
    """`Catalog` in memory. Nothing survives the process, and every other promise holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}  # by path, in the order of media_id

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        ready, refused = prepare(items)
        with self._lock:
            for prepared in ready:
                self._store(session_id, prepared, at)
        return in_order(refused)

    def reread(self, items: Sequence[Reread]) -> list[Refused]:
        with self._lock:
            stored = {kept.medium.media_id: kept for kept in self._kept.values()}
            ready, refused = prepare(
                reread_item(stored[item.media_id].medium, stored[item.media_id].texts, item)
                for item in items
                if item.media_id in stored
            )
            for prepared in ready:
                kept = self._kept[prepared.item.path]
                outcome = Outcome(**stored_outcome(prepared.item.outcome, kept.medium.path))
                self._kept[kept.medium.path] = _Kept(replace(kept.medium, outcome=outcome), prepared.digest, kept.texts)
        return in_order(refused)

    def texts(self, media_ids: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        wanted = set(media_ids)
        with self._lock:
            kept = [kept for kept in self._kept.values() if kept.medium.media_id in wanted and kept.texts]
        return {one.medium.media_id: one.texts for one in kept}

    def known(self, paths: Sequence[str]) -> dict[str, Known]:
        with self._lock:
            found = {path: self._kept[path].medium.outcome for path in paths if path in self._kept}
        return {path: Known(outcome.bytes, outcome.mtime_ns, outcome.sha256) for path, outcome in found.items()}

    def ratings(self, paths: Sequence[str]) -> dict[str, Rated]:
        with self._lock:
            found = {path: self._kept[path].medium.outcome for path in paths if path in self._kept}
        return {
            path: Rated(score=outcome.score, favourite=outcome.favourite, provenance=outcome.provenance)
            for path, outcome in found.items()
            if outcome.score is not None or outcome.favourite is not None
        }

    def hashes(self, sha256s: Sequence[str]) -> dict[str, str]:
        wanted = set(sha256s)
        return {
            medium.outcome.sha256: medium.path
            for medium in sorted(self._all(), key=lambda medium: medium.path, reverse=True)
            if medium.outcome.sha256 is not None and medium.outcome.sha256 in wanted
        }

    def count_in_folder(self, folder: str) -> int:
        wanted = folder.rstrip("/") or "/"
        return sum(split(medium.path)[0] == wanted for medium in self._all())

    def medium(self, media_id: int) -> Medium:
        for medium in self.media(after=media_id - 1, limit=1):
            if medium.media_id == media_id:
                return medium
        raise NotFound(f"The catalog holds no file number {media_id}.")

    def media(self, *, after: int = 0, limit: int = 100) -> list[Medium]:
        return [medium for medium in self._all() if medium.media_id > after][: max(limit, 0)]

    def count(self) -> int:
        return len(self._kept)

    def _all(self) -> list[Medium]:
        with self._lock:
            return [kept.medium for kept in self._kept.values()]

    def _store(self, session_id: str, prepared: Prepared, at: float) -> None:
        path = prepared.item.path
        before = self._kept.get(path)
        if before is not None and before.digest == prepared.digest:
            return
        medium = Medium(
            media_id=before.medium.media_id if before is not None else len(self._kept) + 1,
            path=path,
            session_id=session_id,
            committed_at=at,
            outcome=Outcome(**stored_outcome(prepared.item.outcome, path)),
        )
        self._kept[path] = _Kept(medium, prepared.digest, prepared.item.texts)
