"""Looking around inside the roots before a session: which folders there are, and how many files of which type
they hold.

Both questions are about a disk of unknown size and speed, so both stop at a limit and say so (`capped`). What is
counted is what discovery would take: names that begin with a dot are not media, links lead nowhere outside the roots.
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final

from tallylight.catalog import Catalog
from tallylight.ingest.discover import is_media
from tallylight.model import MEDIA_SUFFIXES, Json
from tallylight.roots import Roots, escape

MOST_ENTRIES: Final = 20_000  #: looked at in one folder
MOST_ENTRIES_BELOW: Final = 200_000  #: looked at in a whole tree
MOST_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A folder in a listing. Counts are of what lies directly in it."""

    name: str
    path: str  #: absolute, real, escaped
    has_children: bool  #: true also where the limits kept it from being looked at
    total_files: int | None  #: of media types; None where it could not be, or was not, looked at
    types: Mapping[str, int]  #: how many of them of each type: suffixes in lower case, without dot, sorted
    ingested_files: int  #: in the catalog
    readable: bool = True
    capped: bool = False  #: a limit was reached, so `total_files` is at least this many


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a folder holds; of the roots themselves where `path` is None."""

    path: str | None
    parent: str | None  #: None at a root: there is no way out
    directories: tuple[Directory, ...]  #: in natural order: day_2 before day_10
    capped: bool = False  #: the folder has more entries than were looked at

    def as_json(self) -> Json:
        return {**asdict(self), "directories": [asdict(directory) for directory in self.directories]}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTypes:
    """The media types below some folders, and how many files there are of each: suffixes in lower case, without dot,
    sorted.
    """

    counts: Mapping[str, int]
    capped: bool = False  #: a limit was reached first, so there are at least so many, and maybe more types

    @property
    def file_types(self) -> tuple[str, ...]:
        """The types alone."""
        return tuple(self.counts)

    def as_json(self) -> Json:
        return {"file_types": list(self.counts), "counts": dict(self.counts), "capped": self.capped}


class Budget:
    """How much may still be looked at. Reads the given monotonic clock, never sleeps."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        seconds: float = MOST_SECONDS,
        entries: int = MOST_ENTRIES,
        entries_below: int = MOST_ENTRIES_BELOW,
    ) -> None:
        self._monotonic = monotonic
        self._deadline = monotonic() + seconds
        self.entries = entries  #: in one folder
        self.entries_below = entries_below

    @property
    def spent(self) -> bool:
        """Whether the time is up."""
        return self._monotonic() >= self._deadline


def directories(
    roots: Roots,
    path: str | None,
    catalog: Catalog,
    budget: Budget,
    skip: Sequence[str] = (),
    suffixes: Set[str] = MEDIA_SUFFIXES,
) -> Listing:
    """List the folders directly in `path` (escaped, absolute), or the roots. Blocking: call it in a thread.

    Hidden folders, links that lead out of the roots and the real paths in `skip` are left out; a folder that cannot be
    read is listed as such. Raises BadFolder where `path` itself is outside the roots or cannot be listed.
    """
    view = _View(roots, catalog, budget, frozenset(skip), suffixes)
    if path is None:
        return Listing(
            path=None, parent=None, directories=tuple(view.directory(escape(top), top) for top in roots.folders)
        )
    folder = roots.folder(path)
    seen = view.look(folder)
    children = sorted(seen.folders, key=lambda child: natural(child[0]))
    return Listing(
        path=escape(folder),
        parent=_parent(roots, folder),
        directories=tuple(view.directory(escape(name), real) for name, real in children),
        capped=seen.capped,
    )


def file_types(
    roots: Roots, folders: Sequence[str], budget: Budget, skip: Sequence[str] = (), suffixes: Set[str] = MEDIA_SUFFIXES
) -> FileTypes:
    """The media types anywhere below these folders. Blocking: call it in a thread.

    Breadth first, because folders side by side differ more than a folder and what is deep in it: where a limit stops
    it, most types have been seen. Raises BadFolder as `directories` does; a folder below that cannot be read is passed
    over.
    """
    view = _View(roots, None, budget, frozenset(skip), suffixes)
    waiting = deque(roots.folder(folder) for folder in folders)
    entered: set[str] = set()
    found: Counter[str] = Counter()
    left, capped = budget.entries_below, False
    while waiting:
        if left <= 0 or budget.spent:
            return FileTypes(counts=_without_dots(found), capped=True)
        folder = waiting.popleft()
        if folder in entered:
            continue
        entered.add(folder)
        seen = view.look(folder)
        found += seen.suffixes
        left -= seen.entries
        capped = capped or seen.capped
        waiting.extend(real for _, real in seen.folders)
    return FileTypes(counts=_without_dots(found), capped=capped)


