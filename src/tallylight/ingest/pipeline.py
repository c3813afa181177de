"""The whole ingest on one page: discover → skip what is known → chunk → extract → record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio import from_thread, to_thread

from tallylight.catalog import Catalog, Known
from tallylight.clock import stopwatch
from tallylight.engine import Died, Engine, Verdict
from tallylight.facts import Counted, Discovered, Fact, FolderUnread, Processed
from tallylight.ingest.chunks import ChunkQueue
from tallylight.ingest.discover import Found, UnreadFolder, Walked, discover, is_media, name_filter
from tallylight.ingest.ports import Now, Record
from tallylight.model import Candidate, Outcome, OutcomeKind, Parameters, Reason
from tallylight.roots import Roots, absolute

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """One session's work and what it is given to do it with."""

    parameters: Parameters
    roots: Roots
    engine: Engine
    catalog: Catalog
    record: Record
    now: Now
    extract: Callable[[Candidate], Outcome]  #: picklable; runs in workers
    skip: tuple[str, ...] = ()  #: real paths never scanned
    wanted: Callable[[str], bool] = is_media  #: tells by a file's name
    queue: ChunkQueue = field(default_factory=ChunkQueue)


async def run(ingest: Ingest) -> None:
    """Process everything below the session's directories. Returns once every candidate has a durable outcome.

    Cancelling it stops at once: outcomes of chunks that are under way are given up.
    """
    shared = _Shared(ingest)
    ingest.record.current_file = shared.current_file
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shared.discover)
            # One chunk more than there are workers waits at the engine, so that none idles while outcomes are written.
            for _ in range(ingest.engine.jobs + 1):
                tasks.start_soon(shared.extract)
    finally:
        shared.stopped = True


class _Shared:
    """What the stages of one run share: the queue, whether more is coming, and what is under way."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._all_found = False
        self._more = anyio.Event()
        self._under_way: set[str] = set()
        self._taken = 0
        self.stopped = (
            False  #: tells the scanning thread, which may be deep in a slow disk, that nobody listens any more
        )

    # --- discover -------------------------------------------------------------------------------------------------

    async def discover(self) -> None:
        await to_thread.run_sync(self._scan, abandon_on_cancel=True)
        await self._ingest.record.record(Counted(at=self._ingest.now()))
        self._all_found = True
        self._more.set()

    def _scan(self) -> None:
        ingest = self._ingest
        found = discover(ingest.roots, ingest.parameters.directories, ingest.skip, ingest.wanted)
        for batch in _batches(found):
            if self.stopped:
                return
            if batch:
                from_thread.run(self._found, *self._sort_out(batch))

    def _sort_out(self, batch: Sequence[Found]) -> tuple[list[Candidate], list[Fact]]:
        """Tell apart what is to be done, what is known already and what was not asked for."""
        parameters, now = self._ingest.parameters, self._ingest.now()
        candidates = [found for found in batch if isinstance(found, Candidate)]
        named = name_filter(parameters.pattern)
        matching = [candidate for candidate in candidates if named(candidate.file)]
        changed = self._changed(matching) if parameters.skip_existing else matching
        wanted = changed if parameters.max_files is None else changed[: max(0, parameters.max_files - self._taken)]
        self._taken += len(wanted)
        counts = Discovered(
            at=now,
            files=len(wanted),
            bytes=sum(candidate.size for candidate in wanted),
            unchanged=len(matching) - len(changed),
            excluded=len(candidates) - len(matching) + len(changed) - len(wanted),
        )
        unread = [
            FolderUnread(at=now, file=found.file, code=found.code, message=found.message)
            for found in batch
            if isinstance(found, UnreadFolder)
        ]
        return wanted, [counts, *unread] if candidates else [*unread]

    def _changed(self, candidates: list[Candidate]) -> list[Candidate]:
        known = self._ingest.catalog.known([absolute(candidate.root, candidate.file) for candidate in candidates])
        return [candidate for candidate in candidates if not _is_known(candidate, known)]

    async def _found(self, candidates: list[Candidate], facts: list[Fact]) -> None:
        if self.stopped:
            return
        await self._ingest.record.record(*facts)
        self._ingest.queue.put(candidates)
        self._more.set()

    # --- extract --------------------------------------------------------------------------------------------------

    async def extract(self) -> None:
        ingest = self._ingest
        while chunk := await self._next_chunk():
            names = {candidate.file for candidate in chunk}
            self._under_way |= names
            verdicts = await ingest.engine.run(ingest.extract, chunk)
            self._under_way -= names
            outcomes = [outcome_of(*pair) for pair in zip(chunk, verdicts, strict=True)]
            for outcome, verdict in zip(outcomes, verdicts, strict=True):
                # How long a death took nobody measured; taken for 0 ms it would make its type look free.
                if not isinstance(verdict, Died):
                    ingest.queue.learn(outcome.file, outcome.ms)
            now = ingest.now()
            await ingest.record.record(*(Processed(at=now, outcome=outcome) for outcome in outcomes))

    async def _next_chunk(self) -> list[Candidate]:
        """The next chunk; empty when there is and will be none."""
        while not (chunk := self._ingest.queue.take(self._ingest.engine.jobs)):
            if self._all_found:
                return []
            if self._more.is_set():
                self._more = anyio.Event()
            await self._more.wait()
        return chunk

    def current_file(self) -> str:
        """What has been worked on longest, of this session; labels may be cut short."""
        working = sorted(self._ingest.engine.working_on(), key=lambda worker: worker.since)
        for worker in working:
            for name in self._under_way:
                if name == worker.label or (worker.label and name.startswith(worker.label)):
                    return name
        return ""


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    """Cut what is found into batches that grow, and that no slow disk holds back for long. One may be empty: then the
    walk still goes on, and nothing was found for a while.
    """
    batch: list[Found] = []
    size, since = FIRST_BATCH, stopwatch()
    for one in found:
        if not isinstance(one, Walked):
            batch.append(one)
        if len(batch) >= size or stopwatch() - since > LONGEST_BATCH_S:
            yield batch
            batch, size, since = [], FOUND_BATCH, stopwatch()
    if batch:
        yield batch


def _is_known(candidate: Candidate, known: Mapping[str, Known]) -> bool:
    entry = known.get(absolute(candidate.root, candidate.file))
    return entry is not None and (entry.size, entry.mtime_ns) == (candidate.size, candidate.mtime_ns)


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
