"""The report of a session, from its facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.catalog import CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.errors import NotFound
from tallylight.facts import Counted, Discovered, Fact, FolderUnread, Moved, Processed, Started, initial, reduce_all
from tallylight.ingest.facets import SessionFacets
from tallylight.ingest.report import (
    MOST_CONFLICTS,
    MOST_FAILURES,
    MOST_SAMPLES,
    Conflict,
    Report,
    report,
    spread,
    suffix_of,
)
from tallylight.journal import Session
from tallylight.journal.memory import MemoryJournal
from tallylight.messages import view
from tallylight.model import Outcome, OutcomeKind, Parameters, Reason, Status

PARAMETERS = Parameters(directories=("/m",), pattern="*.png")


def extracted(number: int, suffix: str = "png") -> Outcome:
    return Outcome(
        root="/m",
        file=f"{number}.{suffix}",
        kind=OutcomeKind.EXTRACTED,
        bytes=10,
        ms=float(number),
        media={"type": "image", "format": suffix, "width": 4, "height": 3},
        keywords=tuple({"text": f"k{n}", "weight": 1.0, "source": "prompt"} for n in range(12)),
        score=3,
        sha256=f"{number:064x}",
        has_thumbnail=True,
    )


def failed(number: int, code: Reason = Reason.EMPTY) -> Outcome:
    return Outcome(root="/m", file=f"bad_{number}.jpg", kind=OutcomeKind.FAILED, code=code, message="It is empty.")


def journal_of(facts: Sequence[Fact]) -> MemoryJournal:
    journal = MemoryJournal()
    state = initial("s", PARAMETERS)
    journal.create(Session(session_id="s", epoch="abcdef", created_at=90.0, parameters=PARAMETERS, state=state))
    journal.append("s", facts, reduce_all(state, facts))
    return journal


def run_of(*outcomes: Outcome, end: Moved | None = None, unread: int = 0) -> MemoryJournal:
    return journal_of(
        [
            Started(at=100.0),
            Moved(at=100.0, status=Status.PROCESSING),
            Discovered(at=100.0, files=len(outcomes), excluded=2),
            *(FolderUnread(at=101.0, file=f"locked_{n}", code="permission", message="No.") for n in range(unread)),
            Counted(at=101.0),
            *(Processed(at=102.0, outcome=outcome) for outcome in outcomes),
            *([end] if end else []),
        ]
    )


def made(journal: MemoryJournal, now: float = 120.0) -> Report:
    return report(journal, MemoryCatalog(), "s", now)


def test_conflicts_are_listed_with_what_a_commit_would_choose() -> None:
    catalog = MemoryCatalog()
    catalog.commit("earlier", [CommitItem(1, "/m/1.png", replace(extracted(1), score=5))], 1.0)
    found = report(run_of(extracted(1), extracted(2), failed(3)), catalog, "s", 120.0)
    values = [{"value": 3, "source": "file"}, {"value": 5, "source": "catalog"}]
    assert found.conflicts == (
        Conflict(seq=5, root="/m", file="1.png", field="score", rule="newest", chosen=3, values=values),
    )
    assert (found.preview.conflicts, found.conflicts_left_out) == (1, 0)
    assert json.loads(json.dumps(found.as_json()))["conflicts"][0]["chosen"] == 3


def test_conflicts_beyond_the_most_are_only_counted() -> None:
    entry = {"field": "title", "rule": "newest", "chosen": "a", "values": []}
    disputed = replace(extracted(1), conflicts=(entry, entry))
    found = made(run_of(*([disputed] * (MOST_CONFLICTS // 2 + 3))))
    assert len(found.conflicts) == MOST_CONFLICTS
    assert found.conflicts_left_out == 6
    assert found.preview.conflicts == MOST_CONFLICTS // 2 + 3


DONE = Moved(at=110.0, status=Status.COMPLETED)


def test_a_report_agrees_with_the_message_of_the_session() -> None:
    journal = run_of(extracted(1), extracted(2), failed(3), end=DONE)
    found = made(journal)
    message = view(journal.session("s").state, 120.0)
    assert found.counts == message["stats"]
    assert (found.session_id, found.status, found.created_at) == ("s", "completed", 90.0)
    assert (found.started_at, found.ended_at, found.made_at) == (100.0, 110.0, 120.0)
    assert found.parameters == PARAMETERS.as_json()
    assert found.preview.as_json() == {
        "new": 2, "changed": 0, "moved": 0, "duplicate": 0, "unchanged": 0, "failed": 1, "excluded": 2,
        "missing": 0, "conflicts": 0,
    }  # fmt: skip


def test_it_is_json_as_it_is() -> None:
    body = made(run_of(extracted(1), failed(2), end=DONE, unread=1)).as_json()
    assert json.loads(json.dumps(body, allow_nan=False))["preview"]["new"] == 1


def test_types_and_reasons_are_counted_most_first() -> None:
    found = made(
        run_of(extracted(1), extracted(2, "PNG"), extracted(3, "mp4"), failed(4), failed(5), failed(6, Reason.TIMEOUT))
    )
    assert list(found.by_type.items()) == [("png", 2), ("mp4", 1)]
    assert list(found.types) == ["jpg", "png", "mp4"]
    assert (found.types["png"].extracted, found.types["png"].failed, found.types["png"].bytes) == (2, 0, 20)
    assert (found.types["jpg"].extracted, found.types["jpg"].failed) == (0, 3)
    assert list(found.by_reason.items()) == [("empty", 2), ("timeout", 1)]


def test_what_was_extracted_is_counted_as_the_review_counts_it() -> None:
    journal = run_of(extracted(1), failed(2), extracted(3, "mp4"), end=DONE)
    review = SessionFacets().go_on(journal, "s", lambda: False)
    assert made(journal).facets == {
        name: told for name, told in review.items() if name not in {"session_id", "complete"}
    }
    assert made(journal).facets["type"] == {"png": 1, "mp4": 1}


def test_failures_are_told_in_order_up_to_a_limit() -> None:
    found = made(run_of(*(failed(number) for number in range(MOST_FAILURES + 7)), end=DONE))
    assert [failure.file for failure in found.failures[:2]] == ["bad_0.jpg", "bad_1.jpg"]
    assert (len(found.failures), found.failures_left_out) == (MOST_FAILURES, 7)
    assert (found.failures[0].code, found.failures[0].message) == ("empty", "It is empty.")


def test_folders_that_could_not_be_read_stand_apart() -> None:
    found = made(run_of(extracted(1), unread=2))
    assert [(each.file, each.code) for each in found.folders_unread] == [
        ("locked_0", "permission"),
        ("locked_1", "permission"),
    ]
    assert found.folders_unread_left_out == 0
    assert found.counts["errors"] == 0


def test_samples_are_spread_over_the_extracted_files() -> None:
    outcomes = [extracted(number) if number % 2 else failed(number) for number in range(2000)]
    found = made(run_of(*outcomes, end=DONE))
    numbers = [int(suffixed.file.split(".")[0]) for suffixed in found.samples]
    assert len(numbers) == MOST_SAMPLES
    assert numbers[0] == 1
    assert numbers[-1] > 1900
    assert numbers == sorted(set(numbers))


def test_a_sample_holds_what_a_glance_needs() -> None:
    (sample,) = made(run_of(extracted(1))).samples
    assert (sample.width, sample.height, sample.type, sample.score) == (4, 3, "image", 3)
    assert sample.keywords == tuple(f"k{n}" for n in range(8))


def test_durations() -> None:
    durations = made(run_of(*(extracted(number) for number in range(20)), end=DONE)).durations
    assert (durations.elapsed_s, durations.files_per_s) == (10.0, 2.0)
    assert (durations.ms_total, durations.ms_mean) == (190.0, 9.5)
    assert [slow.ms for slow in durations.slowest] == [19.0, 18.0, 17.0, 16.0, 15.0]


def test_a_session_in_motion_and_an_empty_one_have_a_report() -> None:
    moving = made(run_of(extracted(1)), now=105.0)
    assert (moving.status, moving.ended_at, moving.durations.elapsed_s) == ("processing", None, 5.0)
    empty = made(run_of(end=DONE))
    assert (empty.samples, empty.failures, empty.durations.ms_mean) == ((), (), None)
    new = made(journal_of([]))
    assert (new.durations.elapsed_s, new.durations.files_per_s) == (0.0, None)


def test_a_session_that_failed_says_why() -> None:
    found = made(run_of(end=Moved(at=105.0, status=Status.ERROR, code="interrupted", message="The server stopped.")))
    assert found.error == {"code": "interrupted", "message": "The server stopped."}
    assert made(run_of(end=DONE)).error is None


def test_an_unknown_session() -> None:
    with pytest.raises(NotFound):
        report(MemoryJournal(), MemoryCatalog(), "s", 1.0)


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_spread_is_even(count: int, wanted: int) -> None:
    positions = spread(count, wanted)
    assert len(positions) == min(count, wanted)
    assert all(0 <= position < count for position in positions)
    gaps = {after - before for before, after in pairwise(positions)}
    assert all(gap >= 1 for gap in gaps)
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(("file", "suffix"), [("a/b.PNG", "png"), ("a.b.jpg", "jpg"), ("x.tar.webp", "webp")])
def test_suffix(file: str, suffix: str) -> None:
    assert suffix_of(file) == suffix
