from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.bench import GatedFolder, WatchedWalk, extract, make, open_bench

from tallylight.engine import Died, Done, Verdict
from tallylight.engine.contract import Item, Result, WorkerOn
from tallylight.engine.inline import InlineEngine
from tallylight.facts import Counted, Discovered, Processed, State
from tallylight.ingest import pipeline
from tallylight.ingest.discover import name_filter
from tallylight.ingest.pipeline import outcome_of
from tallylight.messages import view
from tallylight.model import Candidate, Outcome, OutcomeKind, Reason, Status
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio

CANDIDATE = Candidate("/pictures", "a.png", 12, 34)


class FakeEngine:
    """Answers by itself; `working` is what it says it is on."""

    jobs = 1

    def __init__(self, answer: Callable[[Sequence[Candidate]], list[Verdict[Outcome]]]) -> None:
        self._answer = answer
        self.working: list[WorkerOn] = []
        self.chunks: list[list[str]] = []

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        await anyio.lowlevel.checkpoint()
        candidates = [item for item in items if isinstance(item, Candidate)]
        self.chunks.append([candidate.file for candidate in candidates])
        return self._answer(candidates)  # type: ignore[return-value]

    def working_on(self) -> list[WorkerOn]:
        return self.working

    async def aclose(self) -> None:
        pass


def adds_up(state: State) -> bool:
    stats = view(state, state.at)["stats"]
    return bool(stats["total_discovered"] == stats["total_files"] + stats["skipped_existing"] + stats["excluded"])


# --- the counts --------------------------------------------------------------------------------------------------

name = st.sampled_from(
    ["a.png", "B.PNG", "c.mp4", "bad.png", "bad_2.jpg", "note.txt", ".hidden.png", "d.webp", "e", "caf\udce9.png"]
)
folder = st.sampled_from(["", "day_1/", "day_1/deep/", "day_2/", ".scores/"])
trees = st.sets(st.tuples(folder, name).map("".join), max_size=25)


def is_candidate(file: str) -> bool:
    hidden = any(part.startswith(".") for part in file.split("/"))
    return not hidden and file.lower().endswith((".png", ".mp4", ".jpg", ".webp"))


@settings(max_examples=40)
@given(
    tree=trees,
    committed=st.sets(st.tuples(folder, name).map("".join), max_size=10),
    pattern=st.sampled_from(["", "*.png", "*.mp4|*.WEBP", "bad*", "nothing"]),
    max_files=st.none() | st.integers(0, 8),
    skip_existing=st.booleans(),
)
async def test_the_counts_add_up(
    tree: set[str], committed: set[str], pattern: str, max_files: int | None, skip_existing: bool
) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        make(root, committed)
        async with open_bench(root) as bench:
            first = await bench.run()
            await bench.commit(first.session_id)
            make(root, tree, mtime_ns=5)
            state = await bench.run(pattern=pattern, max_files=max_files, skip_existing=skip_existing)
            outcomes = bench.outcomes(state.session_id)

        present = {file for file in committed | tree if is_candidate(file)}
        matching = {file for file in present if name_filter(pattern)(file)}
        # A file made again keeps its content but not its time, so only those that were left alone are known.
        known = {file for file in committed - tree if not file.split("/")[-1].startswith("bad")} & matching
        unchanged = len(known) if skip_existing else 0
        files = len(matching) - unchanged if max_files is None else min(max_files, len(matching) - unchanged)

    assert state.status is Status.COMPLETED
    assert (state.files, state.unchanged) == (files, unchanged)
    assert state.files + state.unchanged + state.excluded == len(present)
    assert adds_up(state)
    assert state.processed == state.files == len(outcomes)
    assert state.errors == sum(outcome.kind is OutcomeKind.FAILED for outcome in outcomes.values())
    assert state.bytes_done == state.bytes_total
    extracted = state.processed - state.errors
    assert (state.metadata_extracted, state.keywords_added, state.scores_imported) == (
        extracted, 2 * extracted, extracted
    )  # fmt: skip


async def test_no_matching_file_completes_with_nothing(tmp_path: Path) -> None:
    make(tmp_path, ["note.txt"])
    async with open_bench(tmp_path) as bench:
        state = await bench.run()
    assert (state.status, state.files, state.total_final) == (Status.COMPLETED, 0, True)
    assert view(state, state.at)["progress"] == 100


async def test_what_is_committed_is_unchanged_the_second_time(tmp_path: Path) -> None:
    make(tmp_path, [f"{number}.png" for number in range(300)])
    async with open_bench(tmp_path) as bench:
        await bench.commit((await bench.run()).session_id)
        state = await bench.run()
        assert (state.files, state.unchanged, state.processed) == (0, 300, 0)
        again = await bench.run(skip_existing=False)
        assert (again.files, again.unchanged, again.processed) == (300, 0, 300)


