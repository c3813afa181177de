"""A workshop on memory alone, for tests of the ingest: real supervisor, recorder and writer, twins for the rest."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest

from tallylight.catalog import Catalog
from tallylight.catalog.memory import MemoryCatalog
from tallylight.db import Writer
from tallylight.engine import Engine
from tallylight.engine.inline import InlineEngine
from tallylight.errors import DataFolderUnusable
from tallylight.facts import Fact, State, initial, reduce_all
from tallylight.ingest import commit, pipeline
from tallylight.ingest.discover import Found, Walked, discover
from tallylight.ingest.extract.version import EXTRACTOR_VERSION
from tallylight.ingest.looking import bring_up_to_date
from tallylight.ingest.ports import Record
from tallylight.ingest.rechecking import Recheck
from tallylight.ingest.supervisor import Supervisor
from tallylight.ingest.valve import Valve
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Session, Tombstone
from tallylight.journal.leases import Leases, SoleOwner
from tallylight.journal.memory import MemoryJournal
from tallylight.live import Hub, Update
from tallylight.model import Candidate, Outcome, OutcomeKind, Parameters, Reason, Status, Tier
from tallylight.recorder import Recorder
from tallylight.roots import Roots
from tallylight.testing import ManualClock

Extract = Callable[[Candidate], Outcome]


def extract(candidate: Candidate) -> Outcome:
    """As the real one answers: `bad…` is damaged, everything else a picture with two keywords."""
    outcome = Outcome(
        root=candidate.root,
        file=candidate.file,
        kind=OutcomeKind.EXTRACTED,
        bytes=candidate.size,
        mtime_ns=candidate.mtime_ns,
        ms=1.0,
        extractor_version=EXTRACTOR_VERSION,
        tier=Tier.FULL,
        media={"type": "image", "width": 4, "height": 3},
        keywords=(
            {"text": "cat", "weight": 1.0, "source": "prompt"},
            {"text": "hat", "weight": 1.0, "source": "prompt"},
        ),
        score=3,
    )
    if Path(candidate.file).name.startswith("bad"):
        return replace(
            outcome,
            kind=OutcomeKind.FAILED,
            code=Reason.DAMAGED,
            message="The decoder gives up.",
            media={},
            keywords=(),
            score=None,
        )
    return outcome


def make(folder: Path, names: Iterable[str], mtime_ns: int = 1_700_000_000_000_000_000) -> None:
    """Files of these names, each as long as its name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))
        os.utime(path, ns=(mtime_ns, mtime_ns))


class SeenHub(Hub):
    """A hub that keeps everything that was published, and lets a test wait for it."""

    def __init__(self, *, is_sole: bool = True) -> None:
        super().__init__(ManualClock(), is_sole=is_sole)
        self.updates: list[Update] = []
        self._published_one = anyio.Event()

    def publish(self, update: Update) -> None:
        self.updates.append(update)
        super().publish(update)
        published, self._published_one = self._published_one, anyio.Event()
        published.set()

    async def saw(self, condition: Callable[[Update], bool], after: int = 0) -> Update:
        """The first update that meets a condition, once there is one; but for so many that came first."""
        looked_at = after
        while True:
            for update in self.updates[looked_at:]:
                if condition(update):
                    return update
            looked_at = len(self.updates)
            await self._published_one.wait()


class GatedJournal(MemoryJournal):
    """A journal whose facts a test can hold back or let fail, and which remembers each."""

    def __init__(self) -> None:
        super().__init__()
        self.appended: list[list[Fact]] = []  #: those of each write of some that was begun
        self.gate = Event()
        self.gate.set()
        self.fail_when: Callable[[Sequence[Fact]], bool] = lambda _facts: False

    def create(self, session: Session, facts: Sequence[Fact] = ()) -> None:
        self._pass(facts)
        super().create(session, facts)

    def append(self, session_id: str, facts: Sequence[Fact], state: State) -> int:
        self._pass(facts)
        return super().append(session_id, facts, state)

    def _pass(self, facts: Sequence[Fact]) -> None:
        if facts:
            self.appended.append(list(facts))
        assert self.gate.wait(10), "the test never opened the gate"
        if self.fail_when(facts):
            raise DataFolderUnusable("The disk is full; make room.")


