"""Finds candidates: walks folders, streaming, so that work starts long before counting ends."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tallylight.ingest.expected import Expected, stamp
from tallylight.model import MEDIA_SUFFIXES, Candidate
from tallylight.roots import Roots, escape, unescape

#: Files as expected that are told at once, so that the counts of a large folder move.
MOST_SAME: Final = 1024


@dataclass(frozen=True, slots=True)
class UnreadFolder:
    """A folder that could not be listed."""

    file: str  #: as in Candidate
    code: str
    message: str
    folder: str  #: as in Walked


@dataclass(frozen=True, slots=True)
class Walked:
    """A folder was gone through, whatever was in it: a sign of life where there is nothing to find for long."""

    folder: str  #: absolute, as `os` takes it
    is_empty: bool  #: no file of it was found
    unmet: Expected | None = None  #: what was expected of it, without what was met


@dataclass(frozen=True, slots=True)
class Same:
    """So many files of a folder are as they were expected."""

    folder: str  #: as in Walked
    count: int


#: Says what a folder should hold, and is told which ones come after it.
Expect = Callable[[str, Sequence[str]], Expected]
Found = Candidate | Same | UnreadFolder | Walked


def discover(
    roots: Roots,
    directories: tuple[str, ...],
    skip: tuple[str, ...] = (),
    wanted: Callable[[str], bool] | None = None,
    *,
    finished: Collection[str] = (),
    expected: Expect = lambda _folder, _next: Expected(),
) -> Iterator[Found]:
    """Every file of a media type below these (escaped, absolute) directories, each once, folder by folder.

    After each folder comes `Walked`, so that whoever reads this regains control however little is found.
    Names that begin with a dot are not media. Links are followed only inside the roots, loops end, and no folder is
    entered twice, also where directories overlap. Folders in `skip` are passed over: the data folder is
    never scanned. `wanted` tells by name and defaults to the media suffixes. Of the (escaped) folders in `finished` an
    earlier walk has told everything: they are only gone through for the folders in them.

    Of each other folder, `expected` is asked what it should hold, with those that come after it, the nearest last:
    files that are as expected are only counted.
    """
    walk = _Walk(roots, skip, wanted or is_media, finished, expected)
    for directory in directories:
        yield from walk.below(directory)


def is_media(name: str, suffixes: Set[str] = MEDIA_SUFFIXES) -> bool:
    """Whether a file name has a wanted suffix, in any case."""
    return os.path.splitext(name)[1].lower() in suffixes  # noqa: PTH122 (a Path for each of a million names is slow)


def name_filter(pattern: str) -> Callable[[str], bool]:
    """A test for file names from a pattern such as `*.mp4|*.png`: any part may match, case is ignored. Empty takes
    everything.
    """
    parts = tuple(part.strip().lower() for part in pattern.split("|") if part.strip())
    if not parts:
        return lambda _name: True
    return lambda name: any(fnmatchcase(name.rpartition("/")[2].lower(), part) for part in parts)


class _Walk:
    """One discovery: what it has seen, so that links, loops and overlaps give each folder once."""

    def __init__(
        self,
        roots: Roots,
        skip: tuple[str, ...],
        wanted: Callable[[str], bool],
        finished: Collection[str],
        expected: Expect,
    ) -> None:
        self._roots = roots
        self._wanted = wanted
        self._finished = finished
        self._expected = expected
        # What is to be skipped counts as seen: asking for the real path of every folder would cost a look at each of
        # the folders above it.
        self._seen = {_identity(folder) for folder in skip if os.path.isdir(folder)}  # noqa: PTH112

    def below(self, directory: str) -> Iterator[Found]:
        top = unescape(directory)
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            folders: list[str] = []
            try:
                if not self._enter(folder):
                    continue
            except OSError as error:
                yield self._unread(folder, top, error)
                continue
            yield from self._listed(folder, directory, top, folders, waiting)
            # Popped from the end: reversed order walks folders as a person would list them.
            waiting += sorted(folders, reverse=True)

    def _listed(self, folder: str, directory: str, top: str, folders: list[str], waiting: list[str]) -> Iterator[Found]:
        is_told, is_empty = self._is_told(folder), True
        # Outside of what catches the disk's errors: a catalog that cannot be asked is another trouble.
        expected = Expected() if is_told else self._expected(folder, waiting)
        listing = _Listing(self, folder, directory, top, expected)
        try:
            with os.scandir(folder) as entries:
                for found in listing.files(entries, _nothing if is_told else self._wanted, folders):
                    is_empty = False
                    yield found
        except OSError as error:
            yield self._unread(folder, top, error)
        else:
            yield Walked(folder, is_empty, None if is_told else expected)

    def _unread(self, folder: str, top: str, error: OSError) -> Found:
        return Walked(folder, is_empty=True) if self._is_told(folder) else _unread(folder, top, error)

    def _is_told(self, folder: str) -> bool:
        return bool(self._finished) and escape(folder) in self._finished

    def _enter(self, folder: str) -> bool:
        identity = _identity(folder)
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True

    def is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            if entry.is_dir(follow_symlinks=False):
                return True
            return entry.is_symlink() and entry.is_dir() and self._roots.contains(os.path.realpath(entry.path))
        except OSError:
            # A link into a loop or a broken mount: as a file it will fail with its reason, if its name is a wanted one.
            return False

    def candidate(self, entry: os.DirEntry[str], directory: str, top: str) -> Candidate:
        size, mtime_ns = 0, 0
        try:
            # A link out of the roots is a candidate that will fail; how large its target is, is nobody's business.
            if not entry.is_symlink() or self._roots.contains(os.path.realpath(entry.path)):
                found = entry.stat()
                size, mtime_ns = (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else (0, 0)
        except OSError:
            # Gone or unreadable since it was listed: still a candidate, whose outcome will say so.
            pass
        return Candidate(directory, escape(_below(entry.path, top)), size, mtime_ns)


class _Listing:
    """One folder while it is listed."""

    def __init__(self, walk: _Walk, folder: str, directory: str, top: str, expected: Expected) -> None:
        self.expected = expected
        self._walk = walk
        self._folder = folder
        self._directory = directory
        self._top = top

    def files(
        self, entries: Iterator[os.DirEntry[str]], wanted: Callable[[str], bool], folders: list[str]
    ) -> Iterator[Candidate | Same]:
        # One loop, and nothing called that need not be: a rescan spends all its time here.
        stamps, same = self.expected.stamps, 0
        for entry in entries:
            known = stamps.get(entry.name)
            if known is not None:
                try:
                    found = entry.stat(follow_symlinks=False)
                    is_same = (found.st_size << 64) + found.st_mtime_ns == known and stat.S_ISREG(found.st_mode)
                except OSError:
                    is_same = False
                if is_same:
                    del stamps[entry.name]
                    same += 1
                    if same == MOST_SAME:
                        yield Same(self._folder, same)
                        same = 0
                    continue
            if (candidate := self._other(entry, wanted, folders)) is None:
                continue
            # Through a link it may look as expected after all.
            if known is not None and stamp(candidate.size, candidate.mtime_ns) == known:
                same += 1
            else:
                yield candidate
        if same:
            yield Same(self._folder, same)

    def _other(self, entry: os.DirEntry[str], wanted: Callable[[str], bool], folders: list[str]) -> Candidate | None:
        if entry.name.startswith("."):
            return None
        if self._walk.is_folder(entry):
            folders.append(entry.path)
            return None
        if not _may_be_file(entry):
            return None
        self.expected.stamps.pop(entry.name, None)
        return self._walk.candidate(entry, self._directory, self._top) if wanted(entry.name) else None


def _nothing(_name: str) -> bool:
    return False


def _identity(folder: str) -> tuple[int, int]:
    found = os.stat(folder)  # noqa: PTH116 (names that are not UTF-8, and speed)
    return found.st_dev, found.st_ino


def _may_be_file(entry: os.DirEntry[str]) -> bool:
    """False for what can never be a picture: sockets, FIFOs, devices, and folders that a link names."""
    try:
        return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and not entry.is_dir())
    except OSError:
        return True


def _unread(folder: str, top: str, error: OSError) -> UnreadFolder:
    code = "permission" if isinstance(error, PermissionError) else "io_error"
    name = escape(_below(folder, top)) or "."
    why = f"This folder could not be read ({error.strerror}), so nothing in it is counted"
    message = f"{why}; check the disk, then ingest again."
    return UnreadFolder(name, code, message, folder)


def _below(path: str, top: str) -> str:
    return path[len(top) :].lstrip("/")
