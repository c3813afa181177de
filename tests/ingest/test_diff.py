"""A page of a preview: what each file would become."""

from __future__ import annotations

import pytest
from tests.ingest.test_looking import A, B, C, append, catalog_of, commit, extracted, failed, journal_of

from tallylight.catalog import CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import BadParameters, NotFound, PreviewChanged, WrongMove
from tallylight.facts import Moved
from tallylight.ingest.choosing import MOST_SEQS, set_aside
from tallylight.ingest.diff import STORED, check_name, first_page, name_of, summary
from tallylight.ingest.looking import look_at_all
from tallylight.journal import Choice
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Effect, Reason, Status


def looked(journal: MemoryJournal, catalog: MemoryCatalog) -> MemoryJournal:
    look_at_all(journal, catalog, "s")
    return journal


def test_a_changed_file_says_what_changes_and_who_wins() -> None:
    catalog = catalog_of(extracted(score=5, provenance={"score": {"source": "hand", "at": 10.0}}))
    found = extracted(sha256=B, score=2, provenance={"score": {"source": "xmp", "at": 20.0}})
    journal = looked(journal_of(found), catalog)
    [entry] = first_page(journal, catalog, "s").entries
    assert [(one["field"], one["before"], one["after"]) for one in entry.changes] == [("score", 5, 2), ("sha256", A, B)]
    [conflict] = entry.conflicts
    assert (conflict["field"], conflict["chosen"]) == ("score", 2)


def test_what_the_catalog_keeps_is_no_change() -> None:
    catalog = catalog_of(extracted(score=5, provenance={"score": {"source": "hand", "at": 30.0}}))
    found = extracted(sha256=B, score=2, provenance={"score": {"source": "xmp", "at": 20.0}})
    [entry] = first_page(looked(journal_of(found), catalog), catalog, "s").entries
    assert [one["field"] for one in entry.changes] == ["sha256"]
    assert [one["chosen"] for one in entry.conflicts] == [5]


def test_a_duplicate_says_of_what() -> None:
    catalog = catalog_of(extracted("old.png", C))
    journal = looked(journal_of(extracted("a.png"), extracted("b.png"), extracted("copy.png", C)), catalog)
    page = first_page(journal, catalog, "s", Choice(effects=("duplicate",)))
    assert {entry.shown.item.outcome.file: entry.same_as for entry in page.entries} == {
        "b.png": "/m/a.png",
        "copy.png": "/m/old.png",
    }


def test_pages_follow_each_other() -> None:
    catalog = MemoryCatalog()
    journal = looked(journal_of(*(extracted(f"{number}.png", f"{number:064x}") for number in range(5))), catalog)
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = first_page(journal, catalog, "s", after=after, limit=2)
        assert len(page.entries) <= 2
        seen += [entry.shown.item.outcome.file for entry in page.entries]
        after = page.next
    assert seen == [f"{number}.png" for number in range(5)]
    assert first_page(journal, catalog, "s", limit=5).next is None


def test_an_unknown_session() -> None:
    with pytest.raises(NotFound):
        first_page(MemoryJournal(), MemoryCatalog(), "s")


def test_what_is_shown_has_a_name() -> None:
    catalog = MemoryCatalog()
    journal = looked(journal_of(extracted(), extracted("b.png", B)), catalog)
    standing = journal.previews.standing("s")
    check_name(name_of(standing), standing)
    set_aside(journal, "s", Choice(seqs=(4,)), aside=True)
    with pytest.raises(PreviewChanged, match="Look at it again"):
        check_name(name_of(standing), journal.previews.standing("s"))


def test_what_was_committed_is_not_compared_with_itself() -> None:
    catalog = catalog_of(extracted(score=1))
    journal = looked(journal_of(extracted(sha256=B)), catalog)
    append(journal, Moved(at=4.0, status=Status.COMMITTING))
    commit(catalog, extracted(sha256=B))
    append(journal, Moved(at=5.0, status=Status.COMMITTED))
    [entry] = first_page(journal, catalog, "s").entries
    assert (entry.shown.effect, entry.changes) == ("changed", ())


def test_every_effect_but_those_that_a_commit_leaves_alone_is_stored() -> None:
    left_alone = {Effect.UNCHANGED, Effect.FAILED, Effect.EXCLUDED, Effect.MISSING}
    assert set(STORED) | left_alone == set(Effect)
    assert not set(STORED) & left_alone


# --- setting aside ---------------------------------------------------------------------------------------------------


def a_session(status: Status = Status.COMPLETED) -> tuple[MemoryJournal, MemoryCatalog]:
    catalog = catalog_of(extracted("same.png", C))
    outcomes = (extracted("a.png"), extracted("day/b.png", B), extracted("same.png", C), failed())
    return looked(journal_of(*outcomes, status=status), catalog), catalog


def test_what_is_set_aside_counts_apart() -> None:
    journal, catalog = a_session()
    assert set_aside(journal, "s", Choice(folder="day"), aside=True) == 1
    now = summary(journal, catalog, "s")
    assert (now.files["new"], now.set_aside, now.to_commit) == (2, {"new": 1}, 1)
    assert set_aside(journal, "s", Choice(effects=("new",)), aside=False) == 1
    assert summary(journal, catalog, "s").to_commit == 2


def test_a_filter_takes_what_a_commit_would_store_alone() -> None:
    journal, _ = a_session()
    assert set_aside(journal, "s", Choice(effects=("new", "failed")), aside=True) == 2
    assert set_aside(journal, "s", Choice(code=Reason.DAMAGED), aside=True) == 0


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(seqs=(4, 99)), "This session's preview has no file number 99; its pages have the numbers."),
        (Choice(seqs=(1,)), "has no file number 1"),
        (Choice(seqs=(6,)), "File number 6 is unchanged: a commit leaves it alone anyway."),
        (Choice(seqs=(7,)), "File number 7 is failed"),
        (Choice(effects=("failed",)), "A commit stores only files that are new, changed, moved, duplicate"),
        (Choice(seqs=tuple(range(1, MOST_SEQS + 2))), "Give at most 500 numbers at a time, or a filter."),
    ],
)
def test_what_cannot_be_set_aside_is_told(choice: Choice, sentence: str) -> None:
    journal, catalog = a_session()
    with pytest.raises(BadParameters, match=sentence.replace("(", r"\(")):
        set_aside(journal, "s", choice, aside=True)
    assert summary(journal, catalog, "s").set_aside == {}


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.PROCESSING, "This session is processing; wait until everything was looked at"),
        (Status.COMMITTING, "This session is committing; files can be set aside only before a commit."),
        (Status.COMMITTED, "This session is committed; files can be set aside only before a commit."),
    ],
)
def test_only_before_a_commit(status: Status, sentence: str) -> None:
    journal, _ = a_session(Status.PROCESSING if status is Status.PROCESSING else Status.COMPLETED)
    for step in (Status.COMMITTING, Status.COMMITTED):
        if status in {Status.COMMITTING, Status.COMMITTED} and journal.session("s").state.status is not status:
            append(journal, Moved(at=9.0, status=step))
    with pytest.raises(WrongMove, match=sentence):
        set_aside(journal, "s", Choice(effects=("new",)), aside=True)


def test_a_medium_without_a_rating_disputes_nothing() -> None:
    catalog = MemoryCatalog()
    catalog.commit("earlier", [CommitItem(1, "/m/a.png", extracted())], 1.0)
    [entry] = first_page(looked(journal_of(extracted(sha256=B, score=3)), catalog), catalog, "s").entries
    assert entry.conflicts == ()
