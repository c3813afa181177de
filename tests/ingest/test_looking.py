"""What a commit would do with each file is worked out once, and anew where it may have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.catalog import CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import DataFolderUnusable
from tallylight.facts import Discovered, Fact, Moved, Processed, Retried, Started, initial, reduce_all
from tallylight.ingest import looking
from tallylight.ingest.diff import summary
from tallylight.ingest.looking import Looker, bring_up_to_date, is_up_to_date, look_at_all
from tallylight.ingest.ports import Write
from tallylight.ingest.preview import preview
from tallylight.journal import Choice, Session
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Outcome, OutcomeKind, Parameters, Reason, Status
from tallylight.roots import NO_ROOTS, absolute

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
PARAMETERS = Parameters(directories=("/m",))


def extracted(file: str = "a.png", sha256: str | None = A, **fields: Any) -> Outcome:
    return Outcome(root="/m", file=file, kind=OutcomeKind.EXTRACTED, sha256=sha256, bytes=5, mtime_ns=7, **fields)


def failed(file: str = "f.png") -> Outcome:
    return Outcome(root="/m", file=file, kind=OutcomeKind.FAILED, code=Reason.DAMAGED, sha256=A)


def journal_of(*outcomes: Outcome, status: Status = Status.COMPLETED, unchanged: int = 0) -> MemoryJournal:
    """A session `s` whose outcomes are numbered from 4."""
    journal = MemoryJournal()
    state = initial("s", PARAMETERS)
    journal.create(Session(session_id="s", epoch="abcdef", created_at=1.0, parameters=PARAMETERS, state=state))
    append(
        journal,
        Started(at=1.0),
        Moved(at=1.0, status=Status.PROCESSING),
        Discovered(at=1.0, files=len(outcomes), unchanged=unchanged),
        *(Processed(at=2.0, outcome=outcome) for outcome in outcomes),
    )
    if status is not Status.PROCESSING:
        append(journal, Moved(at=3.0, status=status))
    return journal


def append(journal: MemoryJournal, *facts: Fact) -> None:
    journal.append("s", facts, reduce_all(journal.session("s").state, facts))


def catalog_of(*outcomes: Outcome) -> MemoryCatalog:
    catalog = MemoryCatalog()
    commit(catalog, *outcomes)
    return catalog


def commit(catalog: MemoryCatalog, *outcomes: Outcome) -> None:
    items = [CommitItem(seq, absolute(one.root, one.file), one) for seq, one in enumerate(outcomes, 1)]
    assert catalog.commit("earlier", items, 1.0) == []


def effects(journal: MemoryJournal) -> dict[str, str]:
    return {shown.item.outcome.file: shown.effect for shown in journal.previews.page("s", Choice(), limit=1000)}


def test_every_file_has_its_effect() -> None:
    catalog = catalog_of(extracted("same.png"), extracted("other.png", B), extracted("there.png", C))
    journal = journal_of(
        extracted("same.png"),
        extracted("other.png", "dd" * 32),
        extracted("copy.png", C),
        extracted("new.png", "ee" * 32),
        extracted("again.png", "ee" * 32),
        failed(),
        unchanged=3,
    )
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {
        "same.png": "unchanged",
        "other.png": "changed",
        "copy.png": "duplicate",
        "new.png": "new",
        "again.png": "duplicate",
        "f.png": "failed",
    }
    now = summary(journal, catalog, "s")
    assert now.complete
    assert sum(now.files.values()) - now.files["missing"] == 9
    assert (now.files["unchanged"], now.unlisted, now.to_commit) == (4, {"unchanged": 3}, 4)


@pytest.mark.parametrize(
    "changed",
    [{"score": 3}, {"mtime_ns": 8}, {"media": {"width": 4}}, {"keywords": ({"text": "cat"},)}, {"warnings": ("odd",)}],
)
def test_a_file_with_its_old_bytes_is_changed_where_something_else_would_be_stored(changed: dict[str, Any]) -> None:
    catalog, journal = catalog_of(extracted()), journal_of(replace(extracted(), **changed))
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "changed"}


def test_what_only_the_catalog_knows_is_no_change() -> None:
    by_hand = {"score": {"source": "hand", "at": 5.0}}
    catalog, journal = catalog_of(extracted(score=4, provenance=by_hand)), journal_of(extracted())
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "unchanged"}


def test_disputed_files_are_told() -> None:
    own = {"field": "title", "rule": "newest", "chosen": "a", "values": []}
    catalog = catalog_of(extracted("theirs.png", score=1), extracted("none.png", B, score=2))
    journal = journal_of(
        extracted("theirs.png", score=2),
        extracted("own.png", C, conflicts=(own,)),
        extracted("none.png", B, score=2),
        replace(failed(), conflicts=(own,)),
    )
    look_at_all(journal, catalog, "s")
    assert [one.item.outcome.file for one in journal.previews.page("s", Choice(conflicts=True))] == [
        "theirs.png",
        "own.png",
    ]
    assert summary(journal, catalog, "s").conflicts == 2


def test_a_session_that_runs_is_looked_at_as_far_as_it_is() -> None:
    journal, catalog = journal_of(extracted("a.png"), status=Status.PROCESSING), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    assert summary(journal, catalog, "s").complete
    append(journal, Processed(at=2.0, outcome=extracted("b.png")))
    assert not summary(journal, catalog, "s").complete
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "new", "b.png": "duplicate"}


def test_a_catalog_that_changes_holds_nothing_up_while_the_session_runs() -> None:
    journal, catalog = journal_of(extracted("a.png", B), status=Status.PROCESSING), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    commit(catalog, extracted("a.png", B))
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "new"}
    append(journal, Moved(at=3.0, status=Status.COMPLETED))
    assert not is_up_to_date(journal, catalog, "s")
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "unchanged"}


def test_everything_is_looked_at_anew_once_the_catalog_has_changed() -> None:
    journal, catalog = journal_of(extracted("a.png"), extracted("b.png", B)), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    first = summary(journal, catalog, "s")
    commit(catalog, extracted("elsewhere.png", C))
    assert not is_up_to_date(journal, catalog, "s")
    look_at_all(journal, catalog, "s")
    assert summary(journal, catalog, "s") == first, "what would happen is the same, and has the same name"
    commit(catalog, extracted("b.png", C))
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "new", "b.png": "changed"}
    assert summary(journal, catalog, "s").preview != first.preview
    assert catalog.undo("earlier", 100) == 2
    look_at_all(journal, catalog, "s")
    assert summary(journal, catalog, "s").preview == first.preview


def test_a_retried_file_counts_once() -> None:
    journal, catalog = journal_of(failed("a.png"), extracted("b.png")), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    append(journal, Moved(at=4.0, status=Status.PROCESSING), Retried(at=4.0, total=1))
    append(journal, Processed(at=5.0, outcome=extracted("a.png"), retries=4), Moved(at=6.0, status=Status.COMPLETED))
    assert not is_up_to_date(journal, catalog, "s")
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"b.png": "new", "a.png": "duplicate"}
    assert summary(journal, catalog, "s").files["failed"] == 0


@pytest.mark.parametrize("status", [Status.COMMITTING, Status.COMMITTED])
def test_what_a_commit_did_stays_as_it_was_shown(status: Status) -> None:
    journal, catalog = journal_of(extracted()), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    append(journal, Moved(at=4.0, status=Status.COMMITTING))
    commit(catalog, extracted())
    if status is Status.COMMITTED:
        append(journal, Moved(at=5.0, status=status))
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "new"}
    assert is_up_to_date(journal, catalog, "s")


def test_what_was_committed_in_part_is_looked_at_anew() -> None:
    journal, catalog = journal_of(extracted("a.png"), extracted("b.png", B)), MemoryCatalog()
    look_at_all(journal, catalog, "s")
    append(journal, Moved(at=4.0, status=Status.COMMITTING))
    commit(catalog, extracted("a.png"))
    append(journal, Moved(at=5.0, status=Status.COMMIT_ERROR, code="x", message="y"))
    look_at_all(journal, catalog, "s")
    assert effects(journal) == {"a.png": "unchanged", "b.png": "new"}


@pytest.mark.anyio
async def test_a_catalog_that_changes_all_the_time_is_not_run_after() -> None:
    journal, catalog = journal_of(extracted()), MemoryCatalog()
    writes = 0

    async def write(function: Any, *args: Any) -> Any:
        nonlocal writes
        writes += 1
        commit(catalog, extracted("busy.png", B, score=writes % 5))
        return function(*args)

    with anyio.fail_after(10):
        await bring_up_to_date(journal, catalog, NO_ROOTS, "s", cast("Write", write))
    assert effects(journal) == {"a.png": "new"}


@pytest.mark.anyio
async def test_two_who_look_at_once_do_not_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "BATCH", 3)
    journal = journal_of(*(extracted(f"{number}.png", f"{number % 7:064x}") for number in range(40)))
    catalog = MemoryCatalog()

    async def write(function: Any, *args: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        return function(*args)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(bring_up_to_date, journal, catalog, NO_ROOTS, "s", cast("Write", write))
    assert summary(journal, catalog, "s").files | {"new": 7, "duplicate": 33} == summary(journal, catalog, "s").files
    assert Counter(effects(journal).values()) == {"new": 7, "duplicate": 33}


@pytest.mark.anyio
async def test_the_looker_looks_in_the_background_and_tells_the_log_of_trouble(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    journal, catalog, fails, wrote = journal_of(extracted()), MemoryCatalog(), False, anyio.Event()

    async def write(function: Any, *args: Any) -> Any:
        if fails:
            wrote.set()
            raise DataFolderUnusable(f"The disk that holds {tmp_path} is full; free some space, then try again.")
        return function(*args)

    async with anyio.create_task_group() as tasks:
        looker = Looker(journal, catalog, NO_ROOTS, cast("Write", write), tasks)
        fails = True
        looker.note("s", 0)
        with anyio.fail_after(10):
            await wrote.wait()
        with pytest.raises(DataFolderUnusable):
            await looker.look_now("s")
        fails = False
        looker.look("nobody")
        looker.note("s", 5)
        assert effects(journal) == {}, "too few to begin"
        looker.note("s", looking.BATCH)
        looker.look("s")
    assert effects(journal) == {"a.png": "new"}
    assert "the preview of session s is not up to date: The disk" in caplog.text
    assert "the preview of session nobody is not up to date: There is no session" in caplog.text


drawn_outcome = st.tuples(
    st.integers(0, 6),
    st.sampled_from([A, B, C, None]),
    st.sampled_from(["extracted", "failed"]),
    st.none() | st.just(3),
)


def outcome_of(drawn: tuple[int, str | None, str, int | None]) -> Outcome:
    number, sha256, kind, score = drawn
    return failed(f"{number}.png") if kind == "failed" else extracted(f"{number}.png", sha256, score=score)


@settings(deadline=None)
@given(
    drawn=st.lists(drawn_outcome, max_size=20),
    stored=st.lists(drawn_outcome, max_size=8),
    later=st.lists(drawn_outcome, max_size=4),
    batch=st.integers(1, 5),
    unchanged=st.integers(0, 3),
)
def test_classes_add_up_to_all_files_however_often_they_are_looked_at(
    drawn: Sequence[Any], stored: Sequence[Any], later: Sequence[Any], batch: int, unchanged: int
) -> None:
    # A path has one outcome in a session, and one entry in the catalog.
    outcomes = list({drawn_[0]: outcome_of(drawn_) for drawn_ in drawn}.values())
    journal = journal_of(*outcomes, unchanged=unchanged)
    catalog = catalog_of(*(outcome_of(one) for one in stored if one[2] == "extracted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "BATCH", batch)
        look_at_all(journal, catalog, "s")
        commit(catalog, *(outcome_of(one) for one in later if one[2] == "extracted"))
        look_at_all(journal, catalog, "s")
    now = summary(journal, catalog, "s")
    assert now.complete
    assert sum(now.files.values()) == len(outcomes) + unchanged
    listed = Counter(effects(journal).values())
    assert {
        effect: count + now.unlisted.get(effect, 0) for effect, count in listed.items()
    }.items() <= now.files.items()
    fresh = journal_of(*outcomes, unchanged=unchanged)
    look_at_all(fresh, catalog, "s")
    assert (effects(fresh), summary(fresh, catalog, "s")) == (effects(journal), now), "the second look is as good"
    told = preview(journal, catalog, "s").as_json()
    for effect in ("new", "moved", "duplicate", "failed", "excluded", "missing"):
        assert told[effect] == now.files[effect], effect
