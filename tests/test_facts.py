from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.journal_suite import LIFE

from tallylight.errors import WrongMove
from tallylight.facts import (
    MOVES,
    RECENT_TROUBLES,
    CommitPlanned,
    Committed,
    Counted,
    Discovered,
    Fact,
    FolderUnread,
    Moved,
    Processed,
    Started,
    State,
    Undone,
    UndoPlanned,
    check_move,
    initial,
    reduce,
    reduce_all,
)
from tallylight.journal import Session
from tallylight.journal.memory import MemoryJournal
from tallylight.model import AT_REST, Outcome, OutcomeKind, Parameters, Reason, Status

PARAMETERS = Parameters(directories=("/pictures",), nsfw_threshold=0.7)
NEW = initial("s", PARAMETERS)

#: What people were promised, written out by hand: the table in the code has to match it.
ALLOWED = {
    ("starting", "processing"),
    ("starting", "paused"),
    ("starting", "cancelled"),
    ("starting", "error"),
    ("processing", "completed"),
    ("processing", "paused"),
    ("processing", "held"),
    ("processing", "cancelled"),
    ("processing", "error"),
    ("paused", "processing"),
    ("paused", "cancelled"),
    ("paused", "error"),
    ("held", "processing"),
    ("held", "cancelled"),
    ("held", "error"),
    ("completed", "processing"),
    ("cancelled", "processing"),
    ("error", "processing"),
    ("completed", "committing"),
    ("cancelled", "committing"),
    ("error", "committing"),
    ("committing", "committed"),
    ("committing", "commit_error"),
    ("commit_error", "committing"),
    ("committed", "undoing"),
    ("commit_error", "undoing"),
    ("undoing", "undone"),
    ("undoing", "commit_error"),
    ("undone", "committing"),
}

