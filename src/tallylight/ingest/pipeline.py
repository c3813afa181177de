"""The whole ingest on one page: what is left → discover → sort → chunk → extract → record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import anyio
from anyio import from_thread, to_thread

from tallylight.catalog import Catalog
from tallylight.clock import stopwatch
from tallylight.engine import Died, Engine, Verdict
from tallylight.facts import Counted, Discovered, Fact, Moved, Processed
from tallylight.ingest import guard
from tallylight.ingest.chunks import ChunkQueue
from tallylight.ingest.discover import Found, Walked, discover, is_media
from tallylight.ingest.left import CRASHED, Left, read
from tallylight.ingest.missing import gone_folders
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.sorting import Sorter, taken_by
from tallylight.ingest.valve import Valve
from tallylight.journal import Journal
from tallylight.messages import Busy
from tallylight.model import Candidate, Outcome, OutcomeKind, Parameters, Reason, Status
from tallylight.roots import Roots, is_folder_gone, mount_point

#: Files found between two looks at the catalog; small enough that the first are at work within milliseconds.
FOUND_BATCH: Final = 256
FIRST_BATCH: Final = 16
#: Seconds after which a batch goes on its way, full or not.
LONGEST_BATCH_S: Final = 0.05

_DEATHS: Final = {
    "timeout": (Reason.TIMEOUT, "It took longer than the time limit for one file, so its worker was stopped."),
    "crashed": (Reason.CRASHED, "Its worker process crashed on it"),
    "memory": (Reason.MEMORY, "It needs more memory than a worker may use."),
}
_TOOK_ALL_DOWN: Final = Died("crashed", "the whole program ended each time it was tried")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """One session's work and what it is given to do it with."""

    session_id: str
    parameters: Parameters
    roots: Roots
    engine: Engine
    journal: Journal
    catalog: Catalog
    record: Record
    write: Write
    now: Now
    extract: Callable[[Candidate], Outcome]  #: picklable; runs in workers
    skip: tuple[str, ...] = ()  #: real paths never scanned
    wanted: Callable[[str], bool] = is_media  #: tells by a file's name
    valve: Valve = field(default_factory=Valve)
    hold: Callable[..., Awaitable[None]] | None = None  #: shuts the valve and records facts; None: no guard is asked
    guard_share: float = 0.2  #: of the known files of a directory that may be missing before the session is held
    queue: ChunkQueue = field(default_factory=ChunkQueue)
    noted: Callable[[int], None] = lambda _outcomes: None  #: told of so many more durable outcomes; 0 at the end


async def run(ingest: Ingest) -> None:
    """Process everything below the session's directories that has no outcome yet, whoever began with it. Returns once
    every candidate has a durable outcome, or once what was under way when the valve was shut has.

    Cancelling it stops at once: outcomes of chunks that are under way are given up.
    """
    left = await to_thread.run_sync(read, ingest.journal, ingest.session_id, ingest.queue)
    if left.tries:
        await ingest.write(ingest.journal.count_tries, ingest.session_id, left.tries)
    shared = _Shared(ingest, left)
    ingest.record.current_file, ingest.record.busy = shared.current_file, shared.busy
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shared.watch_valve)
            async with anyio.create_task_group() as stages:
                stages.start_soon(shared.discover)
                await shared.run_alone(left)
                # One chunk more than there are workers waits at the engine, so that none idles while outcomes are
                # written.
                for _ in range(ingest.engine.jobs + 1):
                    stages.start_soon(shared.extract)
            tasks.cancel_scope.cancel()
    except anyio.get_cancelled_exc_class():
        # What is stopped in an orderly way has crashed nothing.
        with anyio.CancelScope(shield=True):
            await ingest.write(ingest.journal.count_tries, ingest.session_id, left.tries)
        raise
    finally:
        shared.stop()
    ingest.noted(0)
    if ingest.valve.is_shut:
        await ingest.write(ingest.journal.count_tries, ingest.session_id, left.tries)