@pytest.mark.parametrize("change", ["longer", "touched"])
async def test_a_changed_file_is_done_again(tmp_path: Path, change: str) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        await bench.commit((await bench.run()).session_id)
        if change == "longer":
            (tmp_path / "a.png").write_text("another picture")
        else:
            (tmp_path / "a.png").touch()
        state = await bench.run()
        assert (state.files, state.unchanged) == (1, 1)
        assert list(bench.outcomes(state.session_id)) == ["a.png"]


@pytest.mark.parametrize(("max_files", "files"), [(0, 0), (1, 1), (299, 299), (300, 300), (10**9, 300)])
async def test_max_files(tmp_path: Path, max_files: int, files: int) -> None:
    make(tmp_path, [f"{number}.png" for number in range(300)])
    async with open_bench(tmp_path) as bench:
        state = await bench.run(max_files=max_files)
    assert (state.files, state.processed, state.excluded) == (files, files, 300 - files)


async def test_unchanged_files_do_not_use_up_max_files(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path) as bench:
        await bench.commit((await bench.run()).session_id)
        make(tmp_path, ["b.png", "c.png"])
        state = await bench.run(max_files=1)
    assert (state.files, state.unchanged, state.excluded) == (1, 1, 1)


async def test_several_directories_are_one_session(tmp_path: Path) -> None:
    make(tmp_path, ["one/a.png", "two/b.png", "three/c.png"])
    async with open_bench(tmp_path) as bench:
        state = await bench.run(directories=(f"{tmp_path}/one", f"{tmp_path}/two", f"{tmp_path}/one"))
        assert set(bench.outcomes(state.session_id)) == {"a.png", "b.png"}


async def test_a_folder_that_cannot_be_read_is_shown_and_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, ["a.png", "locked/b.png"])
    list_really = os.scandir

    def list_or_fail(wanted: str) -> object:
        if wanted.endswith("/locked"):
            raise PermissionError(13, "Permission denied")
        return list_really(wanted)

    monkeypatch.setattr(os, "scandir", list_or_fail)
    async with open_bench(tmp_path) as bench:
        state = await bench.run()
    assert (state.status, state.files, state.errors) == (Status.COMPLETED, 1, 0)
    assert [(trouble.file, trouble.code) for trouble in state.troubles] == [("locked", "permission")]


async def test_the_data_folder_is_not_scanned(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "data/thumbnails/t.webp"])
    async with open_bench(tmp_path, skip=(f"{tmp_path}/data",)) as bench:
        assert (await bench.run()).files == 1


# --- order -------------------------------------------------------------------------------------------------------


async def test_work_starts_while_counting_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, [f"a/{number}.png" for number in range(20)] + ["b/last.png"])
    gate = GatedFolder(monkeypatch, tmp_path / "b")
    async with open_bench(tmp_path) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            update = await bench.hub.saw(lambda update: update.state["processed_files"] >= 16)
        assert not update.state["total_final"]
        assert (update.state["phase"], update.state["progress"]) == ("scan", 0)
        gate.open()
        await bench.finished(session_id)
        assert bench.state(session_id).processed == 21


async def test_a_few_files_do_not_wait_for_the_walk_through_empty_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, ["a/1.png", "a/2.png", "b/note.txt", "c/note.txt"])
    gate, walk = GatedFolder(monkeypatch, tmp_path / "c"), WatchedWalk(monkeypatch)
    # Time passes only with the folders that were gone through, as on a slow disk.
    monkeypatch.setattr(pipeline, "stopwatch", lambda: float(walk.folders >= 3))
    async with open_bench(tmp_path) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            await bench.hub.saw(lambda update: update.state["processed_files"] == 2)
        gate.open()
        await bench.finished(session_id)


async def test_a_walk_that_nobody_waits_for_ends_though_it_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(500):
        (tmp_path / f"{number:03}").mkdir()
    monkeypatch.setattr(pipeline, "LONGEST_BATCH_S", -1.0)  # whatever was found has waited long enough
    gate = GatedFolder(monkeypatch, tmp_path / "001")
    walk = WatchedWalk(monkeypatch)
    async with open_bench(tmp_path) as bench:
        session_id = await bench.start()
        await gate.reached()
        assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
        gate.open()
        await walk.ended()
    assert walk.folders < 10


async def test_facts_come_in_the_order_of_what_happened(tmp_path: Path) -> None:
    make(tmp_path, [f"{number}.png" for number in range(600)])
    async with open_bench(tmp_path) as bench:
        session_id = await bench.start()
        await bench.finished(session_id)
        found = processed = 0
        counted = False
        for _, fact in bench.journal.facts(session_id):
            match fact:
                case Discovered():
                    assert not counted, "discovered after the total was final"
                    found += fact.files
                case Counted():
                    counted = True
                case Processed():
                    processed += 1
                    assert processed <= found, "processed before it was discovered"
                case _:
                    pass
        assert (found, processed, counted) == (600, 600, True)
        shown = [update.state["processed_files"] for update in bench.hub.updates]
        assert shown == sorted(shown)
        assert len(set(shown)) > 5, "the count jumped"


