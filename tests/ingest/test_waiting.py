from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.waiting import READY, Waiting
from tallylight.model import Candidate

candidates = st.builds(
    Candidate,
    root=st.sampled_from(["/pictures", "/more/\\xff"]),
    file=st.text(),
    size=st.integers(0, 2**63 - 1),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
)


def many(count: int, start: int = 0) -> list[Candidate]:
    numbers = range(start, start + count)
    return [Candidate("/pictures", f"day_{n // 500}/gen_{n:08}.png", 10**6 + n, 17 * 10**17 + n) for n in numbers]


@given(st.lists(st.tuples(st.lists(candidates, max_size=6), st.integers(0, 8)), max_size=8))
def test_first_come_first_served_as_they_were(steps: list[tuple[list[Candidate], int]]) -> None:
    waiting, expected = Waiting(), list[Candidate]()
    # Full from the start, so that everything put later is packed.
    waiting.put(full := many(READY))
    expected += full
    for put, taken in steps:
        waiting.put(put)
        expected += put
        for _ in range(min(taken * READY // 4, len(expected))):
            assert waiting.first() == expected[0]
            assert waiting.pop() == expected.pop(0)
        assert len(waiting) == len(expected)
    assert [waiting.pop() for _ in range(len(waiting))] == expected


@pytest.mark.parametrize("empty", [Waiting(), pytest.param(Waiting(), id="again")])
def test_nothing_waits(empty: Waiting) -> None:
    empty.put([])
    assert len(empty) == 0
    with pytest.raises(IndexError):
        empty.first()
    with pytest.raises(IndexError):
        empty.pop()


def test_a_block_of_nothing_is_passed_over() -> None:
    waiting = Waiting()
    waiting.put(many(READY))
    waiting.put([])
    waiting.put(many(1, start=READY))
    assert [waiting.pop() for _ in range(len(waiting))] == many(READY + 1)


def test_a_hundred_thousand_take_a_few_megabytes() -> None:
    waiting = Waiting()
    waiting.put(many(READY))
    tracemalloc.start()
    try:
        for start in range(READY, 100_000, 256):
            waiting.put(many(256, start))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / len(waiting) < 40, "bytes a candidate"
