"""Tells apart what a walk finds: to be done, known already, not asked for. Keeps how far the walk has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tallylight.catalog import Catalog, Known
from tallylight.facts import Discovered, Fact, FolderUnread
from tallylight.ingest.discover import Found, UnreadFolder, Walked, name_filter
from tallylight.ingest.left import CutOff, Walk, folder_of, path_of
from tallylight.model import Candidate, Haul, OutcomeKind, Parameters
from tallylight.roots import escape

_UNCHANGED: Final = OutcomeKind.UNCHANGED
_EXCLUDED: Final = OutcomeKind.EXCLUDED
_NEW: Final = CutOff()


class Sorter:
    """The counts and the queue of one discovery, from where an earlier process left it. Give it what is found in order.

    A folder that was cut off is listed again from its start: what of it is in the queue is passed over, and of what was
    only counted, only so many more are counted as there are by now.
    """

    def __init__(self, parameters: Parameters, catalog: Catalog, queued: int, walk: Walk) -> None:
        self._parameters = parameters
        self._catalog = catalog
        self._named = name_filter(parameters.pattern)
        self._queued = queued
        self._cut_off = walk.cut_off
        self._finished: list[str] = []  #: not told of yet
        self._folder = ""  #: the one that is being listed; empty between two
        self._of_folder = {_UNCHANGED: 0, _EXCLUDED: 0}  #: found in it, those of before it was cut off included

    def sort(self, batch: Sequence[Found], at: float) -> list[Fact]:
        """What is to be recorded of these; nothing where they are only folders that tell nothing new."""
        fresh = [found for found in batch if not self._is_queued(found)] if self._cut_off else batch
        kinds = self._kinds([found for found in fresh if isinstance(found, Candidate)])
        wanted: list[Candidate] = []
        counts = {_UNCHANGED: 0, _EXCLUDED: 0}
        facts: list[Fact] = []
        for found in fresh:
            if isinstance(found, Candidate):
                self._enter(found)
                kind = next(kinds)
                if kind is None:
                    wanted.append(self._numbered(found))
                elif self._counts(kind):
                    counts[kind] += 1
            else:
                self._leave(found)
                if isinstance(found, UnreadFolder):
                    facts.append(FolderUnread(at=at, file=found.file, code=found.code, message=found.message))
        if facts or wanted or any(counts.values()):
            facts.insert(0, self._discovered(at, tuple(wanted), counts))
        return facts

    def _is_queued(self, found: Found) -> bool:
        if not isinstance(found, Candidate):
            return False
        path = path_of(found)
        part = self._cut_off.get(folder_of(path))
        return part is not None and path in part.names

    def _kinds(self, candidates: list[Candidate]) -> Iterator[OutcomeKind | None]:
        """For each why it is not to be done; None where it is."""
        matching = [self._named(candidate.file) for candidate in candidates]
        paths = [path_of(candidate) for candidate, matches in zip(candidates, matching, strict=True) if matches]
        known = self._catalog.known(paths) if self._parameters.skip_existing else {}
        most = self._parameters.max_files
        for candidate, matches in zip(candidates, matching, strict=True):
            if matches and known and _is_known(candidate, known):
                yield _UNCHANGED
            elif not matches or (most is not None and self._queued >= most):
                yield _EXCLUDED
            else:
                yield None

    def _numbered(self, candidate: Candidate) -> Candidate:
        self._queued += 1
        # Not `replace`, which takes several times as long: this is done for each of a million files.
        return Candidate(candidate.root, candidate.file, candidate.size, candidate.mtime_ns, self._queued)

    def _enter(self, candidate: Candidate) -> None:
        if not self._folder:
            self._folder = folder_of(path_of(candidate))
            self._of_folder = {_UNCHANGED: 0, _EXCLUDED: 0}

    def _counts(self, kind: OutcomeKind) -> bool:
        """Whether one more of this kind was not counted before the folder was cut off."""
        self._of_folder[kind] += 1
        part = self._cut_off.get(self._folder, _NEW)
        return self._of_folder[kind] > (part.unchanged if kind is _UNCHANGED else part.excluded)

    def _leave(self, found: Walked | UnreadFolder) -> None:
        folder = escape(found.folder)
        if isinstance(found, UnreadFolder) or not found.is_empty:
            self._finished.append(folder)
        self._cut_off.pop(folder, None)
        self._folder = ""

    def _discovered(self, at: float, wanted: tuple[Candidate, ...], counts: Mapping[OutcomeKind, int]) -> Discovered:
        part = self._cut_off.get(self._folder, _NEW)
        finished, self._finished = tuple(self._finished), []
        return Discovered(
            at=at,
            files=len(wanted),
            bytes=sum(candidate.size for candidate in wanted),
            unchanged=counts[_UNCHANGED],
            excluded=counts[_EXCLUDED],
            haul=Haul(
                candidates=wanted,
                finished=finished,
                folder=self._folder,
                unchanged=max(part.unchanged, self._of_folder[_UNCHANGED]) if self._folder else 0,
                excluded=max(part.excluded, self._of_folder[_EXCLUDED]) if self._folder else 0,
            ),
        )


def _is_known(candidate: Candidate, known: Mapping[str, Known]) -> bool:
    entry = known.get(path_of(candidate))
    return entry is not None and (entry.size, entry.mtime_ns) == (candidate.size, candidate.mtime_ns)