@dataclass(kw_only=True)
class Bench:
    """What a test works with."""

    root: Path
    roots: Roots
    journal: MemoryJournal
    catalog: Catalog
    engine: Engine
    hub: SeenHub
    clock: ManualClock
    supervisor: Supervisor
    forgotten: list[Tombstone] = field(default_factory=list)

    def parameters(self, **fields: Any) -> Parameters:
        return Parameters(**{"directories": (str(self.root),), **fields})

    async def start(self, **fields: Any) -> str:
        return (await self.supervisor.start(self.parameters(**fields))).session_id

    async def run(self, **fields: Any) -> State:
        """A whole processing; its durable end."""
        session_id = await self.start(**fields)
        await self.finished(session_id)
        return self.state(session_id)

    async def finished(self, session_id: str) -> None:
        with anyio.fail_after(20):
            await self.supervisor.finished(session_id)

    async def held(self, session_id: str) -> State | None:
        """Return once a session is held, or at rest (then None)."""
        # One that was held by an earlier process publishes nothing.
        if self.state(session_id).status is Status.HELD:
            return self.state(session_id)
        with anyio.fail_after(20):
            update = await self.hub.saw(
                lambda update: update.key == session_id and (update.final or update.state["status"] == "held")
            )
        return None if update.final else self.state(session_id)

    async def confirmed(self, session_id: str) -> State:
        """A session's end, for which it is confirmed where it is held."""
        if await self.held(session_id) is not None:
            await self.supervisor.resume(session_id)
        await self.finished(session_id)
        return self.state(session_id)

    async def commit(self, session_id: str) -> State:
        await self.supervisor.commit(session_id)
        await self.finished(session_id)
        return self.state(session_id)

    def state(self, session_id: str) -> State:
        """What the journal holds, which must be what its facts fold into."""
        session = self.journal.session(session_id)
        facts = (fact for _, fact in self.journal.facts(session_id))
        assert session.state == reduce_all(initial(session_id, session.parameters), facts)
        return session.state

    def outcomes(self, session_id: str) -> dict[str, Outcome]:
        items = self.journal.items(session_id, limit=100_000)
        outcomes = {item.outcome.file: item.outcome for item in items}
        assert len(outcomes) == len(items), "a file has two outcomes"
        return outcomes

    def add(self, session: Session, facts: Sequence[Fact]) -> None:
        """A session as an earlier process left it."""
        self.journal.create(replace(session, state=reduce_all(session.state, facts)), facts)


@asynccontextmanager
async def open_bench(
    root: Path,
    *,
    journal: MemoryJournal | None = None,
    catalog: Catalog | None = None,
    engine: Engine | None = None,
    extract: Extract = extract,
    skip: tuple[str, ...] = (),
    may_read: Callable[[Parameters], bool] = lambda _parameters: True,
    may_recheck: Callable[[Parameters], bool] = lambda _parameters: True,
    recheck: Recheck = lambda _items: {},
    leases: Leases | None = None,
) -> AsyncIterator[Bench]:
    """Everything wired as the services do it. The tree must be made before."""
    hub, clock, writer, numbers = SeenHub(), ManualClock(), Writer(), itertools.count()
    journal, catalog, engine = journal or MemoryJournal(), catalog or MemoryCatalog(), engine or InlineEngine()
    roots = Roots((str(root),))
    forgotten: list[Tombstone] = []

    def ingest_for(session: Session, record: Record, valve: Valve) -> pipeline.Ingest:
        return pipeline.Ingest(
            session_id=session.session_id,
            parameters=session.parameters,
            roots=roots,
            engine=engine,
            journal=journal,
            catalog=catalog,
            record=record,
            write=writer.run,
            now=clock.now,
            extract=extract,
            skip=skip,
            valve=valve,
        )

    def commit_for(session: Session, record: Record, as_shown: bool) -> commit.Commit:
        return commit.Commit(
            session_id=session.session_id,
            journal=journal,
            catalog=catalog,
            record=record,
            write=writer.run,
            now=clock.now,
            rule=session.parameters.conflict_rule,
            recheck=recheck,
            as_shown=as_shown,
            directories=session.parameters.directories,
            roots=roots,
        )

    workshop = Workshop(
        journal=journal,
        write=writer.run,
        now=clock.now,
        new_epoch=lambda: f"epoch{next(numbers)}",
        record_for=lambda session: Recorder(session, journal=journal, write=writer.run, hub=hub, clock=clock),
        ingest_for=ingest_for,
        commit_for=commit_for,
        catalog=catalog,
        look=lambda session_id: bring_up_to_date(journal, catalog, roots, session_id, writer.run),
        forgotten=forgotten.append,
        may_read=may_read,
        may_recheck=may_recheck,
        leases=leases or SoleOwner(),
    )
    async with anyio.create_task_group() as tasks:
        yield Bench(
            root=root,
            roots=roots,
            journal=journal,
            catalog=catalog,
            engine=engine,
            hub=hub,
            clock=clock,
            supervisor=Supervisor(workshop, tasks),
            forgotten=forgotten,
        )
        tasks.cancel_scope.cancel()
    await engine.aclose()
    await writer.aclose()


class GatedFolder:
    """Holds the scanning thread before it lists one folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._reached, self._gate = Event(), Event()
        list_really = os.scandir

        def list_when_open(wanted: str) -> Any:
            if wanted == str(folder):
                self._reached.set()
                assert self._gate.wait(10), "the test never opened the folder"
            return list_really(wanted)

        monkeypatch.setattr(os, "scandir", list_when_open)

    def open(self) -> None:
        self._gate.set()

    async def reached(self) -> None:
        """Return once the scan stands before the folder."""
        assert await anyio.to_thread.run_sync(self._reached.wait, 10)


class WatchedWalk:
    """Counts the folders that the scanning thread goes through, and notes when it has stopped looking."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folders = 0
        self._left = Event()
        monkeypatch.setattr(pipeline, "discover", self._discover)

    def _discover(self, *args: Any, **options: Any) -> Iterator[Found]:
        try:
            for one in discover(*args, **options):
                self.folders += isinstance(one, Walked)
                yield one
            # A walk that says nothing on its way has gone through everything by now.
            self.folders = max(self.folders, 1_000_000)
        finally:
            self._left.set()

    async def ended(self) -> None:
        """Return once the thread has left the walk, at its end or before."""
        assert await anyio.to_thread.run_sync(self._left.wait, 10)
