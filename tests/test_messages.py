from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.test_facts import histories

from tallylight.facts import Fact, State, Trouble, initial, reduce, reduce_all
from tallylight.messages import MOST_WORKERS, Busy, Pace, elapsed, elide, fit, phase, progress, view
from tallylight.model import Json, Parameters, Status

ID = "0b54a5a6-7d0f-4a3e-9a50-1f1d3d8f9e11"
NEW = initial(ID, Parameters(directories=("/pictures",)))
BUSY = State(
    session_id=ID,
    seq=18231,
    at=1795436401.2341,
    status=Status.PROCESSING,
    started_at=1795436394.3,
    total_final=True,
    files=1000,
    unchanged=190,
    excluded=10,
    bytes_total=5_000_000_000,
    bytes_done=2_100_000_000,
    processed=420,
    metadata_extracted=418,
    keywords_added=2311,
    scores_imported=40,
    nsfw_detected=3,
    errors=2,
    troubles=(Trouble(1795436400.1, "bad.png", "truncated", "It ends early."),),
    last_file="day_2/last.png",
)


def written(message: Json) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def nulls(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(nulls, value.values()))
    return any(map(nulls, value)) if isinstance(value, list) else value is None


def test_a_message_to_the_letter() -> None:
    message = view(BUSY, 1795436401.2, Pace(61.23, 305_000_000.04, 9.47), "day_3/gen_000420.png")
    assert written(message) == (
        '{"session_id":"0b54a5a6-7d0f-4a3e-9a50-1f1d3d8f9e11","status":"processing","phase":"process","progress":42,'
        '"total_files":1000,"total_final":true,"processed_files":420,'
        '"stats":{"total_files":1000,"total_discovered":1200,"skipped_existing":190,"excluded":10,"missing":0,"found_again":0,'
        '"processed_files":420,"metadata_extracted":418,"keywords_added":2311,"scores_imported":40,'
        '"nsfw_detected":3,"errors":2},'
        '"errors":[{"at":1795436400.1,"file":"bad.png","code":"truncated","message":"It ends early."}],'
        '"commit":{"total":0,"done":0,"errors":0},"bytes_done":2100000000,"bytes_total":5000000000,'
        '"elapsed_s":6.9,"started_at":1795436394.3,"t":1795436401.234,"seq":18231,'
        '"current_file":"day_3/gen_000420.png","files_per_s":61.2,"bytes_per_s":305000000.0,"eta_s":9.5}'
    )


def test_what_is_unknown_is_absent() -> None:
    message = view(NEW, 1.0)
    assert not nulls(message)
    assert message.keys().isdisjoint({"current_file", "files_per_s", "bytes_per_s", "eta_s", "error"})


@settings(max_examples=30)
@given(histories(), st.floats(1, 2e9), st.booleans())
def test_no_message_holds_a_null(history: list[Fact], now: float, known: bool) -> None:
    pace = Pace(1.0, 2.0, 3.0) if known else Pace(1.0)
    assert not nulls(view(reduce_all(NEW, history), now, pace))


@pytest.mark.parametrize("character", ["a", "日", "🎞", "\x01", '"', "\\", "\udcff"])
@pytest.mark.parametrize("status", [Status.PROCESSING, Status.HELD, Status.ERROR])
def test_a_message_stays_under_2_kb(character: str, status: Status) -> None:
    long = character * 4000
    huge: dict[str, Any] = dict.fromkeys(
        ("files", "unchanged", "excluded", "missing", "found", "processed", "keywords_added", "errors", "seq"), 10**9
    )
    state = replace(
        BUSY,
        **huge,
        status=status,
        metadata_extracted=10**9,
        bytes_total=10**16,
        bytes_done=10**16,
        troubles=(Trouble(1795436400.123, long, "commit_failed", long),) * 5,
        last_file=long,
        code="data_folder_unusable" if status is Status.ERROR else "",
        message=long,
    )
    busy = [Busy(long, 1795000000.06)] * 64
    message = view(state, 1795436401.0, Pace(11111.1, 10**10 + 0.1, 10**6 + 0.1), long, busy)
    assert len(written(message).encode()) < 2048
    assert len(message.get("workers", ())) == (MOST_WORKERS if status is Status.PROCESSING else 0)
    assert len(message["errors"]) == 5
    for error in message["errors"]:
        assert error["file"][0] == long.encode("utf-8", "backslashreplace").decode()[0]
        assert "…" in error["file"]
        assert "…" in error["message"]


