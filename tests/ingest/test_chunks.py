from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.chunks import CHUNK_MS, MOST_FILES, ChunkQueue
from tallylight.model import Candidate


def candidates(*files: str) -> list[Candidate]:
    return [Candidate("/pictures", file, 1, 1) for file in files]


def filled(count: int, suffix: str = ".png", ms: float | None = None) -> ChunkQueue:
    queue = ChunkQueue()
    if ms is not None:
        queue.learn(f"known{suffix}", ms)
    queue.put(candidates(*(f"{number}{suffix}" for number in range(count))))
    return queue


def test_an_empty_queue_gives_an_empty_chunk() -> None:
    assert ChunkQueue().take() == []
    assert len(ChunkQueue()) == 0


@pytest.mark.parametrize(
    ("ms", "size"),
    [(0.0, MOST_FILES), (0.1, MOST_FILES), (1.0, 50), (10.0, 5), (20.0, 2), (26.0, 1), (50.0, 1), (60_000.0, 1)],
)
def test_a_chunk_is_at_most_its_time_of_work_and_at_least_one_file(ms: float, size: int) -> None:
    assert len(filled(2 * MOST_FILES, ms=ms).take()) == size


@pytest.mark.parametrize(("waiting", "workers", "size"), [(8, 4, 2), (9, 4, 2), (3, 4, 1), (1, 512, 1), (1000, 4, 50)])
def test_the_last_files_are_shared_among_the_workers(waiting: int, workers: int, size: int) -> None:
    assert len(filled(waiting, ms=1.0).take(workers)) == size


def test_a_slow_file_waits_for_the_next_chunk() -> None:
    queue = ChunkQueue()
    queue.learn("a.png", 1.0)
    queue.learn("a.mp4", 45.0)
    queue.put(candidates("1.png", "2.png", "3.mp4", "4.png", "5.mp4"))
    assert [candidate.file for candidate in queue.take()] == ["1.png", "2.png", "3.mp4", "4.png"]
    assert [candidate.file for candidate in queue.take()] == ["5.mp4"]


def test_a_type_nobody_has_seen_takes_the_first_guess() -> None:
    queue = ChunkQueue(first_guess_ms=12.0)
    queue.learn("a.png", 1.0)
    assert queue.estimate("b.mp4") == 12.0
    assert queue.estimate("no suffix") == 12.0


def test_the_first_measurement_replaces_the_guess_and_later_ones_move_it() -> None:
    queue = ChunkQueue(first_guess_ms=12.0)
    queue.learn("day_1/a.png", 100.0)
    assert queue.estimate("day_2/B.PNG") == 100.0
    queue.learn("c.png", 0.0)
    assert queue.estimate("d.png") == pytest.approx(80.0)
    for _ in range(50):
        queue.learn("e.png", 5.0)
    assert queue.estimate("f.png") == pytest.approx(5.0, abs=0.1)


names = st.lists(st.sampled_from(["a.png", "b.jpg", "c.mp4", "d", "e.PNG"]), max_size=150)
lessons = st.lists(st.tuples(st.sampled_from(["a.png", "b.jpg", "c.mp4", "d"]), st.floats(0, 1e5)), max_size=10)


@given(st.lists(names, max_size=4), lessons, st.integers(1, 64))
def test_every_candidate_leaves_once_in_order_and_within_the_budget(
    puts: list[list[str]], learnt: list[tuple[str, float]], workers: int
) -> None:
    queue = ChunkQueue()
    for lesson in learnt:
        queue.learn(*lesson)
    put: list[Candidate] = []
    taken: list[Candidate] = []
    for group in puts:
        found = [Candidate("/pictures", file, number, 1) for number, file in enumerate(group, len(put))]
        put += found
        queue.put(found)
        taken += queue.take(workers)
    while chunk := queue.take(workers):
        taken += chunk
        assert len(chunk) <= MOST_FILES
        assert len(chunk) == 1 or sum(queue.estimate(each.file) for each in chunk) <= CHUNK_MS * 1.000001
    assert taken == put
    assert len(queue) == 0
