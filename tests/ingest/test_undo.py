"""Taking back what a session committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ingest.bench import Bench, extract, make, open_bench
from tests.ingest.test_commit import add_completed

from tallylight.catalog import CommitItem, Refused
from tallylight.catalog.memory import MemoryCatalog
from tallylight.cli.draw.words import ending
from tallylight.errors import DataFolderUnusable, NotFound, WrongMove
from tallylight.facts import Moved, State, Undone, UndoPlanned, reduce
from tallylight.ingest.commit import BATCH
from tallylight.ingest.undo import check
from tallylight.messages import view
from tallylight.model import Candidate, Outcome, Status

pytestmark = pytest.mark.anyio

SCORE = "score.txt"


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
    assert (message["phase"], message["progress"], message["undo"]) == (
        "undo",
        100,
        {"total": count, "done": count, "kept": 0},
    )


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
    committed = State(session_id="s-1", status=Status.COMMITTED, commit_done=5)
    with pytest.raises(WrongMove, match="made by an earlier version"):
        check(0, {}, 0, committed)
    with pytest.raises(WrongMove, match="written again by later sessions that are deleted"):
        check(0, {}, 5, committed)
    check(0, {}, 0, replace(committed, commit_done=0))
    check(0, {}, 0, replace(committed, undo_total=5))
    check(5, {}, 0, committed)


# --- other sessions on the same files ----------------------------------------------------------------------------


def say(bench: Bench, score: int) -> None:
    (bench.root / SCORE).write_text(str(score), encoding="ascii")


async def committed(bench: Bench, score: int, pattern: str = "") -> str:
    """A session over all files, or those whose names match, that gives each this score."""
    say(bench, score)
    session_id = (await bench.run(skip_existing=False, pattern=pattern)).session_id
    await bench.commit(session_id)
    return session_id


@asynccontextmanager
async def scored(tmp_path: Path, catalog: MemoryCatalog | None = None) -> AsyncIterator[Bench]:
    """A bench on which every file has the score that `SCORE` says at the moment."""

    def read(candidate: Candidate) -> Outcome:
        score = int((tmp_path / SCORE).read_text(encoding="ascii"))
        return replace(extract(candidate), score=score, provenance={"score": {"source": "xmp", "at": 9.0}})

    async with open_bench(tmp_path, extract=read, catalog=catalog) as bench:
        yield bench


def scores(bench: Bench) -> dict[str, int | None]:
    return {Path(medium.path).name: medium.outcome.score for medium in bench.catalog.media()}


async def test_what_a_deleted_session_wrote_stays_and_the_rest_is_put_back(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with scored(tmp_path) as bench:
        first = await committed(bench, 1)
        await bench.supervisor.delete(await committed(bench, 2, "a.*"))
        state = await undone(bench, first)
        assert (state.status, state.undo_total, state.undo_done, state.undo_kept) == (Status.UNDONE, 1, 1, 1)
        assert scores(bench) == {"a.png": 2}
        assert bench.catalog.undo(first, 10) == 0, "nothing is left of what was out of reach"
        assert "1 stay as a later session left them" in ending(view(state, state.at))


async def test_where_deleted_sessions_wrote_everything_again_the_refusal_says_so(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with scored(tmp_path) as bench:
        first = await committed(bench, 1)
        await bench.supervisor.delete(await committed(bench, 2))
        with pytest.raises(WrongMove, match="later sessions that are deleted; the catalog stays as those left it"):
            await bench.supervisor.undo(first)
        assert scores(bench) == {"a.png": 2}


async def test_a_commit_that_goes_on_after_another_is_the_later_one(tmp_path: Path) -> None:
    class Breaking(MemoryCatalog):
        broken = False

        def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
            if self.broken:
                # Half of the batch is in, as if it had been two.
                super().commit(session_id, items[:1], at)
                raise DataFolderUnusable("The disk is full; free some space.")
            return super().commit(session_id, items, at)

    make(tmp_path, ["a.png", "b.png"])
    catalog = Breaking()
    async with scored(tmp_path, catalog) as bench:
        catalog.broken = True
        first = await committed(bench, 1)
        assert (bench.hub.updates[-1].state["status"], scores(bench)) == ("commit_error", {"a.png": 1})
        catalog.broken = False
        second = await committed(bench, 2)
        assert scores(bench) == {"a.png": 2, "b.png": 2}
        await bench.commit(first)
        assert scores(bench) == {"a.png": 1, "b.png": 1}
        with pytest.raises(WrongMove, match=f"Session {first} was committed later and wrote 2 of the same files"):
            await bench.supervisor.undo(second)
        await undone(bench, first)
        assert scores(bench) == {"a.png": 2, "b.png": 2}
        await undone(bench, second)
        assert scores(bench) == {}


async def test_an_undo_that_failed_after_its_last_file_is_done_again(tmp_path: Path) -> None:
    class Breaking(MemoryCatalog):
        broken = True

        def undo(self, session_id: str, limit: int) -> int:
            if self.broken and not self.undoable(session_id):
                raise DataFolderUnusable("The disk is full; free some space.")
            return super().undo(session_id, limit)

    catalog = Breaking()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        await bench.commit(session_id)
        assert (await undone(bench, session_id)).status is Status.UNDOING, "nobody knows yet that it is done"
        assert bench.hub.updates[-1].state["status"] == "commit_error"
        assert catalog.count() == 0
        catalog.broken = False
        state = await undone(bench, session_id)
        assert (state.status, state.undo_total, state.undo_done) == (Status.UNDONE, 3, 3)
