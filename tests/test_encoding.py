from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.encoding import decoded, encoded

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(values)
def test_it_is_the_json_that_json_itself_writes(value: Any) -> None:
    text = encoded(value)
    assert text == json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert decoded(text) == value


@pytest.mark.parametrize(
    ("value", "text"), [({}, "{}"), ([], "[]"), ((), "[]"), (("a",), '["a"]'), ("", '""'), (0, "0")]
)
def test_what_is_empty_and_what_is_a_tuple(value: Any, text: str) -> None:
    assert encoded(value) == text


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}])
def test_numbers_that_are_no_json_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encoded(value)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encoded({"a": b"bytes"})


def test_each_empty_value_is_one_of_its_own() -> None:
    decoded("{}")["a"] = 1
    assert decoded("{}") == {}


def test_bytes_are_read_as_text_is() -> None:
    assert decoded('{"é":1}'.encode()) == {"é": 1}
    with pytest.raises(ValueError, match="Expecting value"):
        decoded("nothing")
