"""What databases and JSON can take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.clean import (
    TooMuch,
    clean_json,
    clean_line,
    clean_text,
    clean_warnings,
    load_json,
    whole,
)
from tallylight.ingest.extract.limits import Limits

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=6)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(anything)
def test_what_is_cleaned_is_json_that_databases_take(value: Any) -> None:
    text = json.dumps(clean_json(value), allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (1.5, 1.5),
        (True, True),
        (2**53, 2**53),
        (2**53 + 1, str(2**53 + 1)),
        (-(2**60), str(-(2**60))),
        ({1: "a\0b"}, {"1": "ab"}),
        (("a", None), ["a", None]),
        ("\ud800", "\ufffd"),
    ],
)
def test_values(value: Any, cleaned: Any) -> None:
    assert clean_json(value) == cleaned
    assert type(clean_json(value)) is type(cleaned)


def test_what_is_nested_too_deep_is_dropped() -> None:
    deep: Any = 1
    for _ in range(5):
        deep = [deep]
    assert clean_json(deep, Limits(json_depth=3)) == [[[None]]]


def test_numbers_too_long_for_python_to_write() -> None:
    assert len(str(whole(10**6000))) <= 2000


def test_texts_are_clipped() -> None:
    assert clean_text("abcdef", 4) == "abc…"
    assert clean_text("abcd", 4) == "abcd"
    assert clean_line(" a\n b\t\0c ") == "a b c"


def test_load_json() -> None:
    assert load_json('{"a": [1, Infinity]}') == {"a": [1, float("inf")]}
    for bad in ("", "{", "[" * 100_000, "9" * 5000, "x" * 50):
        with pytest.raises(ValueError, match=r".+"):
            load_json(bad, Limits(json_size=200_000))
    with pytest.raises(TooMuch, match=r"longer than 5 characters \(json_size\)"):
        load_json('"abcdef"', Limits(json_size=5))


def test_warnings_once_and_not_too_many() -> None:
    assert clean_warnings(["a", "b\nc", "a", "d"], Limits(warnings=2)) == ("a", "b c")