def natural(name: str) -> tuple[list[str | int], str]:
    """Sort key that reads digits as numbers and ignores case; the name itself decides between equals."""
    parts: list[str | int] = list(re.split(r"(\d+)", name.casefold()))
    # Odd positions are the digits, in every name, so a number is only ever compared with a number.
    parts[1::2] = [int(part) for part in parts[1::2]]
    return parts, name


@dataclass(slots=True)
class _Seen:
    """What one look at a folder found."""

    folders: list[tuple[str, str]]  #: name and real path
    suffixes: Counter[str]
    entries: int = 0
    readable: bool = True
    capped: bool = False


class _View:
    """Looks at folders within a budget."""

    def __init__(
        self, roots: Roots, catalog: Catalog | None, budget: Budget, skip: frozenset[str], suffixes: Set[str]
    ) -> None:
        self._roots = roots
        self._catalog = catalog
        self._budget = budget
        self._skip = skip
        self._suffixes = suffixes

    def directory(self, name: str, real: str) -> Directory:
        path = escape(real)
        if self._budget.spent:
            return Directory(
                name=name,
                path=path,
                has_children=True,
                total_files=None,
                types={},
                ingested_files=self._ingested(path),
                capped=True,
            )
        seen = self.look(real)
        return Directory(
            name=name,
            path=path,
            has_children=bool(seen.folders) or seen.capped,
            total_files=seen.suffixes.total() if seen.readable else None,
            types=_without_dots(seen.suffixes),
            ingested_files=self._ingested(path),
            readable=seen.readable,
            capped=seen.capped,
        )

    def look(self, folder: str) -> _Seen:
        seen = _Seen([], Counter())
        try:
            with os.scandir(folder) as entries:
                for entry in self._some(entries, seen):
                    self._note(entry, seen)
        except OSError:
            seen.readable = False
        return seen

    def _some(self, entries: Iterator[os.DirEntry[str]], seen: _Seen) -> Iterator[os.DirEntry[str]]:
        for entry in islice(entries, self._budget.entries):
            seen.entries += 1
            yield entry
            if self._budget.spent:
                break
        seen.capped = next(entries, None) is not None

    def _note(self, entry: os.DirEntry[str], seen: _Seen) -> None:
        if entry.name.startswith("."):
            return
        if entry.is_symlink():
            self._note_link(entry, seen)
        elif entry.is_dir():
            self._note_folder(entry.name, entry.path, seen)
        elif is_media(entry.name, self._suffixes) and entry.is_file():
            self._note_file(entry.name, seen)

    def _note_link(self, entry: os.DirEntry[str], seen: _Seen) -> None:
        real = os.path.realpath(entry.path)
        if not self._roots.contains(real):
            return
        if os.path.isdir(real):  # noqa: PTH112 (names that are not UTF-8)
            self._note_folder(entry.name, real, seen)
        elif is_media(entry.name, self._suffixes) and os.path.isfile(real):  # noqa: PTH113
            self._note_file(entry.name, seen)

    def _note_folder(self, name: str, real: str, seen: _Seen) -> None:
        if real not in self._skip:
            seen.folders.append((name, real))

    @staticmethod
    def _note_file(name: str, seen: _Seen) -> None:
        seen.suffixes[os.path.splitext(name)[1].lower()] += 1  # noqa: PTH122

    def _ingested(self, path: str) -> int:
        return self._catalog.count_in_folder(path) if self._catalog else 0


def _parent(roots: Roots, folder: str) -> str | None:
    above = os.path.dirname(folder)  # noqa: PTH120
    # A root inside another root has a way up; the file system's own top does not.
    return escape(above) if above != folder and roots.contains(above) else None


def _without_dots(suffixes: Mapping[str, int]) -> dict[str, int]:
    return {suffix.removeprefix("."): suffixes[suffix] for suffix in sorted(suffixes)}
