from __future__ import annotations

import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.engine import Died
from tallylight.engine.deaths import Death, Group, inquest

LIMIT = 60.0
TIMEOUT = Died("timeout", "took longer than 60 s")


def test_a_time_limit_names_its_culprit_and_the_others_run_again_together() -> None:
    settled, again = inquest(Group((4, 5, 6)), Death(-signal.SIGALRM, item=1), LIMIT)
    assert settled == {5: TIMEOUT}
    assert again == [Group((4, 6))]


def test_a_worker_killed_by_the_watch_is_a_time_limit_too() -> None:
    assert inquest(Group((4,)), Death(-signal.SIGKILL, item=0, overdue=True), LIMIT) == ({4: TIMEOUT}, [])


@pytest.mark.parametrize("item", [None, -1, 3])
def test_a_time_limit_without_a_name(item: int | None) -> None:
    death = Death(-signal.SIGALRM, item=item)
    assert inquest(Group((4, 5, 6)), death, LIMIT) == ({}, [Group((4,)), Group((5,)), Group((6,))])
    assert inquest(Group((4,)), death, LIMIT) == ({4: TIMEOUT}, [])


def test_after_a_crash_each_suspect_runs_alone() -> None:
    assert inquest(Group((4, 5)), Death(-signal.SIGSEGV, item=1), LIMIT) == ({}, [Group((4,)), Group((5,))])


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        (-signal.SIGSEGV, "killed by SIGSEGV"),
        (-signal.SIGKILL, "killed by SIGKILL, most likely for want of memory"),
        (-40, "killed by signal 40"),
        (7, "its worker ended with exit code 7"),
    ],
)
def test_who_dies_alone_is_guilty(code: int, detail: str) -> None:
    assert inquest(Group((4,)), Death(code), LIMIT) == ({4: Died("crashed", detail)}, [])


@pytest.mark.parametrize("code", [None, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT])
def test_a_death_that_proves_nothing_gives_a_second_chance_and_no_third(code: int | None) -> None:
    settled, again = inquest(Group((4,)), Death(code), LIMIT)
    assert settled == {}
    assert again == [Group((4,), again=True)]
    settled, again = inquest(again[0], Death(code), LIMIT)
    assert list(settled) == [4]
    assert again == []


def test_what_is_known_is_told() -> None:
    death = Death(None, words="MemoryError()")
    assert inquest(Group((4,), again=True), death, LIMIT) == ({4: Died("crashed", "MemoryError()")}, [])


CODES = st.none() | st.integers(-64, 255)


@settings(deadline=None)
@given(st.integers(1, 12), st.data())
def test_whatever_happens_every_item_gets_one_verdict(size: int, data: st.DataObject) -> None:
    groups, verdicts, deaths = [Group(tuple(range(size)))], dict[int, Died](), 0
    while groups:
        group = groups.pop()
        death = Death(
            data.draw(CODES), item=data.draw(st.none() | st.integers(-1, size)), overdue=data.draw(st.booleans())
        )
        settled, again = inquest(group, death, LIMIT)
        assert not settled.keys() & verdicts.keys()
        verdicts |= settled
        groups += again
        deaths += 1
        assert deaths <= 3 * size + 1
    assert verdicts.keys() == set(range(size))
