from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine import functions

from tallylight.engine import Died, Done
from tallylight.engine.verdicts import LONGEST_DETAIL, attempt, died_of, unseal


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists))
def test_a_value_comes_back_as_it_was(value: object) -> None:
    assert unseal(attempt(lambda: value)) == Done(value)


def test_a_result_that_cannot_be_pickled() -> None:
    verdict = unseal(attempt(lambda: functions.unpicklable(0)))
    assert isinstance(verdict, Died)
    assert "pickle" in verdict.detail


def test_a_result_that_cannot_be_read_back() -> None:
    verdict = unseal(attempt(functions.Unreadable))
    assert isinstance(verdict, Died)
    assert "read back" in verdict.detail


@given(st.binary(max_size=50))
def test_garbage_is_a_verdict_too(garbage: bytes) -> None:
    # Bytes that happen to be a pickle are whatever they say; none may raise.
    unseal(garbage)


def test_a_pickle_cut_short() -> None:
    assert isinstance(unseal(pickle.dumps(Done("value"))[:-1]), Died)


def test_memory_and_the_rest() -> None:
    assert died_of(MemoryError()) == Died("memory", "MemoryError()")
    assert died_of(KeyError("x")) == Died("crashed", "KeyError('x')")
    assert died_of(functions.RudeError("one", "two")) == Died("crashed", "RudeError")
    assert len(died_of(ValueError("x" * 10_000)).detail) == LONGEST_DETAIL
