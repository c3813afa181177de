from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live import JobStatus, Progress
from tallylight.live.progress import LONGEST_TEXT
from tallylight.testing import ManualClock


def progress(
    total: float | None = None, label: str = "", changed: Callable[[Progress], None] | None = None
) -> Progress:
    return Progress("job", total, label, clock=ManualClock(), changed=changed or (lambda _job: None))


def test_what_is_unknown_is_absent() -> None:
    state = progress().state()
    assert state["session_id"] == "job"
    assert (state["status"], state["done"], state["progress"]) == ("processing", 0, 0)
    assert not {"total", "eta_s", "per_s", "note", "error"} & state.keys()
    assert None not in state.values()


def test_counting_to_the_end() -> None:
    with progress(total=3, label="thumbnails") as job:
        job.advance()
        assert job.state()["progress"] == 33
        job.advance(2)
        assert job.state()["progress"] == 99, "100 % is said by the end alone"
    assert job.at_rest
    state = job.state()
    assert (state["status"], state["done"], state["total"], state["progress"]) == ("completed", 3, 3, 100)
    assert state["label"] == "thumbnails"


def test_a_total_that_comes_later() -> None:
    job = progress()
    job.advance(5)
    job.total = 10
    assert job.state()["progress"] == 50


async def advance_after_a_while(clock: ManualClock, job: Progress) -> None:
    for _ in range(10):
        await clock.advance(1)
        job.advance(10)
        job.state()


@pytest.mark.anyio
async def test_speed_and_time_left() -> None:
    clock = ManualClock()
    job = Progress("job", 200, "", clock=clock, changed=lambda _job: None)
    await advance_after_a_while(clock, job)
    state = job.state()
    assert state["per_s"] == pytest.approx(10)
    assert state["eta_s"] == pytest.approx(10)
    assert state["elapsed_s"] == 10
    job.end()
    await clock.advance(100)
    assert job.state()["elapsed_s"] == 10, "an ended job grows no older"
    assert "eta_s" not in job.state()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (asyncio.CancelledError(), JobStatus.CANCELLED),
        (KeyboardInterrupt(), JobStatus.CANCELLED),
        (SystemExit(), JobStatus.CANCELLED),
        (RuntimeError("the disk is full"), JobStatus.ERROR),
    ],
)
def test_an_exception_ends_it_and_goes_on_its_way(error: BaseException, status: JobStatus) -> None:
    job = progress(total=2)
    with pytest.raises(type(error)), job:
        raise error
    assert job.status is status
    assert job.state()["progress"] == 0
    assert job.state().get("error") == ({"message": "the disk is full"} if status is JobStatus.ERROR else None)


def test_an_error_without_words_is_called_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"^$"), progress() as job:
        raise ValueError
    assert job.state()["error"] == {"message": "ValueError"}


def test_nothing_counts_after_the_end() -> None:
    told: list[Progress] = []
    job = progress(total=5, changed=told.append)
    job.end()
    count = len(told)
    job.advance()
    job.note("late")
    job.total = 7
    job.end(JobStatus.ERROR, "later still")
    assert len(told) == count
    state = job.state()
    assert (state["done"], state["status"], state["total"]) == (0, "completed", 5)


@pytest.mark.parametrize("amount", [-1, -0.5, math.nan, math.inf])
def test_a_count_never_falls(amount: float) -> None:
    job = progress()
    with pytest.raises(ValueError, match="never falls"):
        job.advance(amount)
    assert job.done == 0


@pytest.mark.parametrize("total", [-1, math.nan, math.inf])
def test_a_total_must_be_one(total: float) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        progress(total=total)
    with pytest.raises(ValueError, match="must be a number"):
        progress().total = total


@given(st.text(), st.text(), st.text())
def test_whatever_people_write_can_be_told(label: str, note: str, error: str) -> None:
    job = progress(label=label)
    job.note(note)
    job.end(JobStatus.ERROR, error)
    state = job.state()
    assert json.loads(json.dumps(state, ensure_ascii=False).encode()) == state
    assert all(len(text) <= LONGEST_TEXT for text in (state["label"], state.get("note", ""), state["error"]["message"]))


def test_half_a_surrogate_pair_does_not_end_the_stream() -> None:
    job = progress(label="\ud800")
    assert json.dumps(job.state(), ensure_ascii=False).encode()


def test_threads_lose_no_count() -> None:
    job = progress(total=40_000)

    def count() -> None:
        for _ in range(10_000):
            job.advance()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert job.done == 40_000
