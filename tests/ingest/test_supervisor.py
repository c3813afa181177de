from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

import anyio
import pytest
from tests.ingest.bench import Bench, GatedFolder, GatedJournal, WatchedWalk, make, open_bench
from tests.ingest.test_commit import add_completed

from tallylight.catalog import CommitItem, KnownFile, Refused
from tallylight.catalog.memory import MemoryCatalog
from tallylight.engine import Verdict
from tallylight.engine.contract import Item, Result, WorkerOn
from tallylight.engine.inline import InlineEngine
from tallylight.errors import BadParameters, DataFolderUnusable, NotFound, WrongMove
from tallylight.facts import (
    Fact,
    Moved,
    Processed,
    Started,
    initial,
    without_names,
)
from tallylight.ingest.extract import nsfw
from tallylight.ingest.running import GO_ON
from tallylight.journal import Session
from tallylight.model import Status
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio


class BrokenEngine:
    """An engine that gives up instead of answering."""

    jobs = 2

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        await anyio.lowlevel.checkpoint()
        raise RuntimeError("the pool is gone")

    def working_on(self) -> list[WorkerOn]:
        return []

    async def aclose(self) -> None:
        pass


class HeldCatalog(MemoryCatalog):
    """Lets a test stop a commit between two batches."""

    def __init__(self) -> None:
        super().__init__()
        self.in_batch = Event()
        self.go_on = Event()

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        self.in_batch.set()
        assert self.go_on.wait(10), "the test never let the commit go on"
        return super().commit(session_id, items, at)


def many(folder: Path, count: int = 40) -> None:
    make(folder, (f"{number:03}.png" for number in range(count)))


async def processed(bench: Bench, session_id: str, count: int = 1) -> None:
    with anyio.fail_after(10):
        await bench.hub.saw(lambda update: update.key == session_id and update.state["processed_files"] >= count)


# --- start -------------------------------------------------------------------------------------------------------


async def test_a_start_answers_once_it_is_durable(tmp_path: Path) -> None:
    many(tmp_path)
    async with open_bench(tmp_path, engine=PacedEngine(InlineEngine())) as bench:
        session = await bench.supervisor.start(bench.parameters())
        assert str(uuid.UUID(session.session_id)) == session.session_id
        assert bench.journal.session(session.session_id).state.seq >= 1
        record = bench.supervisor.record_of(session.session_id)
        assert record is not None
        assert not record.state.at_rest


async def test_a_start_does_not_wait_for_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many(tmp_path)
    gate = GatedFolder(monkeypatch, tmp_path)
    async with open_bench(tmp_path) as bench:
        with anyio.fail_after(5):
            session_id = await bench.start()
        gate.open()
        await bench.finished(session_id)


async def test_a_session_that_has_ended_has_no_record(tmp_path: Path) -> None:
    many(tmp_path)
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        assert bench.supervisor.record_of(session_id) is None
        await bench.finished(session_id)
        await bench.finished("no such session")


async def test_without_its_model_nsfw_detection_is_refused_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nsfw, "available", lambda: False)
    async with open_bench(tmp_path) as bench:
        with pytest.raises(BadParameters, match=r"pip install 'tallylight\[nsfw\]'"):
            await bench.start(enable_nsfw_detection=True)
        assert bench.journal.sessions() == []


async def test_a_journal_that_cannot_be_written_fails_the_start(tmp_path: Path) -> None:
    journal = GatedJournal()
    journal.fail_when = lambda _facts: True
    async with open_bench(tmp_path, journal=journal) as bench:
        with pytest.raises(DataFolderUnusable, match="The disk is full"), anyio.fail_after(5):
            await bench.start()
        assert journal.sessions() == [], "there is none that nobody works on"
        assert bench.supervisor.working_on == frozenset()
        assert bench.hub.updates == []
        journal.fail_when = lambda _facts: False
        assert (await bench.run()).status is Status.COMPLETED, "the next one works"


