"""A session whose process ended at any moment comes to the same end as one that nobody disturbed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.bench import Bench, extract, make, open_bench

from tallylight.catalog.memory import MemoryCatalog
from tallylight.engine.inline import InlineEngine
from tallylight.errors import BadParameters, WrongMove
from tallylight.facts import Counted, Fact, Moved, Processed, Resumed, Started, State, initial, reduce_all
from tallylight.ingest import pipeline
from tallylight.ingest.left import ALONE, CRASHED, path_of
from tallylight.ingest.report import report
from tallylight.ingest.retrying import Wanted
from tallylight.journal import Previews, Session, Standing
from tallylight.journal.memory import MemoryJournal
from tallylight.journal.memory_previews import MemoryPreviews
from tallylight.journal.previews import Decided
from tallylight.model import Candidate, FolderFound, Outcome, OutcomeKind, Reason, Status
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio

Write = Callable[[MemoryJournal], object]


class NotingPreviews(MemoryPreviews):
    """Has its writes noted with those of its journal."""

    def __init__(self, journal: NotingJournal) -> None:
        super().__init__(journal)
        self._noted = journal.writes

    def first_of(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        found = super().first_of(session_id, contents)
        self._noted.append(lambda other: other.previews.first_of(session_id, contents))
        return found

    def settle(
        self, session_id: str, decided: Sequence[Decided], *, gone: Sequence[int], since: Standing, until: int
    ) -> bool:
        settled = super().settle(session_id, decided, gone=gone, since=since, until=until)
        self._noted.append(
            lambda other: other.previews.settle(session_id, decided, gone=gone, since=since, until=until)
        )
        return settled

    def restart(self, session_id: str, version: int) -> None:
        super().restart(session_id, version)
        self._noted.append(lambda other: other.previews.restart(session_id, version))


class NotingJournal(MemoryJournal):
    """Remembers its writes, so that they can be made again in another journal, as many of them as one likes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[Write] = []
        self.noting = NotingPreviews(self)

    @property
    def previews(self) -> Previews:
        return self.noting

    def create(self, session: Session, facts: Sequence[Fact] = ()) -> None:
        super().create(session, facts)
        noted = list(facts)
        self.writes.append(lambda other: other.create(session, noted))

    def append(self, session_id: str, facts: Sequence[Fact], state: State) -> int:
        tally = super().append(session_id, facts, state)
        noted = list(facts)
        self.writes.append(lambda other: other.append(session_id, noted, state))
        return tally

    def take(self, session_id: str, until: int) -> None:
        super().take(session_id, until)
        self.writes.append(lambda other: other.take(session_id, until))

    def count_tries(self, session_id: str, tries: Mapping[int, int]) -> None:
        super().count_tries(session_id, tries)
        noted = dict(tries)
        self.writes.append(lambda other: other.count_tries(session_id, noted))


def until(journal: NotingJournal, count: int) -> NotingJournal:
    """A journal as a process that ended after so many writes left it."""
    other = NotingJournal()
    for write in journal.writes[:count]:
        write(other)
    return other


def sums(state: State) -> dict[str, Any]:
    """What must not depend on how often the process ended."""
    body = state.as_json()
    for moving in ("session_id", "seq", "at", "started_at", "ended_at", "idle_s", "last_file", "troubles"):
        del body[moving]
    return body


async def gone_on(bench: Bench, session_id: str) -> State:
    if bench.state(session_id).at_rest:
        return bench.state(session_id)
    await bench.supervisor.recover()
    return await bench.confirmed(session_id)


def found_in(journal: NotingJournal, session_id: str) -> dict[str, FolderFound]:
    return {found.folder: found for found in journal.folders(session_id)}


def remove(root: Path, names: set[str]) -> None:
    for name in names:
        if (root / name).is_dir():
            shutil.rmtree(root / name)
        else:
            (root / name).unlink(missing_ok=True)


name = st.sampled_from(["a.png", "B.PNG", "c.mp4", "bad.png", "bad_2.jpg", "note.txt", "d.webp", "caf\udce9.png"])
folder = st.sampled_from(["", "day_1/", "day_1/deep/", "day_2/", "empty_of_media/"])
trees = st.sets(st.tuples(folder, name).map("".join), max_size=25)