class _Shared:
    """What the stages of one run share: the queue, whether more is coming, and what is under way."""

    def __init__(self, ingest: Ingest, left: Left) -> None:
        self._ingest = ingest
        self._walk = left.walk
        self._retries = ingest.record.state.retry_seq > 0
        self._all_found = ingest.record.state.total_final or self._retries
        self._more = anyio.Event()
        self._under_way: set[str] = set()
        self._stopped = False  #: nothing new starts; also for the scanning thread, which may be deep in a slow disk

    def stop(self) -> None:
        self._stopped = True
        self._more.set()

    async def watch_valve(self) -> None:
        await self._ingest.valve.shut()
        self.stop()

    # --- discover -------------------------------------------------------------------------------------------------

    async def discover(self) -> None:
        if self._all_found:
            return
        await to_thread.run_sync(self._scan, abandon_on_cancel=True)
        if self._stopped:
            return
        facts, doubt = await to_thread.run_sync(self._conclude, abandon_on_cancel=True)
        # One that was paused meanwhile concludes once it goes on.
        if self._ingest.valve.is_shut:
            return
        if doubt and self._ingest.hold is not None:
            # In one write: a process that ends between the two would forget its doubt.
            held = Moved(at=self._ingest.now(), status=Status.HELD, code=guard.CODE, message=doubt)
            await self._ingest.hold(*facts, held)
            return
        await self._ingest.record.record(*facts)
        self._all_found = True
        self._more.set()

    def _scan(self) -> None:
        ingest, finished = self._ingest, self._walk.finished
        sorter = Sorter(ingest.parameters, ingest.catalog, ingest.record.state.files, self._walk, ingest.wanted)
        directories = ingest.parameters.directories
        found = discover(
            ingest.roots, directories, ingest.skip, ingest.wanted, finished=finished, expected=sorter.expected
        )
        for batch in _batches(found):
            if self._stopped:
                return
            if facts := sorter.sort(batch, ingest.now()):
                from_thread.run(self._found, facts)

    def _conclude(self) -> tuple[list[Fact], str]:
        """What is to be recorded once all is found, and why the session should be held before it goes on."""
        ingest, now = self._ingest, self._ingest.now()
        directories = ingest.parameters.directories
        takes = taken_by(ingest.parameters, ingest.wanted)
        gone = gone_folders(ingest.journal, ingest.catalog, ingest.session_id, directories, takes)
        missing = sum(len(found.missing) for found in gone)
        told = [Discovered(at=now, missing=missing, folders=tuple(gone))] if gone else []
        standings = guard.standings(
            directories,
            chain(ingest.journal.folders(ingest.session_id), gone),
            frozenset(filter(is_folder_gone, directories)),
            ingest.catalog.mounts(directories),
            {directory: mount_point(directory) for directory in directories},
        )
        return [*told, Counted(at=now)], guard.sentence(standings, ingest.guard_share)

    async def _found(self, facts: list[Fact]) -> None:
        if self._stopped:
            return
        await self._ingest.record.record(*facts)
        for fact in facts:
            if isinstance(fact, Discovered) and fact.haul is not None:
                self._ingest.queue.put(fact.haul.candidates)
        self._more.set()

    # --- extract --------------------------------------------------------------------------------------------------

    async def run_alone(self, left: Left) -> None:
        """Deal with those under way at more than one end of the process: which of them it was shows when each runs with
        no other beside it.
        """
        ingest = self._ingest
        await self._settle([(candidate, _TOOK_ALL_DOWN) for candidate in left.crashed])
        for candidate in left.alone:
            if self._stopped:
                return
            # Counted before it runs: if the process ends now, there is nobody else to blame.
            await ingest.write(ingest.journal.count_tries, ingest.session_id, {candidate.number: CRASHED})
            await self._run([candidate])

    async def extract(self) -> None:
        ingest = self._ingest
        while chunk := await self._next_chunk():
            await ingest.write(ingest.journal.take, ingest.session_id, chunk[-1].number)
            await self._run(chunk)

    async def _run(self, chunk: list[Candidate]) -> None:
        names = {candidate.file for candidate in chunk}
        self._under_way |= names
        verdicts = await self._ingest.engine.run(self._ingest.extract, chunk)
        self._under_way -= names
        await self._settle(list(zip(chunk, verdicts, strict=True)))

    async def _settle(self, verdicts: Sequence[tuple[Candidate, Verdict[Outcome]]]) -> None:
        now, facts = self._ingest.now(), []
        for candidate, verdict in verdicts:
            outcome = outcome_of(candidate, verdict)
            # How long a death took nobody measured; taken for 0 ms it would make its type look free.
            if not isinstance(verdict, Died):
                self._ingest.queue.learn(outcome.file, outcome.ms)
            place = {"retries" if self._retries else "number": candidate.number}
            facts.append(Processed(at=now, outcome=outcome, **place))
        if facts:
            await self._ingest.record.record(*facts)
            self._ingest.noted(len(facts))

    async def _next_chunk(self) -> list[Candidate]:
        """The next chunk; empty when there is and will be none."""
        while not self._stopped:
            if chunk := self._ingest.queue.take(self._ingest.engine.jobs):
                return chunk
            if self._all_found:
                break
            if self._more.is_set():
                self._more = anyio.Event()
            await self._more.wait()
        return []

    def current_file(self) -> str:
        """What has been worked on longest, of this session."""
        return next((each.file for each in self._working()), "")

    def busy(self) -> list[Busy]:
        """What each worker is on, of this session, the longest first."""
        return list(self._working())

    def _working(self) -> Iterator[Busy]:
        for worker in sorted(self._ingest.engine.working_on(), key=lambda worker: worker.since):
            # Labels may be cut short.
            name = worker.label if worker.label in self._under_way else self._begins_with(worker.label)
            if name:
                yield Busy(name, worker.since)

    def _begins_with(self, label: str) -> str:
        return next((name for name in self._under_way if label and name.startswith(label)), "")


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    """Cut what is found into batches that grow, and that no slow disk holds back for long. One may be empty: then the
    walk still goes on, and nothing was found for a while.
    """
    batch: list[Found] = []
    left, since = FIRST_BATCH, stopwatch()
    for one in found:
        if not isinstance(one, Walked):
            left -= 1
            batch.append(one)
        elif not one.is_empty or one.unmet is not None:
            batch.append(one)
        if left <= 0 or stopwatch() - since > LONGEST_BATCH_S:
            yield batch
            batch, left, since = [], FOUND_BATCH, stopwatch()
    if batch:
        yield batch


def outcome_of(candidate: Candidate, verdict: Verdict[Outcome]) -> Outcome:
    """What became of a candidate; a worker that died on it is an outcome like any other."""
    if not isinstance(verdict, Died):
        return verdict.value
    code, sentence = _DEATHS[verdict.reason]
    if code is Reason.CRASHED:
        sentence = f"{sentence} ({verdict.detail})." if verdict.detail else f"{sentence}."
    return Outcome(
        root=candidate.root,
        file=candidate.file,
        kind=OutcomeKind.FAILED,
        code=code,
        message=sentence,
        bytes=candidate.size,
        mtime_ns=candidate.mtime_ns,
    )
