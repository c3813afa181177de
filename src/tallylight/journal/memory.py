"""A journal that forgets when the process ends: for tests, and for runs that need no memory."""

from __future__ import annotations

import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tallylight.errors import NotFound
from tallylight.facts import Discovered, Fact, Processed, State, without_names
from tallylight.journal import contract
from tallylight.journal.codec import bare
from tallylight.journal.contract import (
    TOMBSTONE_AGE,
    Item,
    Session,
    StoredText,
    Tombstone,
    check_new,
)
from tallylight.journal.epoch import new_epoch
from tallylight.journal.memory_previews import MemoryPreviews
from tallylight.journal.previews import Previews
from tallylight.model import FolderFound, Haul, OutcomeKind, RawText, Reason
from tallylight.roots import absolute


@dataclass(slots=True)
class _Kept:
    session: Session
    facts: list[Fact] = field(default_factory=list)
    texts: dict[int, tuple[RawText, ...]] = field(default_factory=dict)
    hauls: list[Haul] = field(default_factory=list)
    folders: dict[str, FolderFound] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    taken: int = 0
    retried: dict[int, int] = field(default_factory=dict)


class MemoryJournal:
    """`Journal` in memory. Nothing survives the process, and every other promise holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = new_epoch()
        self._tally = 0
        self._boot_id: str | None = None
        self._kept: dict[str, _Kept] = {}
        self._tombstones: list[Tombstone] = []
        self._previews = MemoryPreviews(self)

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def previews(self) -> Previews:
        return self._previews

    def tally(self) -> int:
        return self._tally

    def remember_boot(self, boot_id: str) -> bool:
        with self._lock:
            restarted = self._boot_id is not None and self._boot_id != boot_id
            self._boot_id = boot_id
            if restarted:
                self._renew_epochs()
            return restarted

    def create(self, session: Session, facts: Sequence[Fact] = ()) -> None:
        check_new(session, facts)
        with self._lock:
            if session.session_id in self._kept:
                raise ValueError(f"Session {session.session_id} exists already.")
            self._kept[session.session_id] = kept = _Kept(session)
            self._add(kept, facts, session.state)

    def append(self, session_id: str, facts: Sequence[Fact], state: State) -> int:
        with self._lock:
            kept = self._find(session_id)
            seq = kept.session.state.seq
            if state.seq != seq + len(facts):
                raise ValueError(f"State at {state.seq}, but {len(facts)} facts after {seq} were given.")
            return self._add(kept, facts, state)

    def take(self, session_id: str, until: int) -> None:
        with self._lock:
            self._find(session_id).taken = until

    def count_tries(self, session_id: str, tries: Mapping[int, int]) -> None:
        with self._lock:
            kept = self._find(session_id)
            kept.tries |= tries
            kept.taken = 0

    def hauls(self, session_id: str) -> Iterator[Haul]:
        with self._lock:
            return iter(list(self._find(session_id).hauls))

    def folders(self, session_id: str) -> Iterator[FolderFound]:
        with self._lock:
            return iter(list(self._find(session_id).folders.values()))

    def paths(self, session_id: str) -> Iterator[str]:
        facts = (fact for _, fact in self.facts(session_id))
        return (absolute(fact.outcome.root, fact.outcome.file) for fact in facts if isinstance(fact, Processed))

    def hashed(self, session_id: str) -> Iterator[tuple[str, str]]:
        items = self.items(session_id, kind=OutcomeKind.EXTRACTED, limit=sys.maxsize)
        of_files = ((item.outcome, item.outcome.sha256) for item in items)
        return ((absolute(one.root, one.file), sha256) for one, sha256 in of_files if sha256 is not None)

    def numbers(self, session_id: str) -> Iterator[int]:
        return (fact.number for _, fact in self.facts(session_id) if isinstance(fact, Processed))

    def taken(self, session_id: str) -> int:
        with self._lock:
            return self._find(session_id).taken

    def tries(self, session_id: str) -> dict[int, int]:
        with self._lock:
            return dict(self._find(session_id).tries)

    def session(self, session_id: str) -> Session:
        with self._lock:
            return self._find(session_id).session

    def sessions(self, *, limit: int = 100, before: float | None = None) -> list[Session]:
        newest_first = sorted(self._all(), key=lambda session: (session.created_at, session.session_id), reverse=True)
        return [session for session in newest_first if before is None or session.created_at < before][: max(limit, 0)]

    def sessions_since(self, tally: int) -> list[Session]:
        return sorted((session for session in self._all() if session.tally > tally), key=lambda session: session.tally)

    def sessions_in_motion(self) -> list[Session]:
        moving = (session for session in self._all() if not session.state.at_rest)
        return sorted(moving, key=lambda session: (session.created_at, session.session_id))

    def facts(self, session_id: str, after: int = 0) -> Iterator[tuple[int, Fact]]:
        with self._lock:
            facts = list(enumerate(self._find(session_id).facts, 1))
        return iter(facts[max(after, 0) :])

    def items(
        self,
        session_id: str,
        *,
        kind: OutcomeKind | None = None,
        code: Reason | None = None,
        conflicts: bool = False,
        after: int = 0,
        limit: int = 100,
    ) -> list[Item]:
        retried = self.retried(session_id)
        items = [
            Item(seq, fact.at, fact.outcome)
            for seq, fact in self.facts(session_id, after)
            if isinstance(fact, Processed)
            and kind in {None, fact.outcome.kind}
            and code in {None, fact.outcome.remark}
            and (fact.outcome.conflicts or not conflicts)
            and seq not in retried
        ]
        return items[: max(limit, 0)]

    def failures(self, session_id: str) -> dict[Reason, int]:
        failed = self.items(session_id, kind=OutcomeKind.FAILED, limit=sys.maxsize)
        codes = Counter(item.outcome.code for item in failed if item.outcome.code is not None)
        return dict(sorted(codes.items(), key=lambda counted: (-counted[1], counted[0])))

    def contents(self, session_id: str) -> Iterator[str]:
        items = self.items(session_id, limit=sys.maxsize)
        return (item.outcome.sha256 for item in items if item.outcome.sha256 is not None)

    def item(self, session_id: str, seq: int) -> Item:
        number, fact = next(self.facts(session_id, after=seq - 1), (0, None))
        if number != seq or not isinstance(fact, Processed):
            raise NotFound(f"Session {session_id} has no item {seq}; its items list has the numbers.")
        return Item(seq, fact.at, fact.outcome)

    def retried(self, session_id: str) -> dict[int, int]:
        with self._lock:
            return dict(self._find(session_id).retried)

    def texts(self, session_id: str, seq: int) -> list[StoredText]:
        self.item(session_id, seq)
        texts = self.raw_texts(session_id, [seq]).get(seq, [])
        return [StoredText(text.key, zlib.decompress(text.zlib).decode()) for text in texts]

    def raw_texts(self, session_id: str, seqs: Sequence[int]) -> dict[int, list[RawText]]:
        with self._lock:
            texts = self._find(session_id).texts
            return {seq: list(texts[seq]) for seq in seqs if seq in texts}

    def delete(self, session_id: str, at: float) -> Tombstone:
        with self._lock:
            session = self._find(session_id).session
            del self._kept[session_id]
            self._previews.forget(session_id)
            tombstone = Tombstone(
                session_id=session_id,
                epoch=session.epoch,
                state=without_names(session.state),
                deleted_at=at,
                tally=self._tick(),
            )
            young = [
                other
                for other in self._tombstones
                if other.deleted_at >= at - TOMBSTONE_AGE and other.session_id != session_id
            ]
            self._tombstones = [*young, tombstone][-contract.MOST_TOMBSTONES :]
            return tombstone

    def tombstone(self, session_id: str) -> Tombstone:
        for tombstone in self.tombstones_since(0):
            if tombstone.session_id == session_id:
                return tombstone
        raise _no_session(session_id)

    def tombstones_since(self, tally: int) -> list[Tombstone]:
        with self._lock:
            return [tombstone for tombstone in self._tombstones if tombstone.tally > tally]

    def _all(self) -> list[Session]:
        with self._lock:
            return [kept.session for kept in self._kept.values()]

    def _find(self, session_id: str) -> _Kept:
        if session_id not in self._kept:
            raise _no_session(session_id)
        return self._kept[session_id]

    def _add(self, kept: _Kept, facts: Sequence[Fact], state: State) -> int:
        first = state.seq - len(facts) + 1
        for number, fact in enumerate(facts, first):
            if isinstance(fact, Processed) and fact.outcome.texts:
                kept.texts[number] = fact.outcome.texts
            if isinstance(fact, Processed) and fact.retries:
                kept.retried[fact.retries] = number
        kept.facts += map(bare, facts)
        kept.hauls += [fact.haul for fact in facts if isinstance(fact, Discovered) and fact.haul is not None]
        told = [folder for fact in facts if isinstance(fact, Discovered) for folder in fact.folders]
        for folder in told:
            kept.folders.setdefault(folder.folder, folder)
        if state.at_rest:
            kept.hauls, kept.tries, kept.taken = [], {}, 0
        kept.session = replace(kept.session, state=state, tally=self._tick())
        return self._tally

    def _renew_epochs(self) -> None:
        self._epoch = new_epoch()
        for kept in self._kept.values():
            if not kept.session.state.at_rest:
                kept.session = replace(kept.session, epoch=new_epoch())

    def _tick(self) -> int:
        self._tally += 1
        return self._tally


def _no_session(session_id: str) -> NotFound:
    return NotFound(f"There is no session {session_id}; `tallylight sessions` lists them.")
