from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.rate import RateEstimator
from tallylight.messages import Pace

#: When, how many files, of how many bytes.
Done = list[tuple[float, int, int]]


def paced(done: Done, now: float, files_left: int | None = None, bytes_left: int = 0, started: float = 1000.0) -> Pace:
    rate = RateEstimator(started)
    for at, files, size in done:
        rate.note(at, files, size)
    return rate.pace(now, files_left, bytes_left)


@pytest.mark.parametrize(
    ("done", "now", "files_left", "bytes_left", "expected"),
    [
        pytest.param([], 1005.0, 10, 0, Pace(), id="nothing done yet"),
        pytest.param([(1000.1, 5, 50)], 1000.4, 10, 0, Pace(), id="too early to tell"),
        pytest.param([(1000.1, 5, 50)], 1000.5, 10, 0, Pace(10.0, 100.0, 1.0), id="after half a second"),
        pytest.param([(1001.0, 10, 0), (1002.0, 10, 0)], 1004.0, 10, 0, Pace(5.0, 0.0, 2.0), id="files alone"),
        pytest.param([(1001.0, 20, 400)], 1004.0, None, 900, Pace(5.0, 100.0, None), id="total not known"),
        pytest.param([(1001.0, 20, 400)], 1004.0, 0, 0, Pace(5.0, 100.0, 0.0), id="none left"),
        pytest.param([(1001.0, 20, 400)], 1004.0, 1, 900, Pace(5.0, 100.0, 9.0), id="one huge video left"),
        pytest.param([(1001.0, 20, 400)], 1004.0, 100, 1, Pace(5.0, 100.0, 20.0), id="many small pictures left"),
        pytest.param([(1001.0, 999, 0), (1050.0, 20, 200)], 1060.0, 5, 0, Pace(1.0, 10.0, 5.0), id="last 20 s count"),
        pytest.param([(1001.0, 999, 0)], 1060.0, 5, 0, Pace(), id="idle for longer than the window"),
        pytest.param([(1001.0, 20, 0)], 1010.0, 5, 0, Pace(2.0, 0.0, 2.5), id="slower while nothing finishes"),
        pytest.param([(1001.0, 20, 0)], 990.0, 5, 0, Pace(), id="the wall clock was set back before the start"),
        pytest.param([(1019.0, 500, 0), (1004.0, 20, 0)], 1005.0, 5, 0, Pace(4.0, 0.0, 1.25), id="set back a little"),
    ],
)
def test_pace(done: Done, now: float, files_left: int | None, bytes_left: int, expected: Pace) -> None:
    assert paced(done, now, files_left, bytes_left) == expected


def test_several_notes_of_one_second_add_up() -> None:
    split = [(1001.1, 1, 10), (1001.2, 2, 20), (1001.9, 3, 30)]
    assert paced(split, 1003.0) == paced([(1001.0, 6, 60)], 1003.0)


instants = st.floats(990, 1100)
notes = st.lists(st.tuples(instants, st.integers(0, 1000), st.integers(0, 10**12)), max_size=20)


@given(notes, instants, st.none() | st.integers(0, 10**7), st.integers(0, 10**15))
def test_a_pace_is_never_negative(done: Done, now: float, files_left: int | None, bytes_left: int) -> None:
    pace = paced(done, now, files_left, bytes_left)
    assert all(value is None or value >= 0 for value in (pace.files_per_s, pace.bytes_per_s, pace.eta_s))
    if files_left is None:
        assert pace.eta_s is None


def test_memory_is_bounded() -> None:
    rate = RateEstimator(0.0)
    for second in range(10_000):
        rate.note(float(second), 1, 1)
    assert len(rate._buckets) <= 22