async def test_a_slow_type_comes_in_smaller_chunks_once_it_is_known(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:02}.mp4" for number in range(40)])

    def slow(candidates: Sequence[Candidate]) -> list[Verdict[Outcome]]:
        return [Done(replace(extract(candidate), ms=500.0)) for candidate in candidates]

    engine = FakeEngine(slow)
    async with open_bench(tmp_path, engine=engine) as bench:
        await bench.run()
    assert {len(chunk) for chunk in engine.chunks[-10:]} == {1}


async def test_a_death_teaches_nothing_of_how_long_its_type_takes(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:02}.mp4" for number in range(60)])
    engine = FakeEngine(lambda candidates: [Died("timeout") for _ in candidates])
    async with open_bench(tmp_path, engine=engine) as bench:
        state = await bench.run()
    assert state.errors == 60
    assert max(len(chunk) for chunk in engine.chunks) <= 4


# --- deaths ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "code", "message"),
    [
        (
            Died("timeout"),
            Reason.TIMEOUT,
            "It took longer than the time limit for one file, so its worker was stopped.",
        ),
        (Died("crashed", "SIGSEGV"), Reason.CRASHED, "Its worker process crashed on it (SIGSEGV)."),
        (Died("crashed"), Reason.CRASHED, "Its worker process crashed on it."),
        (Died("memory", "MemoryError()"), Reason.MEMORY, "It needs more memory than a worker may use."),
    ],
)
def test_a_death_is_an_outcome(verdict: Died, code: Reason, message: str) -> None:
    assert outcome_of(CANDIDATE, verdict) == Outcome(
        root="/pictures",
        file="a.png",
        kind=OutcomeKind.FAILED,
        bytes=12,
        mtime_ns=34,
        code=code,
        message=message,
    )


def test_an_answer_is_taken_as_it_is() -> None:
    outcome = extract(CANDIDATE)
    assert outcome_of(CANDIDATE, Done(outcome)) is outcome


async def test_deaths_cost_their_own_files_alone(tmp_path: Path) -> None:
    make(tmp_path, ["crash.png", "good.png", "hang.mp4", "huge.png"])
    deaths: dict[str, Verdict[Outcome]] = {
        "crash.png": Died("crashed", "SIGKILL"),
        "hang.mp4": Died("timeout"),
        "huge.png": Died("memory"),
    }
    engine = FakeEngine(lambda candidates: [deaths.get(each.file, Done(extract(each))) for each in candidates])
    async with open_bench(tmp_path, engine=engine) as bench:
        state = await bench.run()
        codes = {file: outcome.code for file, outcome in bench.outcomes(state.session_id).items()}
    assert codes == {
        "crash.png": Reason.CRASHED, "good.png": None, "hang.mp4": Reason.TIMEOUT, "huge.png": Reason.MEMORY
    }  # fmt: skip
    assert (state.status, state.processed, state.errors) == (Status.COMPLETED, 4, 3)
    assert state.bytes_done == state.bytes_total


async def test_an_extract_function_that_raises_costs_one_file(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])

    def stumbling(candidate: Candidate) -> Outcome:
        if candidate.file == "a.png":
            raise RuntimeError("a bug")
        return extract(candidate)

    async with open_bench(tmp_path, extract=stumbling) as bench:
        state = await bench.run()
        outcomes = bench.outcomes(state.session_id)
    assert (outcomes["a.png"].code, outcomes["b.png"].code) == (Reason.CRASHED, None)
    assert "a bug" in outcomes["a.png"].message
    assert (state.status, state.errors) == (Status.COMPLETED, 1)


# --- the file on the way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("working", "shown"),
    [
        ([], ""),
        ([WorkerOn("a.png", 2.0), WorkerOn("b.png", 1.0)], "b.png"),
        ([WorkerOn("of another session.png", 1.0), WorkerOn("a.png", 2.0)], "a.png"),
        ([WorkerOn("long_na", 1.0)], "long_name.png"),  # a label may be cut short
        ([WorkerOn("", 1.0)], ""),
    ],
)
async def test_the_current_file_is_the_one_worked_on_longest(
    tmp_path: Path, working: list[WorkerOn], shown: str
) -> None:
    make(tmp_path, ["a.png", "b.png", "long_name.png"])
    inner = FakeEngine(lambda candidates: [Done(extract(each)) for each in candidates])
    inner.working = working
    engine = PacedEngine(inner)
    async with open_bench(tmp_path, engine=engine) as bench:
        session_id = await bench.start()
        with anyio.fail_after(10):
            await engine.holds()
        record = bench.supervisor.record_of(session_id)
        assert record
        assert record.current_file() == shown
        names = [each.file for each in record.busy()]
        assert names[:1] == ([shown] if shown else [])
        assert set(names) <= {"a.png", "b.png", "long_name.png"}
        engine.open()
        await bench.finished(session_id)


async def test_an_inline_engine_names_the_file_on_the_way(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    engine, seen = InlineEngine(), list[str]()

    def look_then_extract(candidate: Candidate) -> Outcome:
        seen.extend(on.label for on in engine.working_on())
        return extract(candidate)

    async with open_bench(tmp_path, engine=engine, extract=look_then_extract) as bench:
        await bench.run()
    assert seen == ["a.png"]
