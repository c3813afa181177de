from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.client import Patience
from tallylight.client.patience import passes

chances = st.floats(0, 1, exclude_max=True)


def test_after_a_good_connection_it_comes_back_when_the_server_asked() -> None:
    assert Patience().pause(0, 2.7, 0.5) == 2.7
    assert Patience().pause(0, None, 0.5) == Patience().shortest
    assert Patience().pause(0, 3600.0, 0.5) == Patience().longest


def test_each_failure_doubles_the_pause() -> None:
    pauses = [Patience().pause(failures, None, 0.999_999) for failures in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(0.5, rel=0.01)
    assert pauses[-1] == pytest.approx(30, rel=0.01)


@given(st.integers(0, 10**6), st.none() | st.floats(0, 10**6), chances)
def test_no_pause_is_out_of_bounds(failures: int, asked: float | None, chance: float) -> None:
    patience = Patience()
    assert 0 <= patience.pause(failures, asked, chance) <= patience.longest


@given(st.integers(1, 100), chances)
def test_a_crowd_is_spread_over_half_the_pause_at_least(failures: int, chance: float) -> None:
    patience = Patience()
    earliest, latest = patience.pause(failures, None, 0), patience.pause(failures, None, 0.999)
    assert earliest <= patience.pause(failures, None, chance * 0.999) <= latest
    assert latest >= earliest * 1.9


def test_what_a_busy_server_asks_for_is_the_least() -> None:
    assert Patience().pause(1, 20.0, 0.5) == 20


def test_it_gives_up_only_where_it_is_told_to() -> None:
    assert not Patience().has_enough(10**9)
    assert not Patience(absence=60).has_enough(60)
    assert Patience(absence=60).has_enough(60.1)


def test_which_answers_pass() -> None:
    assert [status for status in range(400, 600) if passes(status)] == [408, 425, 429, 500, 502, 503, 504]
