"""What a commit would do, decided one file at a time and counted over a session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.catalog import CommitItem, Known
from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import NotFound
from tallylight.facts import Discovered, Fact, Processed, Started, initial, reduce_all
from tallylight.ingest import preview as room
from tallylight.ingest.preview import Preview, Tally, classify, preview
from tallylight.journal import Session
from tallylight.journal.memory import MemoryJournal
from tallylight.model import ConflictRule, Effect, Outcome, OutcomeKind, Parameters, Reason
from tallylight.roots import absolute

A, B = "aa" * 32, "bb" * 32
PARAMETERS = Parameters(directories=("/m",))


def extracted(file: str = "a.png", sha256: str | None = A, **fields: Any) -> Outcome:
    return Outcome(root="/m", file=file, kind=OutcomeKind.EXTRACTED, sha256=sha256, bytes=5, mtime_ns=7, **fields)


def failed(file: str = "f.png") -> Outcome:
    return Outcome(root="/m", file=file, kind=OutcomeKind.FAILED, code=Reason.DAMAGED, sha256=A)


@pytest.mark.parametrize(
    ("outcome", "known", "seen", "effect"),
    [
        (extracted(), None, False, Effect.NEW),
        (extracted(), None, True, Effect.DUPLICATE),
        (extracted(), Known(5, 7, A), False, Effect.UNCHANGED),
        (extracted(), Known(5, 8, A), False, Effect.UNCHANGED),  # touched, the same bytes
        (extracted(), Known(5, 7, B), False, Effect.CHANGED),  # other bytes behind the same time
        (extracted(), Known(5, 7, B), True, Effect.CHANGED),
        (extracted(sha256=None), Known(5, 7, A), False, Effect.UNCHANGED),
        (extracted(sha256=None), Known(5, 8, A), False, Effect.CHANGED),
        (extracted(), Known(6, 7, None), False, Effect.CHANGED),
        (failed(), None, True, Effect.FAILED),
        (failed(), Known(5, 7, A), False, Effect.FAILED),
        (replace(extracted(), kind=OutcomeKind.UNCHANGED), None, False, Effect.UNCHANGED),
        (replace(extracted(), kind=OutcomeKind.EXCLUDED), None, False, Effect.EXCLUDED),
    ],
)
def test_classify(outcome: Outcome, known: Known | None, seen: bool, effect: Effect) -> None:
    assert classify(outcome, known, seen=seen) is effect


def journal_of(*outcomes: Outcome, unchanged: int = 0, excluded: int = 0) -> MemoryJournal:
    journal = MemoryJournal()
    state = initial("s", PARAMETERS)
    journal.create(Session(session_id="s", epoch="abcdef", created_at=1.0, parameters=PARAMETERS, state=state))
    facts: list[Fact] = [
        Started(at=1.0),
        Discovered(at=1.0, files=len(outcomes), unchanged=unchanged, excluded=excluded),
        *(Processed(at=2.0, outcome=outcome) for outcome in outcomes),
    ]
    journal.append("s", facts, reduce_all(state, facts))
    return journal


def catalog_of(*outcomes: Outcome) -> MemoryCatalog:
    catalog = MemoryCatalog()
    items = [CommitItem(seq, absolute(each.root, each.file), each) for seq, each in enumerate(outcomes, 1)]
    assert catalog.commit("earlier", items, 1.0) == []
    return catalog


def test_every_effect_is_counted_and_they_add_up_to_what_was_discovered() -> None:
    catalog = catalog_of(extracted("same.png", A), extracted("other.png", B), extracted("moved.png", "cc" * 32))
    journal = journal_of(
        extracted("same.png", A),
        extracted("other.png", "dd" * 32),
        extracted("copy.png", "cc" * 32),
        extracted("new.png", "ee" * 32),
        failed(),
        unchanged=10,
        excluded=20,
    )
    found = preview(journal, catalog, "s")
    assert found == Preview(new=1, changed=1, duplicate=1, unchanged=11, failed=1, excluded=20)
    assert sum(found.as_json().values()) == 35


def test_the_first_of_equal_files_is_new_and_the_others_are_duplicates() -> None:
    journal = journal_of(*(extracted(f"{number}.png", A) for number in range(4)))
    assert preview(journal, MemoryCatalog(), "s") == Preview(new=1, duplicate=3)


def test_a_failed_file_makes_no_duplicate_of_another() -> None:
    assert preview(journal_of(failed(), extracted(sha256=A)), MemoryCatalog(), "s") == Preview(new=1, failed=1)


def test_files_without_a_hash_are_never_duplicates() -> None:
    journal = journal_of(extracted("a.png", None), extracted("b.png", None))
    assert preview(journal, MemoryCatalog(), "s") == Preview(new=2)


def test_after_the_commit_everything_is_unchanged() -> None:
    outcomes = [extracted("a.png", A), extracted("b.png", A), extracted("c.png", None)]
    assert preview(journal_of(*outcomes), catalog_of(*outcomes), "s") == Preview(unchanged=3)


def test_files_on_which_somebody_disagrees_are_counted_once() -> None:
    own = {"field": "title", "rule": "newest", "chosen": "a", "values": []}
    catalog = catalog_of(extracted("both.png", A, score=1, favourite=True), extracted("same.png", B, score=4))
    journal = journal_of(
        extracted("both.png", A, score=2, favourite=False, conflicts=(own,)),
        extracted("same.png", B, score=4),
        extracted("own.png", "cc" * 32, conflicts=(own,)),
        replace(failed(), conflicts=(own,)),
    )
    assert preview(journal, catalog, "s") == Preview(new=1, unchanged=2, failed=1, conflicts=2)


def test_an_unknown_session() -> None:
    with pytest.raises(NotFound):
        preview(MemoryJournal(), MemoryCatalog(), "s")


def test_pages_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_of(*(extracted(f"{number}.png", A if number % 2 else B) for number in range(7)))
    monkeypatch.setattr(room, "PAGE", 2)
    assert preview(journal, MemoryCatalog(), "s") == Preview(new=2, duplicate=5)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([A, B, None]), st.booleans()), max_size=20), st.integers(1, 5)
)
def test_every_outcome_is_counted_once_however_they_are_paged(
    drawn: list[tuple[int, str | None, bool]], size: int
) -> None:
    outcomes = [failed() if bad else extracted(f"{number}.png", sha256) for number, sha256, bad in drawn]
    catalog = catalog_of(extracted("0.png", A), extracted("9.png", B))
    state = initial("s", PARAMETERS)
    whole, paged = Tally(catalog, ConflictRule.NEWEST), Tally(catalog, ConflictRule.NEWEST)
    whole.add(outcomes)
    for start in range(0, len(outcomes), size):
        paged.add(outcomes[start : start + size])
    assert paged.preview(state) == whole.preview(state)
    assert sum(whole.preview(state).as_json().values()) == len(outcomes)