def test_a_held_session_says_why_and_what_to_do_and_has_no_error() -> None:
    state = replace(BUSY, status=Status.HELD, code="guard", message="/photos is empty: check the disk.")
    message = view(state, 2.0)
    assert message["held"] == {"code": "guard", "message": "/photos is empty: check the disk."}
    assert "error" not in message


def test_short_troubles_are_told_whole() -> None:
    file, sentence = "day_3/" + "n" * 50 + ".png", "It took longer than the time limit for one file, so it was stopped."
    state = replace(BUSY, troubles=(Trouble(1.0, file, "timeout", sentence),) * 5)
    assert {(error["file"], error["message"]) for error in view(state, 2.0)["errors"]} == {(file, sentence)}


def test_one_long_trouble_is_told_longer_than_five() -> None:
    trouble = Trouble(1.0, "f" * 500, "timeout", "m" * 500)
    one = view(replace(BUSY, troubles=(trouble,)), 2.0)["errors"][0]
    five = view(replace(BUSY, troubles=(trouble,) * 5), 2.0)["errors"][0]
    assert len(one["message"]) > len(five["message"])


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("", 10, ""),
        ("short", 5, "short"),
        ("0123456789", 7, "01…6789"),
        ("day_1/a/very/deep/tree/of/folders/gen_000420.png", 25, "day_1/a/…s/gen_000420.png"),
    ],
)
def test_elide(text: str, longest: int, shown: str) -> None:
    assert elide(text, longest) == shown


@given(st.text(), st.integers(1, 200))
def test_elided_text_is_short_enough_and_keeps_its_ends(text: str, longest: int) -> None:
    shown = elide(text, longest)
    assert len(shown) == min(len(text), longest)
    head, _, tail = shown.partition("…")
    assert shown == text or (text.startswith(head) and text.endswith(tail))


@given(st.text(st.characters()), st.integers(20, 200))
def test_fitted_text_counts_its_bytes_in_json(text: str, longest: int) -> None:
    shown = fit(text, longest)
    assert len(json.dumps(shown, ensure_ascii=False).encode()) - 2 <= longest
    if len(json.dumps(text).encode()) - 2 <= longest and not any("\ud800" <= each <= "\udfff" for each in text):
        assert shown == text


def changed(status: Status = Status.PROCESSING, **fields: int | bool) -> State:
    return replace(NEW, status=status, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (NEW, ("scan", 0)),
        (changed(files=10, processed=10), ("scan", 0)),
        (changed(files=1000, processed=429, total_final=True), ("process", 42)),
        (changed(files=3, processed=2, total_final=True), ("process", 66)),
        (changed(files=1000, processed=999, total_final=True), ("process", 99)),
        (changed(files=10, processed=10, total_final=True), ("process", 99)),
        (changed(total_final=True), ("process", 0)),
        (changed(Status.COMPLETED, files=10, processed=10, total_final=True), ("process", 100)),
        (changed(Status.COMPLETED, total_final=True), ("process", 100)),
        (changed(Status.CANCELLED, files=10, processed=5, total_final=True), ("process", 50)),
        (changed(Status.CANCELLED, files=10, processed=5), ("scan", 0)),
        (changed(Status.ERROR, files=10, processed=10, total_final=True), ("process", 99)),
        (changed(Status.COMMITTING, files=10, processed=10, total_final=True), ("commit", 0)),
        (changed(Status.COMMITTING, commit_total=3, commit_done=1, commit_errors=1), ("commit", 66)),
        (changed(Status.COMMITTING, commit_total=3, commit_done=3), ("commit", 99)),
        (changed(Status.COMMITTED, commit_total=3, commit_done=3), ("commit", 100)),
        (changed(Status.COMMITTED), ("commit", 100)),
        (changed(Status.UNDOING, undo_total=3, undo_done=1), ("undo", 33)),
        (changed(Status.UNDOING, undo_total=3, undo_done=3), ("undo", 99)),
        (changed(Status.UNDOING), ("undo", 0)),
        (changed(Status.UNDONE), ("undo", 100)),
        (changed(Status.COMMIT_ERROR, commit_total=3, commit_errors=3), ("commit", 99)),
    ],
)
def test_phase_and_progress(state: State, expected: tuple[str, int]) -> None:
    assert (phase(state), progress(state)) == expected


@st.composite
def runs(draw: st.DrawFn) -> list[State]:
    """The states of a run as it really goes: found, counted, processed, at its end, committed."""
    files = draw(st.integers(0, 30))
    before = draw(st.integers(0, files))
    state = changed(files=files)
    states = [state]
    states += [replace(state, processed=done) for done in range(before + 1)]
    states += [replace(state, total_final=True, processed=done) for done in range(before, files + 1)]
    states.append(replace(states[-1], status=Status.COMPLETED))
    state = replace(states[-1], status=Status.COMMITTING, commit_total=files)
    states += [replace(state, commit_done=done) for done in range(files + 1)]
    states.append(replace(states[-1], status=Status.COMMITTED))
    return states