async def test_sessions_side_by_side_keep_their_counts_apart(tmp_path: Path) -> None:
    sizes = {"a": 10, "b": 20, "c": 0, "d": 33}
    for name, size in sizes.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name, (f"{number}.png" for number in range(size)))
        make(tmp_path / name, (f"bad_{number}.png" for number in range(size // 10)))
    async with open_bench(tmp_path) as bench:
        ids = {name: await bench.start(directories=(f"{tmp_path}/{name}",)) for name in sizes}
        for session_id in ids.values():
            await bench.finished(session_id)
        for name, size in sizes.items():
            state = bench.state(ids[name])
            assert (state.status, state.files, state.processed) == (Status.COMPLETED, size + size // 10, state.files)
            assert state.errors == size // 10
            assert {outcome.root for outcome in bench.outcomes(ids[name]).values()} <= {f"{tmp_path}/{name}"}
        assert len({bench.journal.session(session_id).epoch for session_id in ids.values()}) == len(sizes)


# --- what goes wrong ---------------------------------------------------------------------------------------------


async def test_an_engine_that_fails_costs_its_session_and_not_the_server(tmp_path: Path) -> None:
    many(tmp_path)
    async with open_bench(tmp_path, engine=BrokenEngine()) as bench:
        for _ in range(2):
            state = await bench.run()
            assert (state.status, state.code) == (Status.ERROR, "internal")
            assert "the pool is gone" in state.message
            assert bench.hub.updates[-1].final


async def test_a_catalog_that_cannot_be_asked_costs_its_session(tmp_path: Path) -> None:
    class Deaf(MemoryCatalog):
        def in_folder(self, folder: str) -> Iterator[KnownFile]:
            raise RuntimeError("no answer")

    many(tmp_path)
    async with open_bench(tmp_path, catalog=Deaf()) as bench:
        assert (await bench.run()).code == "internal"
        assert (await bench.run(skip_existing=False)).code == "internal", "what is missing cannot be told either"


async def test_a_journal_that_fails_on_the_way_is_shown_and_nobody_hangs(tmp_path: Path) -> None:
    many(tmp_path)
    journal, engine = GatedJournal(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        engine.let(1)
        await processed(bench, session_id)
        before = bench.state(session_id)
        journal.fail_when = lambda _facts: True
        engine.open()
        await bench.finished(session_id)
        record = bench.supervisor.record_of(session_id)
        assert record is not None, "the journal does not know how it ended, so the record stays"
        assert (record.state.status, record.state.code) == (Status.ERROR, "data_folder_unusable")
        assert record.state.message == f"The disk is full; make room.{GO_ON}"
        shown = bench.hub.updates[-1]
        assert (shown.final, shown.seq) == (True, before.seq), "what is not durable has no number of its own"
        assert bench.state(session_id) == before, "nothing half written"
        with pytest.raises(WrongMove, match="is processing, and nobody works on it; resume it, or cancel it"):
            await bench.supervisor.commit(session_id)
        for command in (bench.supervisor.resume, bench.supervisor.cancel, bench.supervisor.pause):
            with pytest.raises(DataFolderUnusable), anyio.fail_after(5):
                await command(session_id)
            assert bench.supervisor.record_of(session_id) is record, "it is still shown as it was"
        journal.fail_when = lambda _facts: False
        assert (await bench.run()).status is Status.COMPLETED, "the next one works"
        await bench.supervisor.delete(session_id)
        assert bench.supervisor.record_of(session_id) is None


async def test_a_session_whose_journal_fails_again_and_again_blames_no_file(tmp_path: Path) -> None:
    many(tmp_path)
    journal = GatedJournal()
    async with open_bench(tmp_path, journal=journal) as bench:
        journal.fail_when = lambda facts: any(isinstance(fact, Processed) for fact in facts)
        session_id = await bench.start()
        await bench.finished(session_id)
        for _ in range(4):
            assert await bench.supervisor.resume(session_id) is Status.PROCESSING
            await bench.finished(session_id)
        journal.fail_when = lambda _facts: False
        await bench.supervisor.resume(session_id)
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.processed, state.errors) == (Status.COMPLETED, 40, 0)
        assert bench.supervisor.record_of(session_id) is None


async def test_a_session_whose_journal_failed_can_be_cancelled_or_paused(tmp_path: Path) -> None:
    many(tmp_path)
    journal = GatedJournal()
    async with open_bench(tmp_path, journal=journal) as bench:
        journal.fail_when = lambda facts: any(isinstance(fact, Processed) for fact in facts)
        session_id = await bench.start()
        await bench.finished(session_id)
        journal.fail_when = lambda _facts: False
        assert await bench.supervisor.pause(session_id) is Status.PAUSED
        assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
        assert bench.state(session_id).status is Status.CANCELLED


# --- cancel ------------------------------------------------------------------------------------------------------


async def test_a_cancelled_session_keeps_what_it_had_and_gets_no_more(tmp_path: Path) -> None:
    many(tmp_path)
    journal, engine = GatedJournal(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        engine.let(1)
        await processed(bench, session_id)
        assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
        state, appends = bench.state(session_id), len(journal.appended)
        assert 0 < state.processed < 40
        assert len(bench.outcomes(session_id)) == state.processed
        assert bench.hub.updates[-1].final
        engine.open()
        await anyio.wait_all_tasks_blocked()
        assert bench.state(session_id) == state
        assert len(journal.appended) == appends
        assert bench.supervisor.record_of(session_id) is None


async def test_cancelling_does_not_wait_for_a_scan_that_is_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, ["a/1.png", "b/2.png"])
    gate, walk, journal = GatedFolder(monkeypatch, tmp_path / "b"), WatchedWalk(monkeypatch), GatedJournal()
    async with open_bench(tmp_path, journal=journal) as bench:
        session_id = await bench.start()
        await gate.reached()
        with anyio.fail_after(5):
            assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
        state, appends = bench.state(session_id), len(journal.appended)
        gate.open()
        await walk.ended()
        await anyio.wait_all_tasks_blocked()
        assert bench.state(session_id) == state
        assert len(journal.appended) == appends, "what the scan still found came too late"


async def test_cancelling_while_an_outcome_is_being_written(tmp_path: Path) -> None:
    many(tmp_path)
    journal = GatedJournal()
    async with open_bench(tmp_path, journal=journal) as bench:
        session_id = await bench.start()
        await processed(bench, session_id)
        journal.gate.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.supervisor.cancel, session_id)
            await anyio.wait_all_tasks_blocked()
            journal.gate.set()
        state = bench.state(session_id)
        assert state.status is Status.CANCELLED
        assert len(bench.outcomes(session_id)) == state.processed


async def test_a_cancel_and_a_resume_at_the_same_moment_follow_each_other(tmp_path: Path) -> None:
    many(tmp_path)
    for first, second in (("cancel", "resume"), ("resume", "cancel")):
        async with open_bench(tmp_path) as bench:
            left(bench, "s-1", PROCESSING, Moved(at=1.0, status=Status.PAUSED))

            async def give(command: str, bench: Bench = bench) -> None:
                with suppress(WrongMove):  # a resume of what is cancelled by then
                    await getattr(bench.supervisor, command)("s-1")

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(give, first)
                tasks.start_soon(give, second)
            await bench.finished("s-1")
            assert bench.state("s-1").status is Status.CANCELLED


async def test_cancelling_twice_is_harmless(tmp_path: Path) -> None:
    many(tmp_path)
    async with open_bench(tmp_path, engine=PacedEngine(InlineEngine())) as bench:
        session_id = await bench.start()
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(bench.supervisor.cancel, session_id)
        assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
        moves = [fact.status for _, fact in bench.journal.facts(session_id) if isinstance(fact, Moved)]
        assert moves.count(Status.CANCELLED) == 1


async def test_what_is_done_cannot_be_cancelled(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        with pytest.raises(WrongMove, match="is completed already; there is nothing to cancel"):
            await bench.supervisor.cancel(session_id)


async def test_what_is_unknown_cannot_be_cancelled_or_deleted(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        for command in (bench.supervisor.cancel, bench.supervisor.delete):
            with pytest.raises(NotFound, match="no such session"):
                await command("no such session")


async def test_a_commit_cannot_be_cancelled(tmp_path: Path) -> None:
    catalog = HeldCatalog()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        await bench.supervisor.commit(session_id)
        with pytest.raises(WrongMove, match="being committed, which cannot be cancelled; wait until it is done"):
            await bench.supervisor.cancel(session_id)
        catalog.go_on.set()
        await bench.finished(session_id)
        assert bench.state(session_id).status is Status.COMMITTED


# --- delete ------------------------------------------------------------------------------------------------------


async def test_a_deleted_session_is_stopped_first(tmp_path: Path) -> None:
    many(tmp_path)
    engine = PacedEngine(InlineEngine())
    async with open_bench(tmp_path, engine=engine) as bench:
        session_id = await bench.start()
        engine.let(1)
        await processed(bench, session_id)
        await bench.supervisor.delete(session_id)
        with pytest.raises(NotFound):
            bench.journal.session(session_id)
        assert bench.supervisor.record_of(session_id) is None
        (tombstone,) = bench.forgotten
        known = (tombstone.session_id, tombstone.state.status)
        assert known == (session_id, Status.PROCESSING), "deleted, which is not cancelled"
        assert not any(update.final for update in bench.hub.updates), "its readers are told by `forgotten` alone"
        engine.open()
        await anyio.wait_all_tasks_blocked()
        assert bench.journal.sessions() == []


async def test_a_session_at_rest_is_forgotten_with_its_last_state(tmp_path: Path) -> None:
    many(tmp_path)
    async with open_bench(tmp_path) as bench:
        state = await bench.run()
        await bench.supervisor.delete(state.session_id)
        assert [tombstone.state for tombstone in bench.forgotten] == [without_names(state)]


async def test_deleting_during_a_commit_keeps_what_is_in_the_catalog(tmp_path: Path) -> None:
    catalog = HeldCatalog()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 500)
        await bench.supervisor.commit(session_id)
        assert await anyio.to_thread.run_sync(catalog.in_batch.wait, 10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.supervisor.delete, session_id)
            await anyio.wait_all_tasks_blocked()
            catalog.go_on.set()
        assert bench.journal.sessions() == []
        assert 0 < catalog.count() < 500
        assert [tombstone.session_id for tombstone in bench.forgotten] == [session_id]


async def test_a_commit_and_a_delete_at_the_same_moment_follow_each_other(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, 3)

        async def commit() -> None:
            try:
                await bench.supervisor.commit(session_id)
            except NotFound:
                assert bench.forgotten

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.supervisor.delete, session_id)
            tasks.start_soon(commit)
        assert bench.journal.sessions() == []
        assert bench.supervisor.record_of(session_id) is None


# --- recover -----------------------------------------------------------------------------------------------------


def left(bench: Bench, session_id: str, *facts: Fact) -> None:
    """A session as a killed server left it."""
    parameters = bench.parameters()
    state = initial(session_id, parameters)
    session = Session(session_id=session_id, epoch="abcdef", created_at=1.0, parameters=parameters, state=state)
    bench.add(session, [Started(at=1.0), *facts])


PROCESSING = Moved(at=1.0, status=Status.PROCESSING)
COMPLETED = Moved(at=1.0, status=Status.COMPLETED)
COMMITTING = Moved(at=1.0, status=Status.COMMITTING)
