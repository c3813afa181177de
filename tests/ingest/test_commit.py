from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from tests.ingest.bench import Bench, make, open_bench

from tallylight.catalog import CommitItem, Refused
from tallylight.catalog.memory import MemoryCatalog
from tallylight.engine.inline import InlineEngine
from tallylight.errors import BadFolder, DataFolderUnusable, NotFound, PreviewChanged, WrongMove
from tallylight.facts import CommitPlanned, Committed, Discovered, Fact, Moved, Processed, Started, initial, reduce_all
from tallylight.ingest.commit import BATCH
from tallylight.ingest.diff import name_of
from tallylight.ingest.rechecking import Recheck, changed_since
from tallylight.journal import Choice, Session
from tallylight.messages import view
from tallylight.model import ConflictRule, Outcome, OutcomeKind, Parameters, RawText, Reason, Status
from tallylight.roots import Roots
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio


class PickyCatalog(MemoryCatalog):
    """Refuses what the test names, and can fail as a whole."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused
        self.broken: Exception | None = None
        self.batches: list[int] = []

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        if self.broken:
            raise self.broken
        self.batches.append(len(items))
        bad = [item for item in items if item.path.endswith(self.refused)] if self.refused else []
        super().commit(session_id, [item for item in items if item not in bad], at)
        return [Refused(item.seq, item.path, "It is odd.") for item in bad]


def add_completed(bench: Bench, count: int, *, kind: OutcomeKind = OutcomeKind.EXTRACTED, texts: bool = False) -> str:
    """A completed session of so many files, without going through an engine."""
    state = initial("s-1", Parameters(directories=("/pictures",)))
    facts: list[Fact] = [
        Started(at=1.0),
        Moved(at=1.0, status=Status.PROCESSING),
        Discovered(at=1.0, files=count),
    ]
    text = (RawText("parameters", "ab" * 32, b"not looked at"),) if texts else ()
    facts += [
        Processed(at=2.0, outcome=Outcome(root="/pictures", file=f"{number}.png", kind=kind, texts=text))
        for number in range(count)
    ]
    facts.append(Moved(at=3.0, status=Status.COMPLETED))
    session = Session(session_id="s-1", epoch="abcdef", created_at=1.0, parameters=bench.parameters(), state=state)
    bench.add(session, facts)
    return session.session_id


async def test_what_was_extracted_is_in_the_catalog(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "day/b.png", "bad.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        state = await bench.commit(session_id)
        media = {medium.path: medium for medium in bench.catalog.media()}
    assert set(media) == {f"{tmp_path}/a.png", f"{tmp_path}/day/b.png"}
    assert {medium.session_id for medium in media.values()} == {session_id}
    assert (state.status, state.commit_total, state.commit_done, state.commit_errors) == (Status.COMMITTED, 2, 2, 0)
    assert view(state, state.at)["progress"] == 100


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 3 * BATCH])
async def test_every_file_is_committed_once_batch_by_batch(tmp_path: Path, count: int) -> None:
    catalog = PickyCatalog()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        state = await bench.commit(add_completed(bench, count))
        batches = [fact.done for _, fact in bench.journal.facts("s-1") if isinstance(fact, Committed)]
    assert catalog.count() == state.commit_done == state.commit_total == count
    assert batches == catalog.batches
    assert all(size == BATCH for size in batches[:-1])
    assert state.status is Status.COMMITTED


@pytest.mark.parametrize(
    ("rule", "score", "source"),
    [("newest", 2, "xmp"), ("database", 5, "hand"), ("highest", 5, "hand"), ("sidecar", 2, "xmp")],
)
async def test_the_rule_of_the_session_decides_between_file_and_catalog(
    tmp_path: Path, rule: str, score: int, source: str
) -> None:
    def rated(score: int | None, source: str, at: float) -> Outcome:
        provenance = {"score": {"source": source, "at": at}} if score is not None else {}
        return Outcome(root="/m", file="a.png", kind=OutcomeKind.EXTRACTED, score=score, provenance=provenance)

    async with open_bench(tmp_path) as bench:
        bench.catalog.commit("earlier", [CommitItem(1, "/m/a.png", rated(5, "hand", 10.0))], 1.0)
        parameters = replace(bench.parameters(), conflict_rule=ConflictRule(rule))
        for session_id, found in (("s-1", rated(2, "xmp", 20.0)), ("s-2", rated(None, "", 0.0))):
            state = initial(session_id, parameters)
            facts: list[Fact] = [
                Started(at=1.0),
                Moved(at=1.0, status=Status.PROCESSING),
                Processed(at=2.0, outcome=found),
                Moved(at=3.0, status=Status.COMPLETED),
            ]
            session = Session(session_id=session_id, epoch="abcdef", created_at=1.0, parameters=parameters, state=state)
            bench.add(session, facts)
            for _ in range(2):  # once more changes nothing
                await bench.commit(session_id)
                [medium] = bench.catalog.media()
                assert medium.outcome.score == score
                assert medium.outcome.provenance["score"]["source"] == source


async def test_raw_texts_go_along(tmp_path: Path) -> None:
    given: list[CommitItem] = []

    class Noting(MemoryCatalog):
        def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
            given.extend(items)
            return super().commit(session_id, items, at)

    async with open_bench(tmp_path, catalog=Noting()) as bench:
        await bench.commit(add_completed(bench, 2, texts=True))
    assert [[text.key for text in item.texts] for item in given] == [["parameters"], ["parameters"]]


async def test_committing_twice_adds_nothing(tmp_path: Path) -> None:
    catalog = PickyCatalog()
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        first = await bench.commit(session_id)
        assert await bench.supervisor.commit(session_id) is Status.COMMITTED
        assert bench.state(session_id) == first
    assert (catalog.count(), catalog.batches) == (3, [3])


async def test_two_sessions_over_the_same_files_add_them_once(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        for _ in range(2):
            await bench.commit((await bench.run(skip_existing=False)).session_id)
        assert bench.catalog.count() == 2


async def test_two_commits_at_the_same_moment_are_one(tmp_path: Path) -> None:
    answers: list[Status | type[Exception]] = []
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, 3)

        async def commit() -> None:
            try:
                answers.append(await bench.supervisor.commit(session_id))
            except WrongMove:
                answers.append(WrongMove)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(commit)
        await bench.finished(session_id)
        state = bench.state(session_id)
    assert answers.count(Status.COMMITTING) == 1
    assert set(answers) <= {Status.COMMITTING, Status.COMMITTED, WrongMove}
    assert (state.status, state.commit_done) == (Status.COMMITTED, 3)


async def test_refused_files_are_counted_and_named(tmp_path: Path) -> None:
    catalog = PickyCatalog("/1.png", "/3.png")
    async with open_bench(tmp_path, catalog=catalog) as bench:
        state = await bench.commit(add_completed(bench, 5))
    assert (state.commit_total, state.commit_done, state.commit_errors) == (5, 3, 2)
    assert state.status is Status.COMMITTED
    assert catalog.count() == 3
    assert [(trouble.file, trouble.code, trouble.message) for trouble in state.troubles] == [
        ("/pictures/1.png", "commit_failed", "It is odd."),
        ("/pictures/3.png", "commit_failed", "It is odd."),
    ]


async def test_a_commit_that_refuses_all_is_an_error_that_can_be_tried_again(tmp_path: Path) -> None:
    catalog = PickyCatalog(".png")
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        state = await bench.commit(session_id)
        assert (state.status, state.code) == (Status.COMMIT_ERROR, "commit_failed")
        assert state.message == "None of 3 files could be committed; each is listed with its reason."
        assert view(state, state.at)["progress"] == 99
        catalog.refused = ()
        state = await bench.commit(session_id)
    assert (state.status, state.commit_done, state.commit_errors, state.code) == (Status.COMMITTED, 3, 0, "")


async def test_a_catalog_with_a_bug_ends_the_commit_and_nothing_else(tmp_path: Path) -> None:
    catalog = PickyCatalog()
    catalog.broken = RuntimeError("a bug")
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        state = await bench.commit(session_id)
        assert (state.status, state.code) == (Status.COMMIT_ERROR, "internal")
        assert "a bug" in state.message
        catalog.broken = None
        assert (await bench.commit(session_id)).status is Status.COMMITTED


@pytest.mark.parametrize("how", ["commit", "resume"])
async def test_a_commit_whose_catalog_fails_is_shown_as_failed_and_goes_on_later(tmp_path: Path, how: str) -> None:
    catalog = PickyCatalog()
    catalog.broken = DataFolderUnusable("The disk is full; make room.")
    async with open_bench(tmp_path, catalog=catalog) as bench:
        session_id = add_completed(bench, 3)
        assert (await bench.commit(session_id)).status is Status.COMMITTING
        shown = bench.hub.updates[-1].state
        assert (shown["status"], shown["error"]["code"]) == ("commit_error", "data_folder_unusable")
        assert shown["error"]["message"].startswith("The disk is full; make room. `tallylight resume` goes on")
        with pytest.raises(WrongMove, match="cut off while it was committing; resume it first"):
            await bench.supervisor.undo(session_id)
        catalog.broken = None
        await getattr(bench.supervisor, how)(session_id)
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.commit_done, catalog.count()) == (Status.COMMITTED, 3, 3)
        assert bench.supervisor.record_of(session_id) is None


async def test_a_session_in_which_everything_failed_commits_nothing(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        state = await bench.commit(add_completed(bench, 3, kind=OutcomeKind.FAILED))
        assert bench.catalog.count() == 0
    assert (state.status, state.commit_total) == (Status.COMMITTED, 0)


async def test_a_cancelled_session_commits_what_it_had(tmp_path: Path) -> None:
    make(tmp_path, [f"{number:02}.png" for number in range(16)])
    engine = PacedEngine(InlineEngine())
    async with open_bench(tmp_path, engine=engine) as bench:
        session_id = await bench.start()
        engine.let(1)
        with anyio.fail_after(10):
            await bench.hub.saw(lambda update: update.state["processed_files"] > 0)
        await bench.supervisor.cancel(session_id)
        state = await bench.commit(session_id)
        assert 0 < bench.catalog.count() == state.commit_done == state.processed < 16
    assert state.status is Status.COMMITTED


async def test_a_running_session_cannot_be_committed(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path, engine=PacedEngine(InlineEngine())) as bench:
        session_id = await bench.start()
        with pytest.raises(WrongMove, match="still running; wait until it is completed, or cancel it first"):
            await bench.supervisor.commit(session_id)
        await bench.supervisor.cancel(session_id)
        assert bench.state(session_id).status is Status.CANCELLED


async def test_an_unknown_session_cannot_be_committed(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        with pytest.raises(NotFound):
            await bench.supervisor.commit("no such session")


# --- what was shown, and nothing else --------------------------------------------------------------------------------


def rechecking(root: Path) -> Recheck:
    return partial(changed_since, Roots((str(root),)))


async def aside(bench: Bench, session_id: str, *files: str) -> None:
    items = bench.journal.items(session_id, limit=1000)
    seqs = tuple(item.seq for item in items if item.outcome.file in files)
    assert await bench.supervisor.set_aside(session_id, Choice(seqs=seqs), aside=True) == len(files)


async def shown(bench: Bench, session_id: str) -> str:
    await bench.supervisor.set_aside(session_id, Choice(code=Reason.TIMEOUT), aside=True)  # looks, and changes nothing
    return name_of(bench.journal.previews.standing(session_id))


async def test_what_is_set_aside_is_not_committed(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png", "c.png", "bad.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        await aside(bench, session_id, "b.png")
        state = await bench.commit(session_id)
        assert (state.commit_total, state.commit_done, state.commit_errors) == (2, 2, 0)
        assert {medium.outcome.file for medium in bench.catalog.media()} == {"a.png", "c.png"}
        with pytest.raises(WrongMove, match="only before a commit"):
            await bench.supervisor.set_aside(session_id, Choice(effects=("new",)), aside=False)
        await bench.supervisor.undo(session_id)
        await bench.finished(session_id)
        assert await bench.supervisor.set_aside(session_id, Choice(effects=("new",)), aside=False) == 1
        assert (await bench.commit(session_id)).commit_done == 3


async def test_everything_set_aside_is_a_commit_of_nothing(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        await bench.supervisor.set_aside(session_id, Choice(effects=("new",)), aside=True)
        state = await bench.commit(session_id)
        assert (state.status, state.commit_total, bench.catalog.count()) == (Status.COMMITTED, 0, 0)


def meddle(root: Path) -> None:
    (root / "edited.png").write_bytes(b"other")
    (root / "gone.png").unlink()
    (root / "replaced.png").unlink()
    (root / "replaced.png").mkdir()
    (root / "day").rename(root / "night")


async def test_files_that_changed_meanwhile_are_listed_and_not_committed(tmp_path: Path) -> None:
    make(tmp_path, ["same.png", "edited.png", "gone.png", "replaced.png", "day/moved.png"])
    async with open_bench(tmp_path, recheck=rechecking(tmp_path)) as bench:
        session_id = (await bench.run()).session_id
        await anyio.to_thread.run_sync(meddle, tmp_path)
        state = await bench.commit(session_id)
        assert (state.status, state.commit_total, state.commit_done, state.commit_errors) == (Status.COMMITTED, 5, 1, 4)
        assert [medium.outcome.file for medium in bench.catalog.media()] == ["same.png"]
        refused = bench.journal.previews.page(session_id, Choice(refused=True))
        told = {one.item.outcome.file: one.refused or "" for one in refused}
        assert told.keys() == {"edited.png", "gone.png", "replaced.png", "day/moved.png"}
        assert all("was not committed" in sentence for sentence in told.values())
        assert {trouble.message for trouble in state.troubles if trouble.code == "commit_failed"} == set(told.values())


async def test_a_commit_that_is_done_again_forgets_why_files_were_refused(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    original, parked = tmp_path / "a.png", tmp_path.with_name("parked")
    async with open_bench(tmp_path, recheck=rechecking(tmp_path)) as bench:
        session_id = (await bench.run()).session_id
        await anyio.to_thread.run_sync(original.rename, parked)
        state = await bench.commit(session_id)
        assert (state.status, state.commit_errors) == (Status.COMMIT_ERROR, 1)
        await anyio.to_thread.run_sync(parked.rename, original)
        state = await bench.commit(session_id)
        assert (state.status, state.commit_done, state.commit_errors) == (Status.COMMITTED, 1, 0)
        assert bench.journal.previews.page(session_id, Choice(refused=True)) == []


async def test_a_commit_can_be_held_to_what_was_shown(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        name = await shown(bench, session_id)
        other = replace(bench.outcomes(session_id)["a.png"], bytes=99)
        bench.catalog.commit("other", [CommitItem(1, f"{tmp_path}/a.png", other)], 1.0)
        with pytest.raises(PreviewChanged):
            await bench.supervisor.commit(session_id, name)
        assert bench.state(session_id).status is Status.COMPLETED
        name = await shown(bench, session_id)
        await aside(bench, session_id, "b.png")
        with pytest.raises(PreviewChanged):
            await bench.supervisor.commit(session_id, name)
        await bench.supervisor.commit(session_id, await shown(bench, session_id))
        await bench.finished(session_id)
        assert bench.state(session_id).commit_done == 1
        assert await bench.supervisor.commit(session_id, "what was shown once") is Status.COMMITTED


async def test_a_change_of_the_catalog_that_changes_nothing_here_does_no_harm(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path) as bench:
        session_id = (await bench.run()).session_id
        name = await shown(bench, session_id)
        stranger = Outcome(root="/far", file="away.png", kind=OutcomeKind.EXTRACTED)
        bench.catalog.commit("other", [CommitItem(1, "/far/away.png", stranger)], 1.0)
        await bench.supervisor.commit(session_id, name)
        await bench.finished(session_id)
        assert bench.state(session_id).commit_done == 1


async def test_only_what_changes_something_is_committed(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "b.png"])
    async with open_bench(tmp_path) as bench:
        await bench.commit((await bench.run()).session_id)
        make(tmp_path, ["new.png"])
        session_id = (await bench.run(skip_existing=False)).session_id
        state = await bench.commit(session_id)
        assert (state.processed, state.commit_total, state.commit_done) == (3, 1, 1)
        assert bench.catalog.count() == 3


async def test_folders_outside_the_roots_are_told_before_anything_is_done(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path, may_recheck=lambda _parameters: False) as bench:
        session_id = (await bench.run()).session_id
        with pytest.raises(BadFolder, match="start it with --root for it"):
            await bench.supervisor.commit(session_id)
        assert bench.state(session_id).status is Status.COMPLETED


async def test_nothing_is_set_aside_while_the_session_runs(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with open_bench(tmp_path, engine=PacedEngine(InlineEngine())) as bench:
        session_id = await bench.start()
        with pytest.raises(WrongMove, match="wait until everything was looked at"):
            await bench.supervisor.set_aside(session_id, Choice(effects=("new",)), aside=True)
        with pytest.raises(NotFound):
            await bench.supervisor.set_aside("nobody", Choice(effects=("new",)), aside=True)


async def test_a_commit_planned_by_a_version_without_previews_goes_on(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench:
        session_id = add_completed(bench, 3)
        state = bench.state(session_id)
        facts: list[Fact] = [Moved(at=4.0, status=Status.COMMITTING), CommitPlanned(at=4.0, total=3)]
        bench.journal.append(session_id, facts, reduce_all(state, facts))
        await bench.supervisor.recover()
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.commit_total, state.commit_done) == (Status.COMMITTED, 3, 3)