@given(runs())
def test_progress_rises_within_a_phase_and_reaches_100_only_at_its_end(states: list[State]) -> None:
    for name in ("scan", "process", "commit"):
        shown = [progress(state) for state in states if phase(state) == name]
        assert shown == sorted(shown)
        assert set(shown) == {0} if name == "scan" else shown[-1] == 100
    ends = {Status.COMPLETED, Status.COMMITTED}
    assert all((progress(state) == 100) is (state.status in ends) for state in states)


@settings(max_examples=30)
@given(histories())
def test_100_is_said_of_what_is_done_and_of_nothing_else(history: list[Fact]) -> None:
    state = NEW
    for fact in history:
        state = reduce(state, fact)
        assert 0 <= progress(state) <= 100 or state.processed > state.files
        assert (progress(state) == 100) is (state.status in {Status.COMPLETED, Status.COMMITTED, Status.UNDONE})


@pytest.mark.parametrize(
    ("state", "now", "expected"),
    [
        (NEW, 50.0, 0.0),
        (replace(NEW, started_at=10.0), 12.5, 2.5),
        (replace(NEW, started_at=10.0), 9.0, 0.0),  # the wall clock was set back
        (replace(NEW, started_at=10.0, ended_at=14.0, status=Status.COMPLETED), 99.0, 4.0),
        (replace(NEW, started_at=10.0, ended_at=14.0, status=Status.COMMITTING, commit_started_at=90.0), 99.0, 9.0),
        (replace(NEW, started_at=10.0, ended_at=14.0, status=Status.COMMITTED, commit_started_at=90.0), 99.0, 4.0),
    ],
)
def test_elapsed(state: State, now: float, expected: float) -> None:
    assert elapsed(state, now) == expected


def test_t_is_the_newest_fact_or_the_later_refresh() -> None:
    assert view(BUSY, BUSY.at - 5)["t"] == round(BUSY.at, 3)
    assert view(BUSY, BUSY.at + 5)["t"] == round(BUSY.at + 5, 3)


def test_a_state_at_rest_reads_the_same_whenever_it_is_asked_for() -> None:
    rested = replace(BUSY, status=Status.COMPLETED, ended_at=BUSY.at)
    message = view(rested, BUSY.at)
    assert message == view(rested, BUSY.at + 1e6, Pace(1.0, 1.0, 1.0), "a.png")
    assert "current_file" not in message


def test_the_last_finished_file_stands_in_for_the_one_on_the_way() -> None:
    assert view(BUSY, BUSY.at)["current_file"] == "day_2/last.png"
    assert view(BUSY, BUSY.at, current_file="now.png")["current_file"] == "now.png"
    assert "current_file" not in view(replace(BUSY, status=Status.COMMITTING), BUSY.at)


def test_workers_are_told_with_the_seconds_they_have_been_at_it() -> None:
    busy = [Busy("day_1/slow.png", BUSY.at - 12.34), Busy("day_2/new.png", BUSY.at + 1)]
    message = view(BUSY, BUSY.at, busy=busy)
    assert message["workers"] == [{"file": "day_1/slow.png", "s": 12.3}, {"file": "day_2/new.png", "s": 0.0}]
    assert "workers" not in view(BUSY, BUSY.at)
    assert "workers" not in view(replace(BUSY, status=Status.COMMITTING), BUSY.at, busy=busy)
    assert "workers" not in view(replace(BUSY, status=Status.COMPLETED), BUSY.at, busy=busy)


def test_few_workers_are_told_with_longer_names_than_many() -> None:
    one, many = (view(BUSY, BUSY.at, busy=[Busy("f" * 300, BUSY.at)] * count)["workers"] for count in (1, 99))
    assert len(many) == MOST_WORKERS
    assert len(one[0]["file"]) > len(many[0]["file"]) > 10


def test_a_failed_session_carries_its_error() -> None:
    state = replace(BUSY, status=Status.ERROR, code="internal", message="Something went wrong.")
    assert view(state, BUSY.at)["error"] == {"code": "internal", "message": "Something went wrong."}
    assert "error" not in view(BUSY, BUSY.at)


def test_discovered_is_the_sum_of_its_parts() -> None:
    stats = view(BUSY, BUSY.at)["stats"]
    assert stats["total_discovered"] == stats["total_files"] + stats["skipped_existing"] + stats["excluded"]
