"""A catalog that forgets when the process ends: for tests, and for runs that need no memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tallylight.catalog.contract import CommitItem, Holder, Known, KnownFile, Medium, Rated, Refused, Reread
from tallylight.catalog.facets import MOST_COUNTED, Facets, frequent_keywords, tallied, traits_of
from tallylight.catalog.matching import by_likeness, hash_of, matches, nearest, page, plain_order, sorted_ids
from tallylight.catalog.prepared import (
    Prepared,
    digest,
    in_order,
    prepare,
    rated_item,
    reread_item,
    split,
    stored_outcome,
    with_words,
)
from tallylight.catalog.search import Order, Search
from tallylight.errors import NotFound
from tallylight.model import Outcome, RawText


@dataclass(frozen=True, slots=True)
class _Kept:
    medium: Medium
    digest: str
    texts: tuple[RawText, ...]


def _with_words(stood: _Kept, now: Medium) -> _Kept:
    outcome, texts = with_words(stood.medium.outcome, now.outcome), [(text.key, text.sha256) for text in stood.texts]
    medium = replace(stood.medium, outcome=outcome)
    return _Kept(medium, digest(medium.path, outcome, texts), stood.texts)


class MemoryCatalog:
    """`Catalog` in memory. Nothing survives the process, and every other promise holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}  # by path, in the order of media_id
        self._replaced: dict[str, dict[str, _Kept | None]] = {}  # by session and path
        self._mounts: dict[str, str] = {}
        self._added = 0
        self._version = 1

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
            self._rewrite(ready)
        return in_order(refused)

    def rate(self, media_ids: Sequence[int], said: Mapping[str, int | bool | None], at: float) -> int:
        with self._lock:
            wanted = set(media_ids)
            stored = [kept for kept in self._kept.values() if kept.medium.media_id in wanted]
            ready, _ = prepare(rated_item(kept.medium, kept.texts, said, at) for kept in stored)
            self._rewrite(ready)
        return len(ready)

    def texts(self, media_ids: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        wanted = set(media_ids)
        with self._lock:
            kept = [kept for kept in self._kept.values() if kept.medium.media_id in wanted and kept.texts]
        return {one.medium.media_id: one.texts for one in kept}

    def undoable(self, session_id: str) -> int:
        with self._lock:
            return len(self._replaced.get(session_id, {})) - len(self._out_of_reach(session_id))

    def overwritten_by(self, session_id: str) -> dict[str, int]:
        with self._lock:
            lost = self._out_of_reach(session_id)
            writers = Counter(writer for path, writer in self._later(session_id).items() if path not in lost)
            return dict(writers + self._moved_by(session_id))

    def out_of_reach(self, session_id: str) -> int:
        with self._lock:
            return len(self._out_of_reach(session_id))

    def undo(self, session_id: str, limit: int) -> int:
        with self._lock:
            before = self._replaced.get(session_id, {})
            theirs = {*self._later(session_id), *self._moved_on(session_id)}
            paths = [path for path in sorted(before) if path not in theirs][:limit]
            here = [kept for path in paths if (kept := self._kept.pop(path, None)) is not None]
            now = {kept.medium.media_id: kept for kept in here}
            for path in paths:
                kept = before.pop(path)
                if kept is None:
                    continue
                # What was moved away from there comes back from wherever it is.
                said = now.get(kept.medium.media_id) or self._forget(kept.medium.media_id)
                self._kept[path] = kept if said is None else _with_words(kept, said.medium)
            if not paths:
                before.clear()
            self._kept = dict(sorted(self._kept.items(), key=lambda stored: stored[1].medium.media_id))
            self._version += bool(paths)
        return len(paths)

    def forget(self, session_id: str) -> None:
        self._replaced.pop(session_id, None)

    def version(self) -> int:
        return self._version

    def digests(self, paths: Sequence[str]) -> dict[str, str]:
        with self._lock:
            return {path: self._kept[path].digest for path in paths if path in self._kept}

    def known(self, paths: Sequence[str]) -> dict[str, Known]:
        with self._lock:
            found = {path: self._kept[path].medium.outcome for path in paths if path in self._kept}
        return {
            path: Known(outcome.bytes, outcome.mtime_ns, outcome.sha256, outcome.extractor_version, outcome.tier)
            for path, outcome in found.items()
        }

    def in_folder(self, folder: str) -> Iterator[KnownFile]:
        found = [(medium.outcome, medium.missing_since) for medium in self._all() if medium.outcome.root == folder]
        return (
            (one.file, one.bytes, one.mtime_ns, one.extractor_version, one.tier and one.tier.value, since)
            for one, since in found
        )

    def in_folders(self, folders: Sequence[str], most: int) -> dict[str, list[KnownFile]] | None:
        found = {folder: list(self.in_folder(folder)) for folder in folders}
        some = {folder: files for folder, files in found.items() if files}
        return some if sum(map(len, some.values())) <= most else None

    def folders_below(self, directory: str) -> list[str]:
        top = directory.rstrip("/")
        folders = {medium.outcome.root for medium in self._all()}
        return sorted(folder for folder in folders if folder == (top or "/") or folder.startswith(f"{top}/"))

    def media_at(self, paths: Sequence[str]) -> dict[str, Medium]:
        with self._lock:
            return {path: self._kept[path].medium for path in paths if path in self._kept}

    def holders(self, sha256s: Sequence[str]) -> dict[str, list[Holder]]:
        wanted, found = set(sha256s), dict[str, list[Holder]]()
        for medium in sorted(self._all(), key=lambda medium: medium.path):
            if (sha256 := medium.outcome.sha256) is not None and sha256 in wanted:
                found.setdefault(sha256, []).append(Holder(medium.path, medium.missing_since))
        return found

    def mark_missing(self, session_id: str, paths: Sequence[str], at: float) -> None:
        with self._lock:
            self._mark(session_id, [path for path in paths if self._is_marked(path) is False], at)

    def mark_found(self, session_id: str, paths: Sequence[str]) -> None:
        with self._lock:
            self._mark(session_id, [path for path in paths if self._is_marked(path)], None)

    def mounts(self, directories: Sequence[str]) -> dict[str, str]:
        return {directory: self._mounts[directory] for directory in directories if directory in self._mounts}

    def remember_mounts(self, places: Mapping[str, str]) -> None:
        self._mounts |= places

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

    def contents(self) -> Iterator[str]:
        with self._lock:
            replaced = [kept for before in self._replaced.values() for kept in before.values() if kept is not None]
        media = [*self._all(), *(kept.medium for kept in replaced)]
        return (medium.outcome.sha256 for medium in media if medium.outcome.sha256 is not None)

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

    def find(
        self,
        search: Search,
        order: Order | None = None,
        *,
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[int]:
        media = self._all()
        hashes = Counter(medium.outcome.sha256 for medium in media if medium.outcome.sha256 is not None)
        duplicates = {sha256 for sha256, count in hashes.items() if count > 1}
        found = [medium for medium in media if matches(search, medium, duplicates)]
        ids = sorted_ids(found, plain_order(order), descending=descending)
        if search.like is None:
            return page(ids, offset, limit)
        phashes = [(medium.media_id, medium.outcome.phash) for medium in found if medium.outcome.phash is not None]
        alike = nearest(phashes, hash_of(self.medium(search.like.media_id)), search.like.distance)
        return page(by_likeness(ids, alike, order, descending=descending), offset, limit)

    def count_found(self, search: Search) -> int:
        return len(self.find(search))

    def facets(self, search: Search, most: int = MOST_COUNTED) -> Facets:
        newest = self.media_of(sorted(self.find(search), reverse=True))
        return tallied(map(traits_of, newest), frequent_keywords(newest[:most]), most)

    def media_of(self, media_ids: Sequence[int]) -> list[Medium]:
        known = {medium.media_id: medium for medium in self._all()}
        return [known[media_id] for media_id in media_ids if media_id in known]

    def count(self) -> int:
        return len(self._kept)

    def _all(self) -> list[Medium]:
        with self._lock:
            return [kept.medium for kept in self._kept.values()]

    def _is_marked(self, path: str) -> bool | None:
        kept = self._kept.get(path)
        return None if kept is None else kept.medium.missing_since is not None

    def _mark(self, session_id: str, paths: Sequence[str], at: float | None) -> None:
        self._version += bool(paths)
        for path in paths:
            kept = self._kept[path]
            self._keep(session_id, path, kept)
            self._kept[path] = replace(kept, medium=replace(kept.medium, missing_since=at, session_id=session_id))

    def _moved_by(self, session_id: str) -> Counter[str]:
        """Which sessions moved media away from where this one wrote them, and how many."""
        left = [path for path in self._replaced.get(session_id, {}) if path not in self._kept]
        theirs = ((other, own) for other, own in self._replaced.items() if other != session_id)
        return Counter(
            other
            for other, own in theirs
            for path in left
            if (kept := own.get(path)) is not None and kept.medium.session_id == session_id
        )

    def _moved_on(self, session_id: str) -> set[str]:
        """The paths of a session from which it moved a medium that another one has written since."""
        places = {kept.medium.media_id: kept.medium for kept in self._kept.values()}
        own = ((path, kept) for path, kept in self._replaced.get(session_id, {}).items() if kept is not None)
        media = ((path, places.get(kept.medium.media_id)) for path, kept in own)
        return {path for path, now in media if now is not None and now.path != path and now.session_id != session_id}

    def _forget(self, media_id: int) -> _Kept | None:
        """Take a medium away, wherever it is; returns it."""
        path = next((path for path, kept in self._kept.items() if kept.medium.media_id == media_id), None)
        return None if path is None else self._kept.pop(path)

    def _move(self, session_id: str, old: str, new: str) -> None:
        if (kept := self._kept.get(old)) is None or new in self._kept:
            return
        replaced = self._replaced.setdefault(session_id, {})
        self._version += 1
        replaced.setdefault(old, kept)
        replaced.setdefault(new, None)
        # In its old place: they stand in the order of media_id.
        self._kept = {new if path == old else path: one for path, one in self._kept.items()}

    def _store(self, session_id: str, prepared: Prepared, at: float) -> None:
        path = prepared.item.path
        if prepared.item.moved_from:
            self._move(session_id, prepared.item.moved_from, path)
        before = self._kept.get(path)
        if before is not None and before.digest == prepared.digest and before.medium.missing_since is None:
            return
        self._version += 1
        self._keep(session_id, path, before)
        self._added += before is None
        medium = Medium(
            media_id=before.medium.media_id if before is not None else self._added,
            path=path,
            session_id=session_id,
            committed_at=at,
            outcome=Outcome(**stored_outcome(prepared.item.outcome, path)),
        )
        self._kept[path] = _Kept(medium, prepared.digest, prepared.item.texts)

    def _rewrite(self, ready: Sequence[Prepared]) -> None:
        """Of what is there already, replace what can change without a session."""
        self._version += bool(ready)
        for prepared in ready:
            kept = self._kept[prepared.item.path]
            outcome = Outcome(**stored_outcome(prepared.item.outcome, kept.medium.path))
            self._kept[kept.medium.path] = _Kept(replace(kept.medium, outcome=outcome), prepared.digest, kept.texts)

    def _keep(self, session_id: str, path: str, before: _Kept | None) -> None:
        own = self._replaced.setdefault(session_id, {})
        if before is not None and path in own and before.medium.session_id != session_id:
            # Written again over what another session wrote in between: as if the first write had been undone.
            first = own.pop(path)
            for other in self._replaced.values():
                if (stood := other.get(path)) is not None and stood.medium.session_id == session_id:
                    other[path] = first
        own.setdefault(path, before)

    def _later(self, session_id: str) -> dict[str, str]:
        """The paths of a session that another one wrote last, and which."""
        stored = ((path, self._kept.get(path)) for path in self._replaced.get(session_id, {}))
        writers = {path: kept.medium.session_id for path, kept in stored if kept is not None}
        return {path: writer for path, writer in writers.items() if writer != session_id}

    def _out_of_reach(self, session_id: str) -> set[str]:
        later = self._later(session_id).items()
        return {path for path, writer in later if path not in self._replaced.get(writer, {})}
