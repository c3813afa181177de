"""What an earlier process left to do of a session: read from its journal before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tallylight.errors import NoQueue
from tallylight.ingest.chunks import ChunkQueue
from tallylight.ingest.retrying import Wanted
from tallylight.journal import Journal
from tallylight.model import Candidate, Haul, OutcomeKind
from tallylight.roots import absolute

#: Ends of the process with a candidate under way, after which that one runs alone, so that no other shares the blame.
ALONE: Final = 2
#: Ends after which a candidate is not tried again: the last of them was its own.
CRASHED: Final = 3
#: Failed outcomes in one read.
PAGE: Final = 1000


@dataclass(slots=True)
class CutOff:
    """A folder that a walk has told a part of."""

    names: set[str] = field(default_factory=set)  #: absolute, escaped paths of its files that are in the queue
    unchanged: int = 0  #: counted of it
    excluded: int = 0


@dataclass(slots=True)
class Walk:
    """How far a discovery had come. Folders are absolute and escaped."""

    finished: set[str] = field(default_factory=set)  #: listed to their end, or known to be unreadable
    cut_off: dict[str, CutOff] = field(default_factory=dict)

    def add(self, haul: Haul) -> None:
        """The stretch that came next."""
        self.finished.update(haul.finished)
        for folder in haul.finished:
            self.cut_off.pop(folder, None)
        if haul.folder:
            part = self.cut_off.setdefault(haul.folder, CutOff())
            part.unchanged, part.excluded = haul.unchanged, haul.excluded
            paths = map(path_of, haul.candidates)
            part.names.update(path for path in paths if folder_of(path) == haul.folder)


@dataclass(slots=True)
class Left:
    """What is to be done yet. For a new session, nothing but the walk."""

    walk: Walk = field(default_factory=Walk)
    alone: list[Candidate] = field(default_factory=list)  #: to be run one by one, before the others
    crashed: list[Candidate] = field(default_factory=list)  #: not to be run at all
    tries: dict[int, int] = field(default_factory=dict)  #: by number, this start included


def read(journal: Journal, session_id: str, queue: ChunkQueue) -> Left:
    """What is left of a session; what runs as any other goes into `queue`, in the order of its numbers. Raises NoQueue
    where the journal does not tell.
    """
    if journal.session(session_id).state.retry_seq:
        return _read_retry(journal, session_id, queue)
    left, done = Left(), _Done(journal, session_id)
    taken, tries = journal.taken(session_id), journal.tries(session_id)
    found = 0
    for haul in journal.hauls(session_id):
        left.walk.add(haul)
        found += len(haul.candidates)
        queue.put(_sorted_out(haul.candidates, done, taken, tries, left))
    if found != journal.session(session_id).state.files:
        raise NoQueue
    return left


def path_of(candidate: Candidate) -> str:
    return absolute(candidate.root, candidate.file)


def folder_of(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _read_retry(journal: Journal, session_id: str, queue: ChunkQueue) -> Left:
    """The failed files that are to be tried again and have no new outcome yet. Their outcomes' numbers are theirs."""
    left, after = Left(), 0
    last, taken, tries = (
        journal.session(session_id).state.retry_seq,
        journal.taken(session_id),
        journal.tries(session_id),
    )
    wanted = Wanted.of(journal, session_id, last)
    while items := journal.items(session_id, kind=OutcomeKind.FAILED, after=after, limit=PAGE):
        after = items[-1].seq
        failed = [(item.seq, item.outcome) for item in items if item.seq < last and item in wanted]
        candidates = tuple(Candidate(one.root, one.file, one.bytes, one.mtime_ns, seq) for seq, one in failed)
        queue.put(_sorted_out(candidates, (), taken, tries, left))
    return left


class _Done:
    """Which numbers have an outcome: a byte each, whatever the names are."""

    def __init__(self, journal: Journal, session_id: str) -> None:
        self._has = bytearray(journal.session(session_id).state.files + 1)
        for number in journal.numbers(session_id):
            self._has[number] = 1

    def __contains__(self, number: int) -> bool:
        return self._has[number] == 1


def _sorted_out(
    candidates: tuple[Candidate, ...], done: _Done | tuple[()], taken: int, tries: dict[int, int], left: Left
) -> tuple[Candidate, ...]:
    """Those that run as any other; the rest goes to `left`."""
    waiting = []
    for candidate in candidates:
        number = candidate.number
        if number in done:
            continue
        count = tries.get(number, 0) + (number <= taken and tries.get(number, 0) < ALONE)
        if count:
            left.tries[number] = count
        if count >= CRASHED:
            left.crashed.append(candidate)
        elif count >= ALONE:
            left.alone.append(candidate)
        else:
            waiting.append(candidate)
    return tuple(waiting)
