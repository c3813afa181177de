"""Taking back what a session committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.bench import Bench, make, open_bench
from tests.ingest.test_commit import add_completed

from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import DataFolderUnusable, NotFound, WrongMove
from tallylight.facts import Moved, State, Undone, UndoPlanned, reduce
from tallylight.ingest.commit import BATCH
from tallylight.ingest.undo import check
from tallylight.messages import view
from tallylight.model import Status

pytestmark = pytest.mark.anyio


async def undone(bench: Bench, session_id: str) -> State:
    await bench.supervisor.undo(session_id)
    await bench.finished(session_id)
    return bench.state(session_id)


@pytest.mark.parametrize("count", [1, BATCH + 1])
async def test_the_catalog_is_as_it_was_batch_by_batch(tmp_path: Path, count: int) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, count)
        await bench.commit(session_id)
        state = await undone(bench, session_id)
        batches = [fact.done for _, fact in bench.journal.facts(session_id) if isinstance(fact, Undone)]
        assert bench.catalog.count() == 0
    assert (state.status, state.undo_total, state.undo_done) == (Status.UNDONE, count, count)
    assert (sum(batches), max(batches)) == (count, min(count, BATCH))
    message = view(state, state.at)
    assert (message["phase"], message["progress"], message["undo"]) == ("undo", 100, {"total": count, "done": count})


async def test_undoing_twice_changes_nothing_and_committing_again_does(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        await bench.commit(session_id)
        await undone(bench, session_id)
        assert await bench.supervisor.undo(session_id) is Status.UNDONE
        state = await bench.commit(session_id)
        assert (bench.catalog.count(), state.commit_done, state.undo_total) == (2, 2, 0)
        assert "undo" not in view(state, state.at)


async def test_a_session_that_a_later_one_built_on_is_undone_after_it(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        first, second = [(await bench.run(skip_existing=False)).session_id for _ in range(2)]
        await bench.commit(first)
        make(tmp_path, ["a.png"], mtime_ns=1)
        third = (await bench.run(skip_existing=False)).session_id
        await bench.commit(third)
        with pytest.raises(WrongMove, match=f"Session {third} was committed later and wrote 1 of the same files"):
            await bench.supervisor.undo(first)
        assert bench.state(first).status is Status.COMMITTED
        await undone(bench, third)
        await undone(bench, first)
        assert bench.catalog.count() == 0
        with pytest.raises(WrongMove, match="completed cannot become undoing"):
            await bench.supervisor.undo(second)
        with pytest.raises(NotFound):
            await bench.supervisor.undo("nobody")


async def test_a_catalog_that_fails_stops_the_undo_and_it_goes_on_later(tmp_path: Path) -> None:
    class Breaking(MemoryCatalog):
        broken = False

        def undo(self, session_id: str, limit: int) -> int:
            if self.broken and self.undoable(session_id) == 1:
                raise DataFolderUnusable("The disk is full; free some space.")
            return super().undo(session_id, min(limit, 2))

    catalog = Breaking()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        await bench.commit(session_id)
        catalog.broken = True
        state = await undone(bench, session_id)
        assert state.status is Status.UNDOING, "it is not at its end"
        shown = bench.hub.updates[-1].state
        assert (shown["status"], shown["error"]["code"]) == ("commit_error", "data_folder_unusable")
        assert catalog.count() == 1
        catalog.broken = False
        assert (await undone(bench, session_id)).status is Status.UNDONE
        assert catalog.count() == 0


async def test_an_undo_that_an_earlier_process_left_goes_on(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, 3)
        await bench.commit(session_id)
        move = Moved(at=9.0, status=Status.UNDOING)
        bench.journal.append(session_id, [move], reduce(bench.state(session_id), move))
        plan = UndoPlanned(at=9.0, total=3)
        bench.journal.append(session_id, [plan], reduce(bench.state(session_id), plan))
        # As if the process had ended between the catalog's write and the journal's.
        assert bench.catalog.undo(session_id, 1) == 1
        await bench.supervisor.recover()
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.undo_total, state.undo_done) == (Status.UNDONE, 3, 3)
        assert bench.catalog.count() == 0


async def test_a_deleted_session_keeps_what_it_committed(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, 3)
        await bench.commit(session_id)
        await bench.supervisor.delete(session_id)
        assert (bench.catalog.count(), bench.catalog.undoable(session_id)) == (3, 0)


def test_what_an_earlier_version_committed_cannot_be_undone() -> None:
    with pytest.raises(WrongMove, match="made by an earlier version"):
        check(0, {}, committed=5)
    check(0, {}, committed=0)
    check(5, {}, committed=5)
