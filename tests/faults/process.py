"""A process of sessions that a test may kill: everything real, but for the engine, which waits to be let."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import anyio
from tests.faults.reference import is_bad
from tests.ingest.bench import SeenHub

from tallylight.catalog import Catalog
from tallylight.db import Writer
from tallylight.engine import Verdict
from tallylight.engine.contract import Done, Item, Result, WorkerOn
from tallylight.errors import DatabaseUnusable
from tallylight.ingest import commit, pipeline
from tallylight.ingest.ports import Record
from tallylight.ingest.supervisor import Supervisor, Workshop
from tallylight.ingest.valve import Valve
from tallylight.journal import Journal, Session
from tallylight.model import Candidate, Outcome, OutcomeKind, Parameters, Reason
from tallylight.recorder import Recorder
from tallylight.roots import Roots, absolute
from tallylight.testing import ManualClock

Args = TypeVarTuple("Args")
Answer = TypeVar("Answer")


def extract(_session_id: str, candidate: Candidate) -> Outcome:
    """What a file holds is its content; what begins with `bad` cannot be decoded."""
    known = {"root": candidate.root, "file": candidate.file, "bytes": candidate.size, "mtime_ns": candidate.mtime_ns}
    path = Path(absolute(candidate.root, candidate.file))
    try:
        content, mtime_ns = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns
    except FileNotFoundError:
        return Outcome(kind=OutcomeKind.FAILED, code=Reason.VANISHED, message="It is gone.", **known)  # type: ignore[arg-type]
    known |= {"bytes": len(content), "mtime_ns": mtime_ns}
    if is_bad(content):
        return Outcome(kind=OutcomeKind.FAILED, code=Reason.DAMAGED, message="It is bad.", **known)  # type: ignore[arg-type]
    return Outcome(
        kind=OutcomeKind.EXTRACTED,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        media={"type": "image", "width": 4, "height": 3, "title": content},
        keywords=({"text": content, "weight": 1.0, "source": "prompt"},),
        **known,  # type: ignore[arg-type]
    )


class LetEngine:
    """Holds back each chunk until its session is let; then runs it on the spot."""

    jobs = 1

    def __init__(self) -> None:
        self._held: defaultdict[str, list[anyio.Event]] = defaultdict(list)
        self._moved = anyio.Event()

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        assert isinstance(function, partial)
        held, gate = self._held[function.args[0]], anyio.Event()
        held.append(gate)
        moved, self._moved = self._moved, anyio.Event()
        moved.set()
        try:
            await gate.wait()
        finally:
            held.remove(gate)
        return await anyio.to_thread.run_sync(lambda: [Done(function(item)) for item in items])

    def working_on(self) -> list[WorkerOn]:
        return []

    async def aclose(self) -> None:
        pass

    async def holds(self, session_id: str) -> None:
        """Return once a chunk of this session is held back."""
        while not self._waiting(session_id):
            await self._moved.wait()

    def let(self, session_id: str) -> None:
        """Let the oldest chunk of this session go on."""
        self._waiting(session_id)[0].set()

    def _waiting(self, session_id: str) -> list[anyio.Event]:
        return [gate for gate in self._held[session_id] if not gate.is_set()]


@dataclass(kw_only=True)
class Process:
    """One life of the program."""

    journal: Journal
    catalog: Catalog
    root: Path
    engine: LetEngine = field(default_factory=LetEngine)
    hub: SeenHub = field(default_factory=SeenHub)
    clock: ManualClock = field(default_factory=ManualClock)
    writer: Writer = field(default_factory=Writer)
    fuse: int | None = None  #: dies after so many more writes
    supervisor: Supervisor = field(init=False)

    async def write(self, function: Callable[[*Args], Answer], *args: *Args) -> Answer:
        if self.fuse is not None:
            if self.fuse <= 0:
                raise DatabaseUnusable("The process is dead; it writes nothing any more.")
            self.fuse -= 1
        return await self.writer.run(function, *args)

    def workshop(self) -> Workshop:
        numbers = itertools.count()
        return Workshop(
            journal=self.journal,
            write=self.write,
            now=self.clock.now,
            new_epoch=lambda: f"epoch{next(numbers)}",
            record_for=partial(Recorder, journal=self.journal, write=self.write, hub=self.hub, clock=self.clock),
            ingest_for=self._ingest,
            commit_for=self._commit,
            catalog=self.catalog,
            forgotten=lambda _tombstone: None,
        )

    def parameters(self) -> Parameters:
        return Parameters(directories=(str(self.root),))

    async def found(self, session_id: str) -> None:
        """Return once a session's discovery is over."""
        await self.hub.saw(lambda update: update.key == session_id and bool(update.state["total_final"]))

    async def finish(self, session_id: str) -> None:
        """Let a session have all it needs, until it is at rest."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._let_all, session_id)
            await self.supervisor.finished(session_id)
            tasks.cancel_scope.cancel()

    async def quiet(self, session_id: str) -> None:
        """Return once a session can do nothing more by itself: a chunk of it is held back, or it is at rest."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_at_rest, session_id, tasks.cancel_scope)
            await self.engine.holds(session_id)
            tasks.cancel_scope.cancel()

    async def let(self, session_id: str) -> None:
        """Let one chunk go on, and wait until its outcomes are shown; at once where none is to come any more."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_at_rest, session_id, tasks.cancel_scope)
            await self._let_one(session_id)
            tasks.cancel_scope.cancel()

    async def _cancel_at_rest(self, session_id: str, scope: anyio.CancelScope) -> None:
        await self.supervisor.finished(session_id)
        scope.cancel()

    async def _let_one(self, session_id: str) -> None:
        await self.engine.holds(session_id)
        known = len(self.hub.updates)
        self.engine.let(session_id)
        await self.hub.saw(lambda update: update.key == session_id, after=known)

    async def _let_all(self, session_id: str) -> None:
        while True:
            await self._let_one(session_id)

    def _ingest(self, session: Session, record: Record, valve: Valve) -> pipeline.Ingest:
        return pipeline.Ingest(
            session_id=session.session_id,
            parameters=session.parameters,
            roots=Roots((str(self.root),)),
            engine=self.engine,
            journal=self.journal,
            catalog=self.catalog,
            record=record,
            write=self.write,
            now=self.clock.now,
            extract=partial(extract, session.session_id),
            valve=valve,
        )

    def _commit(self, session: Session, record: Record) -> commit.Commit:
        return commit.Commit(
            session_id=session.session_id,
            journal=self.journal,
            catalog=self.catalog,
            record=record,
            write=self.write,
            now=self.clock.now,
            rule=session.parameters.conflict_rule,
            directories=session.parameters.directories,
            roots=Roots((str(self.root),)),
        )


@asynccontextmanager
async def living(journal: Journal, catalog: Catalog, root: Path) -> AsyncIterator[Process]:
    """A process that goes on with what an earlier one left. Left by setting its fuse to 0 first, it was killed."""
    process = Process(journal=journal, catalog=catalog, root=root)
    async with anyio.create_task_group() as tasks:
        process.supervisor = Supervisor(process.workshop(), tasks)
        await process.supervisor.recover()
        yield process
        tasks.cancel_scope.cancel()
    await process.writer.aclose()