@settings(max_examples=60, deadline=None)
@given(
    tree=trees,
    committed=st.sets(st.tuples(folder, name).map("".join), max_size=10),
    pattern=st.sampled_from(["", "*.png"]),
    max_files=st.none() | st.integers(0, 8),
    deleted=st.sets(st.sampled_from(["day_1", "a.png", "day_2/a.png", "day_1/deep", "B.PNG"])),
    batch=st.integers(1, 4),
    ends=st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
async def test_a_session_that_is_cut_off_anywhere_comes_to_the_same_end(
    tree: set[str],
    committed: set[str],
    pattern: str,
    max_files: int | None,
    deleted: set[str],
    batch: int,
    ends: list[float],
) -> None:
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as patch:
        root, catalog, journal = Path(made), MemoryCatalog(), NotingJournal()
        for size in ("FIRST_BATCH", "FOUND_BATCH"):
            patch.setattr(pipeline, size, batch)
        make(root, committed)
        async with open_bench(root, catalog=catalog) as bench:
            await bench.commit((await bench.run()).session_id)
        make(root, tree, mtime_ns=5)
        remove(root, deleted)
        async with open_bench(root, catalog=catalog, journal=journal) as bench:
            session_id = await bench.start(pattern=pattern, max_files=max_files)
            expected = await bench.confirmed(session_id)
            told = found_in(journal, session_id)
            outcomes = bench.outcomes(expected.session_id)
        for end in ends:
            journal = until(journal, max(2, int(end * len(journal.writes))))
            shown = journal.session(expected.session_id).state
            async with open_bench(root, catalog=catalog, journal=journal) as bench:
                state = await gone_on(bench, expected.session_id)
                assert sums(state) == sums(expected)
                assert bench.outcomes(expected.session_id) == outcomes
                assert found_in(journal, session_id) == told
                assert shown.files <= state.files
                assert list(journal.hauls(expected.session_id)) == [], "the queue is gone with the work"


@settings(max_examples=15, deadline=None)
@given(end=st.floats(0, 1), count=st.integers(0, 500))
async def test_a_commit_that_is_cut_off_goes_on_to_the_same_catalog(end: float, count: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        root, journal = Path(made), NotingJournal()
        make(root, [f"{number:03}.png" for number in range(count)])
        async with open_bench(root, journal=journal) as bench:
            session_id = (await bench.run()).session_id
            before = len(journal.writes)
            expected = await bench.commit(session_id)
        cut = before + max(1, int(end * (len(journal.writes) - before)))
        is_planned = until(journal, cut).session(session_id).state.commit_total > 0
        # The catalog may be a batch ahead of the journal, once that knows what is to be committed: here it is ahead by
        # all there is.
        for catalog in (MemoryCatalog(), bench.catalog) if is_planned else (MemoryCatalog(),):
            async with open_bench(root, catalog=catalog, journal=until(journal, cut)) as again:
                done = again.state(session_id).commit_done
                state = await gone_on(again, session_id)
                assert (state.status, state.commit_done) == (expected.status, expected.commit_done)
                assert done <= state.commit_done
                assert again.catalog.count() == count - (done if catalog is not bench.catalog else 0)
                assert state.commit_total == count


async def test_a_file_of_a_cut_off_folder_that_came_meanwhile_is_found_and_no_other_twice(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:03}.png" for number in range(40)])
    journal = NotingJournal()
    async with open_bench(tmp_path, journal=journal) as bench:
        session_id = (await bench.run()).session_id
    cut = next(n for n in range(2, 99) if until(journal, n).session(session_id).state.files == 16)
    make(tmp_path, ["new.png", "another/new.png"])
    async with open_bench(tmp_path, journal=until(journal, cut)) as again:
        state = await gone_on(again, session_id)
        assert (state.files, state.processed, len(again.outcomes(session_id))) == (42, 42, 42)


async def test_a_root_that_vanished_is_told_and_its_files_have_their_outcome(tmp_path: Path) -> None:
    make(tmp_path / "root", [f"{number:03}.png" for number in range(40)])
    journal = NotingJournal()
    async with open_bench(tmp_path / "root", journal=journal) as bench:
        session_id = (await bench.run()).session_id
    cut = next(n for n in range(2, 99) if until(journal, n).session(session_id).state.files == 16)
    (tmp_path / "root").rename(tmp_path / "elsewhere")
    async with open_bench(tmp_path / "root", journal=until(journal, cut)) as again:
        state = await gone_on(again, session_id)
        assert (state.status, state.files, state.processed) == (Status.COMPLETED, 16, 16)
        assert [trouble.code for trouble in state.troubles] == ["io_error"]


# --- who took everything down ------------------------------------------------------------------------------------


async def left_by(journal: NotingJournal, root: Path, taken: int, tries: Mapping[int, int]) -> NotingJournal:
    """As a process leaves a session of ten files that it has found and none of which is done."""
    async with open_bench(root, journal=journal, engine=PacedEngine(InlineEngine())) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            await bench.hub.saw(lambda update: bool(update.state["total_final"]))
    left = until(journal, next(n for n, _ in enumerate(journal.writes) if _has_counted(until(journal, n + 1))) + 1)
    left.count_tries(session_id, tries)
    left.take(session_id, taken)
    return left


def _has_counted(journal: NotingJournal) -> bool:
    return any(isinstance(fact, Counted) for one in journal.sessions() for _, fact in journal.facts(one.session_id))


class ChunksSeen(InlineEngine):
    """Notes what ran together."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[list[str]] = []

    async def run(self, function: Any, items: Sequence[Any]) -> list[Any]:
        self.chunks.append([item.file for item in items])
        return await super().run(function, items)


async def test_what_was_under_way_twice_runs_alone_and_what_took_all_down_alone_has_crashed(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(10)]
    make(tmp_path, names)
    journal = await left_by(NotingJournal(), tmp_path, taken=4, tries={1: CRASHED, 2: ALONE, 3: 1})
    (session,) = journal.sessions()
    order = {one.number: one.file for haul in journal.hauls(session.session_id) for one in haul.candidates}
    engine = ChunksSeen()
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        state = await gone_on(bench, session.session_id)
        outcomes = bench.outcomes(session.session_id)
    assert (state.status, state.processed, state.errors) == (Status.COMPLETED, 10, 1)
    assert outcomes[order[1]].code is Reason.CRASHED
    assert engine.chunks[:2] == [[order[2]], [order[3]]], "number 4 was under way for the first time only"
    assert order[1] not in [file for chunk in engine.chunks for file in chunk]


async def test_an_orderly_stop_blames_nobody(tmp_path: Path) -> None:
    make(tmp_path, [f"{number}.png" for number in range(10)])
    journal, engine = NotingJournal(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            await engine.holds(1)
        assert journal.taken(session_id) > 0
    assert (journal.taken(session_id), journal.tries(session_id)) == (0, {})


async def test_what_an_earlier_version_left_without_a_queue_says_so(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        parameters = bench.parameters()
        state = initial("s", parameters)
        outcome = extract(Candidate(str(tmp_path), "a.png", 5, 7))
        session = Session(session_id="s", epoch="abcdef", created_at=1.0, parameters=parameters, state=state)
        facts: list[Fact] = [Started(at=1.0), Moved(at=1.0, status=Status.PROCESSING)]
        facts.append(Processed(at=1.0, outcome=outcome))
        bench.journal.create(session)
        state = replace(reduce_all(state, facts), files=9)
        bench.journal.append("s", facts, state)
        await bench.supervisor.recover()
        await bench.finished("s")
        found = bench.journal.session("s").state
        assert (found.status, found.code, found.processed) == (Status.ERROR, "no_queue", 1)
        assert "start another session" in found.message
        await bench.supervisor.commit("s")
        await bench.finished("s")
        assert bench.catalog.count() == 1


async def test_what_reads_outside_the_roots_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, ["a.png"])
    journal = await left_by(NotingJournal(), tmp_path, taken=0, tries={})
    (session,) = journal.sessions()
    async with open_bench(tmp_path, journal=journal, may_read=lambda _parameters: False) as bench:
        await bench.supervisor.recover()
        assert bench.supervisor.record_of(session.session_id) is None
        assert "outside the roots" in caplog.text
        assert await bench.supervisor.cancel(session.session_id) is Status.CANCELLED
        assert bench.state(session.session_id).status is Status.CANCELLED


async def test_time_in_which_nobody_worked_does_not_count(tmp_path: Path) -> None:
    state = reduce_all(
        initial("s", (await _parameters(tmp_path))),
        [Started(at=100.0), Moved(at=101.0, status=Status.PROCESSING), Resumed(at=500.0)],
    )
    assert state.idle_s == 399.0


async def _parameters(root: Path) -> Any:
    async with open_bench(root) as bench:
        return bench.parameters()


# --- pause -------------------------------------------------------------------------------------------------------


async def test_a_pause_lets_what_is_under_way_finish_and_starts_nothing_new(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:03}.png" for number in range(60)])
    engine = PacedEngine(InlineEngine())
    async with open_bench(tmp_path, engine=engine) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            await engine.holds(2)
        assert await bench.supervisor.pause(session_id) is Status.PAUSED
        assert await bench.supervisor.pause(session_id) is Status.PAUSED
        engine.open()
        await anyio.wait_all_tasks_blocked()
        paused = bench.state(session_id)
        assert paused.status is Status.PAUSED
        assert 0 < paused.processed < 60
        with pytest.raises(WrongMove, match="still running"):
            await bench.supervisor.commit(session_id)
        assert await bench.supervisor.resume(session_id) is Status.PROCESSING
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.processed, len(bench.outcomes(session_id))) == (Status.COMPLETED, 60, 60)
        with pytest.raises(WrongMove, match="cannot become paused"):
            await bench.supervisor.pause(session_id)
        with pytest.raises(WrongMove, match="only one that is paused"):
            await bench.supervisor.resume(session_id)


async def test_a_pause_survives_a_restart_and_can_be_cancelled(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:03}.png" for number in range(60)])
    journal, engine = NotingJournal(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        await bench.supervisor.pause(session_id)
    for goes_on in (True, False):
        async with open_bench(tmp_path, journal=until(journal, len(journal.writes))) as again:
            await again.supervisor.recover()
            await anyio.wait_all_tasks_blocked()
            assert again.state(session_id).status is Status.PAUSED
            if goes_on:
                await again.supervisor.resume(session_id)
                await again.finished(session_id)
                assert again.state(session_id).processed == 60
            else:
                assert await again.supervisor.cancel(session_id) is Status.CANCELLED
                assert again.state(session_id).status is Status.CANCELLED


async def test_commands_reach_a_session_that_nobody_works_on(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:03}.png" for number in range(60)])
    journal = await left_by(NotingJournal(), tmp_path, taken=0, tries={})
    (session,) = journal.sessions()
    async with open_bench(tmp_path, journal=journal) as bench:
        assert await bench.supervisor.pause(session.session_id) is Status.PAUSED
        assert bench.supervisor.record_of(session.session_id) is None
        assert await bench.supervisor.resume(session.session_id) is Status.PROCESSING
        await bench.finished(session.session_id)
        outcomes = bench.outcomes(session.session_id).values()
        assert [one.kind for one in outcomes] == [OutcomeKind.EXTRACTED] * 60


# --- retry -------------------------------------------------------------------------------------------------------


class Mended:
    """Extracts as ever, but what is bad is good once `now` is set."""

    def __init__(self) -> None:
        self.now = False

    def __call__(self, candidate: Candidate) -> Outcome:
        if not self.now:
            return extract(candidate)
        return replace(extract(replace(candidate, file="good.png")), file=candidate.file)


async def test_failed_files_are_tried_again_and_count_once(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png", *(f"bad_{number:03}.png" for number in range(40))])
    mended = Mended()
    async with open_bench(tmp_path, extract=mended) as bench:
        first = await bench.run()
        assert (first.status, first.processed, first.errors) == (Status.COMPLETED, 42, 40)
        assert await bench.supervisor.retry(first.session_id) is Status.PROCESSING
        await bench.finished(first.session_id)
        still = bench.state(first.session_id)
        assert (still.status, still.processed, still.errors, len(still.troubles)) == (Status.COMPLETED, 42, 40, 5)
        assert len(bench.outcomes(first.session_id)) == 42, "the newest outcome of a file counts"
        mended.now = True
        await bench.supervisor.retry(first.session_id)
        await bench.finished(first.session_id)
        state = bench.state(first.session_id)
        assert (state.status, state.files, state.processed, state.errors) == (Status.COMPLETED, 42, 42, 0)
        assert (state.metadata_extracted, state.keywords_added, state.troubles) == (42, 84, ())
        assert (state.bytes_done, state.retry_total) == (state.bytes_total, 0)
        with pytest.raises(WrongMove, match="nothing to try again"):
            await bench.supervisor.retry(first.session_id)
        told = [u.state["stats"] for u in bench.hub.updates if u.key == first.session_id]
        for before, after in pairwise(told):
            assert all(after[key] >= before[key] for key in before if key != "errors"), "only errors may fall"
        found = report(bench.journal, bench.catalog, first.session_id, 1.0)
        assert (found.counts["errors"], found.failures, sum(found.by_type.values())) == (0, (), 42)
        committed = await bench.commit(first.session_id)
        assert (committed.commit_done, bench.catalog.count()) == (42, 42)
        with pytest.raises(WrongMove, match="only before a commit"):
            await bench.supervisor.retry(first.session_id)


async def test_only_those_that_are_wanted_are_tried_again(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", *(f"bad_{number}.png" for number in range(4)), "slow.png"])
    mended = Mended()

    def read(candidate: Candidate) -> Outcome:
        outcome = mended(candidate)
        if candidate.file != "slow.png" or mended.now:
            return outcome
        return replace(outcome, kind=OutcomeKind.FAILED, code=Reason.TIMEOUT)

    async with open_bench(tmp_path, extract=read) as bench:
        session_id = (await bench.run()).session_id
        bad = [item.seq for item in bench.journal.items(session_id, kind=OutcomeKind.FAILED, code=Reason.DAMAGED)]
        assert len(bad) == 4
        mended.now = True
        with pytest.raises(WrongMove, match="failed like that"):
            await bench.supervisor.retry(session_id, Wanted(frozenset({Reason.EMPTY})))
        with pytest.raises(WrongMove, match="failed like that"):
            await bench.supervisor.retry(session_id, Wanted(frozenset({Reason.TIMEOUT}), frozenset({bad[0]})))
        for stranger in (bad[-1] + 1000, 1):
            with pytest.raises(BadParameters, match=f"Item {stranger} "):
                await bench.supervisor.retry(session_id, Wanted(seqs=frozenset({stranger})))
        await bench.supervisor.retry(session_id, Wanted(frozenset({Reason.TIMEOUT})))
        await bench.finished(session_id)
        assert bench.journal.failures(session_id) == {Reason.DAMAGED: 4}
        await bench.supervisor.retry(session_id, Wanted(seqs=frozenset({bad[0], bad[2]})))
        await bench.finished(session_id)
        left = [item.seq for item in bench.journal.items(session_id, kind=OutcomeKind.FAILED)]
        assert left == [bad[1], bad[3]]
        state = bench.state(session_id)
        assert (state.status, state.errors, state.processed) == (Status.COMPLETED, 2, 6)


@settings(max_examples=10, deadline=None)
@given(end=st.floats(0, 1))
async def test_a_retry_of_some_that_is_cut_off_goes_on_with_those(end: float) -> None:
    with tempfile.TemporaryDirectory() as made:
        root, journal, mended = Path(made), NotingJournal(), Mended()
        make(root, [f"bad_{number:03}.png" for number in range(30)])
        async with open_bench(root, journal=journal, extract=mended) as bench:
            session_id = (await bench.run()).session_id
            wanted = frozenset(item.seq for item in journal.items(session_id)[::2])
            mended.now = True
            begun = len(journal.writes)
            await bench.supervisor.retry(session_id, Wanted(seqs=wanted))
            await bench.finished(session_id)
            assert bench.state(session_id).errors == 15
        cut = begun + max(1, int(end * (len(journal.writes) - begun)))
        async with open_bench(root, journal=until(journal, cut), extract=mended) as again:
            state = await gone_on(again, session_id)
            assert (state.errors, state.processed) == (15, 30)
            assert not wanted & {item.seq for item in again.journal.items(session_id, kind=OutcomeKind.FAILED)}


@settings(max_examples=20, deadline=None)
@given(end=st.floats(0, 1))
async def test_a_retry_that_is_cut_off_goes_on(end: float) -> None:
    with tempfile.TemporaryDirectory() as made:
        root, journal, mended = Path(made), NotingJournal(), Mended()
        make(root, ["a.png", *(f"bad_{number:03}.png" for number in range(30))])
        async with open_bench(root, journal=journal, extract=mended) as bench:
            session_id = (await bench.run()).session_id
            mended.now = True
            begun = len(journal.writes)
            await bench.supervisor.retry(session_id)
            await bench.finished(session_id)
            expected = bench.state(session_id)
        cut = begun + max(1, int(end * (len(journal.writes) - begun)))
        async with open_bench(root, journal=until(journal, cut), extract=mended) as again:
            state = await gone_on(again, session_id)
            assert sums(state) == sums(expected)
            assert len(again.outcomes(session_id)) == 31


async def test_a_retry_of_a_cancelled_session_does_not_do_the_rest(tmp_path: Path) -> None:
    make(tmp_path, [f"bad_{number:03}.png" for number in range(40)])
    engine, mended = PacedEngine(InlineEngine()), Mended()
    async with open_bench(tmp_path, engine=engine, extract=mended) as bench:
        session_id = await bench.start()
        engine.let(1)
        with anyio.fail_after(10):
            await bench.hub.saw(lambda update: update.state["processed_files"] > 0)
        await bench.supervisor.cancel(session_id)
        cancelled = bench.state(session_id)
        assert 0 < cancelled.errors == cancelled.processed < 40
        engine.open()
        mended.now = True
        await bench.supervisor.retry(session_id)
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.processed, state.errors) == (Status.CANCELLED, cancelled.processed, 0)


def test_a_path_says_which_folder_it_is_in() -> None:
    assert path_of(Candidate("/", "a.png", 0, 0)) == "/a.png"