counts = st.integers(0, 10**6)
times = st.floats(1, 2e9)
outcomes = st.builds(
    Outcome,
    root=st.just("/pictures"),
    file=st.text(),
    kind=st.sampled_from([OutcomeKind.EXTRACTED, OutcomeKind.FAILED]),
    bytes=counts,
    code=st.none() | st.sampled_from(Reason),
    message=st.text(),
    media=st.sampled_from([{}, {"width": 1}, {"width": 1, "height": 2}]),
    keywords=st.lists(st.just({"text": "a"}), max_size=3).map(tuple),
    score=st.none() | st.integers(-1, 5),
    nsfw_score=st.none() | st.floats(0, 1),
)
failures = st.lists(st.tuples(st.text(), st.text()), max_size=8).map(tuple)
still_facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(Started, at=times),
    st.builds(Discovered, at=times, files=counts, bytes=counts, unchanged=counts, excluded=counts),
    st.builds(Counted, at=times),
    st.builds(FolderUnread, at=times, file=st.text(), code=st.text(), message=st.text()),
    st.builds(Processed, at=times, outcome=outcomes),
    st.builds(Committed, at=times, done=counts, failures=failures),
    st.builds(Undone, at=times, done=counts),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Any legal sequence: facts of every kind, and between them only moves that are allowed."""
    facts: list[Fact] = [Started(at=draw(times))]
    status = Status.STARTING
    for _ in range(draw(st.integers(0, 5))):
        facts += draw(st.lists(still_facts, max_size=5))
        if not MOVES[status]:
            break
        status = draw(st.sampled_from(sorted(MOVES[status])))
        facts.append(Moved(at=draw(times), status=status, code=draw(st.text(max_size=3))))
        if status is Status.COMMITTING:
            facts.append(CommitPlanned(at=draw(times), total=draw(counts)))
        if status is Status.UNDOING:
            facts.append(UndoPlanned(at=draw(times), total=draw(counts)))
    return facts


def extracted(file: str = "a.png", **fields: object) -> Outcome:
    outcome = Outcome(root="/pictures", file=file, kind=OutcomeKind.EXTRACTED)
    return replace(outcome, **fields)  # type: ignore[arg-type]


def failed(file: str = "b.png") -> Outcome:
    return Outcome(
        root="/pictures", file=file, kind=OutcomeKind.FAILED, code=Reason.TRUNCATED, message="It ends early.", bytes=7
    )


@pytest.mark.parametrize("wanted", Status)
@pytest.mark.parametrize("current", Status)
def test_every_move(current: Status, wanted: Status) -> None:
    state = replace(NEW, status=current)
    move = Moved(at=2.0, status=wanted)
    if (current.value, wanted.value) in ALLOWED:
        check_move(current, wanted)
        assert reduce(state, move).status is wanted
    else:
        with pytest.raises(WrongMove, match=f"^A session that is {current} cannot become {wanted}"):
            check_move(current, wanted)
        with pytest.raises(WrongMove):
            reduce(state, move)


def test_every_status_has_a_row() -> None:
    assert set(MOVES) == set(Status)


def test_a_new_session_has_nothing() -> None:
    assert (NEW.session_id, NEW.seq, NEW.status, NEW.nsfw_threshold) == ("s", 0, Status.STARTING, 0.7)
    assert not NEW.at_rest


def test_a_whole_life() -> None:
    state = reduce_all(NEW, LIFE)
    assert state.seq == len(LIFE)
    assert (state.files, state.unchanged, state.excluded) == (3, 2, 1)
    assert (state.processed, state.errors, state.metadata_extracted) == (3, 1, 2)
    assert (state.commit_total, state.commit_done, state.commit_errors) == (2, 1, 1)
    assert [trouble.code for trouble in state.troubles] == ["permission", "truncated", "commit_failed"]
    assert (state.started_at, state.ended_at) == (1.1, 1.9)


@settings(max_examples=30)
@given(histories())
def test_any_legal_history_folds(history: list[Fact]) -> None:
    state = reduce_all(NEW, history)
    assert state.seq == len(history)
    assert state.at == max(fact.at for fact in history)
    results = [fact.outcome.kind for fact in history if isinstance(fact, Processed)]
    assert state.processed == len(results)
    assert state.errors == results.count(OutcomeKind.FAILED)
    assert state.processed - state.errors == results.count(OutcomeKind.EXTRACTED)
    assert state.files == sum(fact.files for fact in history if isinstance(fact, Discovered))
    assert len(state.troubles) <= RECENT_TROUBLES
    assert (state.status in AT_REST) is state.at_rest


@settings(max_examples=30)
@given(histories())
def test_counts_never_shrink(history: list[Fact]) -> None:
    counted = ["seq", "at", "files", "unchanged", "excluded", "bytes_total", "bytes_done", "processed"]
    counted += ["metadata_extracted", "keywords_added", "scores_imported", "nsfw_detected", "errors", "total_final"]
    state = NEW
    for fact in history:
        after = reduce(state, fact)
        assert all(getattr(after, name) >= getattr(state, name) for name in counted)
        state = after


@settings(max_examples=30)
@given(histories())
def test_a_state_survives_json(history: list[Fact]) -> None:
    state = reduce_all(NEW, history)
    assert State.from_json(json.loads(json.dumps(state.as_json()))) == state


@settings(max_examples=30)
@given(histories(), st.integers(1, 10))
def test_what_the_journal_holds_folds_into_the_state_it_holds(history: list[Fact], size: int) -> None:
    journal = MemoryJournal()
    journal.create(Session(session_id="s", epoch="abcdef", created_at=1.0, parameters=PARAMETERS, state=NEW))
    state = NEW
    for start in range(0, len(history), size):
        batch = history[start : start + size]
        state = reduce_all(state, batch)
        journal.append("s", batch, state)
    assert reduce_all(NEW, (fact for _, fact in journal.facts("s"))) == journal.session("s").state


@given(st.lists(still_facts, max_size=12))
def test_folding_many_is_folding_one_by_one(history: list[Fact]) -> None:
    state = NEW
    for fact in history:
        state = reduce(state, fact)
    assert reduce_all(NEW, history) == reduce_all(NEW, iter(history)) == state


def test_folding_changes_no_earlier_state() -> None:
    reduce(NEW, Discovered(at=1.0, files=5))
    assert NEW.files == 0


def test_the_last_troubles_are_kept_whatever_their_kind() -> None:
    troubles: list[Fact] = [Processed(at=float(n), outcome=failed(f"{n}.png")) for n in range(4)]
    troubles.append(FolderUnread(at=5.0, file="locked", code="permission", message="No."))
    state = replace(NEW, status=Status.COMMITTING)
    state = reduce_all(state, [*troubles, Committed(at=6.0, done=0, failures=(("x.png", "Odd."), ("y.png", "Odd.")))])
    assert [trouble.file for trouble in state.troubles] == ["2.png", "3.png", "locked", "x.png", "y.png"]
    assert [trouble.at for trouble in state.troubles] == [2.0, 3.0, 5.0, 6.0, 6.0]


def test_a_folder_that_was_not_read_is_in_no_count() -> None:
    state = reduce(NEW, FolderUnread(at=1.0, file="locked", code="permission", message="No."))
    assert replace(state, troubles=()) == replace(NEW, seq=1, at=1.0)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (extracted(), {}),
        (extracted(media={"width": 1}), {}),
        (extracted(media={"width": 1, "height": 1}), {"metadata_extracted": 1}),
        (extracted(keywords=({"text": "a"}, {"text": "b"})), {"keywords_added": 2}),
        (extracted(score=0), {"scores_imported": 1}),
        (extracted(score=-1), {"scores_imported": 1}),
        (extracted(nsfw_score=0.7), {"nsfw_detected": 1}),
        (extracted(nsfw_score=0.69), {}),
        (extracted(bytes=9), {"bytes_done": 9}),
        (failed(), {"errors": 1, "bytes_done": 7}),
        (replace(failed(), media={"width": 1, "height": 1}, score=1, keywords=({"text": "a"},)), {"errors": 1}),
    ],
)
def test_what_one_outcome_adds(outcome: Outcome, expected: dict[str, int]) -> None:
    state = reduce(NEW, Processed(at=1.0, outcome=outcome))
    names = ("metadata_extracted", "keywords_added", "scores_imported", "nsfw_detected", "errors")
    assert {name: getattr(state, name) for name in names} == {name: expected.get(name, 0) for name in names}
    assert state.bytes_done == outcome.bytes
    assert (state.processed, state.last_file) == (1, outcome.file)


def test_time_in_a_state_never_goes_back() -> None:
    assert reduce_all(NEW, [Started(at=5.0), Counted(at=4.0)]).at == 5.0


def test_a_failed_session_says_why_until_it_is_committed() -> None:
    state = reduce(replace(NEW, status=Status.PROCESSING), Moved(at=3.0, status=Status.ERROR, code="c", message="m"))
    assert (state.code, state.message, state.ended_at) == ("c", "m", 3.0)
    state = reduce(state, Moved(at=9.0, status=Status.COMMITTING))
    assert (state.code, state.message, state.commit_started_at) == ("", "", 9.0)
    state = reduce(state, Moved(at=12.0, status=Status.COMMITTED))
    assert state.ended_at == 3.0, "a commit does not change when processing ended"


def test_a_second_commit_counts_anew() -> None:
    state = replace(NEW, status=Status.COMMIT_ERROR, commit_total=9, commit_done=2, commit_errors=7)
    state = reduce_all(state, [Moved(at=1.0, status=Status.COMMITTING), CommitPlanned(at=1.0, total=9)])
    assert (state.commit_total, state.commit_done, state.commit_errors) == (9, 0, 0)


def test_an_undo_counts_for_itself_and_a_new_commit_begins_at_nothing() -> None:
    state = replace(NEW, status=Status.COMMITTED, commit_total=9, commit_done=8, commit_errors=1)
    state = reduce(state, Moved(at=5.0, status=Status.UNDOING))
    state = reduce_all(state, [UndoPlanned(at=5.0, total=8), Undone(at=6.0, done=3)])
    assert (state.undo_total, state.undo_done, state.commit_done, state.commit_started_at) == (8, 3, 8, 5.0)
    state = reduce_all(state, [Undone(at=6.0, done=5), Moved(at=7.0, status=Status.UNDONE)])
    assert (state.undo_done, state.at_rest) == (8, True)
    state = reduce_all(state, [Moved(at=8.0, status=Status.COMMITTING), CommitPlanned(at=8.0, total=9)])
    assert (state.undo_total, state.undo_done, state.commit_done) == (0, 0, 0)
