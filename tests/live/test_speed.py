from __future__ import annotations

import pytest

from tallylight.live.speed import WINDOW, Speed


def test_too_early_to_tell() -> None:
    assert Speed(100.0).per_s(100.4, 40) is None


def test_the_whole_time_counts_while_it_is_short() -> None:
    assert Speed(100.0).per_s(102.0, 40) == pytest.approx(20)


def test_it_follows_a_change_within_the_window() -> None:
    speed = Speed(0.0)
    for second in range(100):
        speed.note(second, second * 10)
    for second in range(100, 200):
        speed.note(second, 1000 + (second - 100))
    assert speed.per_s(200.0, 1100) == pytest.approx(1, rel=0.1)


def test_a_pause_brings_it_down_to_nothing() -> None:
    speed = Speed(0.0)
    for second in range(10):
        speed.note(second, second * 10)
    for second in range(10, 60):
        speed.note(second, 90)
    assert speed.per_s(60.0, 90) == 0


def test_it_keeps_a_bounded_number_of_samples() -> None:
    speed = Speed(0.0)
    for step in range(100_000):
        speed.note(step / 100, step)
    assert len(speed._samples) <= 2 * WINDOW + 2
