"""Tells apart what a walk finds: to be done, known already, not asked for. Keeps how far the walk has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tallylight.catalog import Catalog
from tallylight.facts import Discovered, Fact, FolderUnread
from tallylight.ingest.ahead import Ahead
from tallylight.ingest.discover import Found, Same, UnreadFolder, Walked, is_media, name_filter
from tallylight.ingest.expected import Expected, Unmet, Wish, unmet
from tallylight.ingest.extract.version import EXTRACTOR_VERSION
from tallylight.ingest.left import CutOff, Walk, folder_of, path_of
from tallylight.model import Candidate, FolderFound, Haul, OutcomeKind, Parameters
from tallylight.roots import escape, unescape

_UNCHANGED: Final = OutcomeKind.UNCHANGED
_EXCLUDED: Final = OutcomeKind.EXCLUDED
_NEW: Final = CutOff()


class _Counts:
    """What a folder or a stretch holds so far."""

    def __init__(self) -> None:
        self.files = 0
        self.unchanged = 0
        self.excluded = 0


class Sorter:
    """The counts and the queue of one discovery, from where an earlier process left it. Give it what is found in order,
    and the walk what it expects of each folder.

    A folder that was cut off is listed again from its start: what of it is in the queue is passed over, and of what was
    only counted, only so many more are counted as there are by now.
    """

    def __init__(
        self,
        parameters: Parameters,
        catalog: Catalog,
        queued: int,
        walk: Walk,
        wanted: Callable[[str], bool] = is_media,
    ) -> None:
        self._ahead = Ahead(catalog)
        self._named = name_filter(parameters.pattern)
        self._takes = taken_by(parameters, wanted)
        self._most = parameters.max_files
        self._wish = wish_of(parameters)
        self._queued = queued
        self._cut_off = walk.cut_off
        self._through: list[FolderFound] = []  #: not told of yet
        self._finished: list[str] = []  #: as well
        self._folder = ""  #: the one that is being listed; empty between two
        self._of_folder = _Counts()  #: found in it, those of before it was cut off included

    def expected(self, folder: str, following: Sequence[str]) -> Expected:
        """What the catalog has in a folder, asked by the walk before it lists it. Folders are as `os` has them."""
        name = escape(folder)
        part = self._cut_off.get(name)
        queued = [unescape(path.rpartition("/")[2]) for path in part.names] if part is not None else []
        return self._wish.expected(self._ahead.files(folder, following), queued)

    def sort(self, batch: Sequence[Found], at: float) -> list[Fact]:
        """What is to be recorded of these; nothing where they are only folders that tell nothing new."""
        wanted: list[Candidate] = []
        counts = _Counts()
        facts: list[Fact] = []
        for found in batch:
            match found:
                case Candidate():
                    self._take(found, wanted, counts)
                case Same():
                    self._enter(escape(found.folder))
                    counts.unchanged += self._fresh(_UNCHANGED, found.count)
                case _:
                    self._leave(found)
                    if isinstance(found, UnreadFolder):
                        facts.append(FolderUnread(at=at, file=found.file, code=found.code, message=found.message))
        if facts or wanted or counts.unchanged or counts.excluded or self._through:
            facts.insert(0, self._discovered(at, tuple(wanted), counts))
        return facts

    def _take(self, candidate: Candidate, wanted: list[Candidate], counts: _Counts) -> None:
        if not self._folder:
            self._enter(folder_of(path_of(candidate)))
        part = self._cut_off.get(self._folder)
        if part is not None and path_of(candidate) in part.names:
            return
        if not self._named(candidate.file) or (self._most is not None and self._queued >= self._most):
            counts.excluded += self._fresh(_EXCLUDED, 1)
        else:
            self._of_folder.files += 1
            wanted.append(self._numbered(candidate))

    def _numbered(self, candidate: Candidate) -> Candidate:
        self._queued += 1
        # Not `replace`, which takes several times as long: this is done for each of a million files.
        return Candidate(candidate.root, candidate.file, candidate.size, candidate.mtime_ns, self._queued)

    def _enter(self, folder: str) -> None:
        if not self._folder:
            self._folder = folder
            self._of_folder = _Counts()
            self._of_folder.files = len(self._cut_off.get(folder, _NEW).names)

    def _fresh(self, kind: OutcomeKind, count: int) -> int:
        """How many of so many more were not counted before the folder was cut off."""
        part, of_folder = self._cut_off.get(self._folder, _NEW), self._of_folder
        if kind is _UNCHANGED:
            of_folder.unchanged += count
            return max(0, min(count, of_folder.unchanged - part.unchanged))
        of_folder.excluded += count
        return max(0, min(count, of_folder.excluded - part.excluded))

    def _leave(self, found: Walked | UnreadFolder) -> None:
        folder = escape(found.folder)
        self._enter(folder)
        told = self._folder_found(folder, found)
        has_news = told != FolderFound(folder=folder)
        if has_news or isinstance(found, UnreadFolder) or not found.is_empty:
            self._finished.append(folder)
        if has_news:
            self._through.append(told)
        self._cut_off.pop(folder, None)
        self._folder = ""

    def _folder_found(self, folder: str, found: Walked | UnreadFolder) -> FolderFound:
        part, counts = self._cut_off.get(folder, _NEW), self._of_folder
        expected = found.unmet if isinstance(found, Walked) else None
        rest = unmet(expected, self._takes) if expected is not None else Unmet()
        return FolderFound(
            folder=folder,
            files=counts.files,
            unchanged=max(part.unchanged, counts.unchanged),
            excluded=max(part.excluded, counts.excluded),
            known=expected.known if expected is not None else 0,
            lost=rest.lost,
            missing=rest.missing,
            found=rest.found,
        )

    def _discovered(self, at: float, wanted: tuple[Candidate, ...], counts: _Counts) -> Discovered:
        part, of_folder = self._cut_off.get(self._folder, _NEW), self._of_folder
        finished, self._finished = tuple(self._finished), []
        through, self._through = tuple(self._through), []
        return Discovered(
            at=at,
            files=len(wanted),
            bytes=sum(candidate.size for candidate in wanted),
            unchanged=counts.unchanged,
            excluded=counts.excluded,
            missing=sum(len(folder.missing) for folder in through),
            found=sum(len(folder.found) for folder in through),
            haul=Haul(
                candidates=wanted,
                finished=finished,
                folder=self._folder,
                unchanged=max(part.unchanged, of_folder.unchanged) if self._folder else 0,
                excluded=max(part.excluded, of_folder.excluded) if self._folder else 0,
            ),
            folders=through,
        )


def wish_of(parameters: Parameters) -> Wish:
    """What a session with these parameters wants read."""
    return Wish(
        version=EXTRACTOR_VERSION,
        tier=parameters.tier,
        skips_known=parameters.skip_existing,
        takes=name_filter(parameters.pattern) if parameters.pattern else _everything,
    )


def taken_by(parameters: Parameters, wanted: Callable[[str], bool]) -> Callable[[str], bool]:
    """Tells by a file's name (as `os` has it) whether a session asks for it."""
    named = name_filter(parameters.pattern)
    return lambda name: wanted(name) and not name.startswith(".") and named(name)


def _everything(_name: str) -> bool:
    return True
