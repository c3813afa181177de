from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tallylight.live.patch import applied, difference

# States hold no nulls: unknown is absent.
values = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | st.lists(st.integers(), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
states = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


@given(states, states)
def test_a_patch_makes_the_one_state_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = dict(before)
    made = applied(before, difference(before, after))
    assert made == after
    assert repr(made) == repr(applied({}, after)) or made == after
    assert before == kept


@given(states)
def test_nothing_changed_is_an_empty_patch(state: dict[str, Any]) -> None:
    assert difference(state, state) == {}


def test_a_patch_holds_only_what_changed() -> None:
    before = {"n": 1, "gone": "x", "stats": {"a": 1, "b": 2}, "list": [1, 2]}
    after = {"n": 2, "stats": {"a": 1, "b": 3}, "list": [1, 2, 3], "new": True}
    assert difference(before, after) == {"gone": None, "n": 2, "stats": {"b": 3}, "list": [1, 2, 3], "new": True}


def test_true_is_not_one() -> None:
    assert difference({"a": 1}, {"a": True}) == {"a": True}
    assert difference({"a": 0}, {"a": 0.0}) == {"a": 0.0}
