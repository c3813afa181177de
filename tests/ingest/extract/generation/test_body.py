"""Bodies and the JSON in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.body import Body, is_json
from tallylight.ingest.extract.limits import Limits

OBJECT = {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    "value", [OBJECT, json.dumps(OBJECT), json.dumps(json.dumps(OBJECT)), f"  {json.dumps(OBJECT, indent=2)}\n"]
)
def test_an_object_however_often_it_was_encoded(value: Any) -> None:
    body = Body({"key": value})
    assert body.object("key") == OBJECT
    assert body.within("key").values == OBJECT
    assert body.warnings == []


@pytest.mark.parametrize("value", ["words", '"quoted words" and more', "{red|blue} hat", 5, None, [1]])
def test_what_is_no_object_is_none_and_no_damage(value: Any) -> None:
    body = Body({"key": value})
    assert (body.object("key"), body.object("other"), body.warnings) == ({}, {}, [])


def test_text_that_was_encoded_is_text() -> None:
    assert Body({"key": json.dumps("two\nlines")}).json("key") == "two\nlines"


def test_damage_is_told_once() -> None:
    body = Body({"key": '{"a": '})
    assert (body.object("key"), body.json("key")) == ({}, None)
    assert body.within("key").values == {}
    assert body.warnings == ["the embedded key is damaged JSON"]


def test_an_object_within_tells_its_damage_to_the_whole() -> None:
    body = Body({"key": json.dumps({"deeper": '{"a"'})})
    assert body.within("key").object("deeper") == {}
    assert body.warnings == ["the embedded deeper is damaged JSON"]


def test_text() -> None:
    body = Body({"a": "x", "b": 5})
    assert (body.text("a"), body.text("b"), body.text("c")) == ("x", "", "")
    assert "a" in body
    assert "c" not in body


@pytest.mark.parametrize(
    ("value", "limits", "why"),
    [
        (json.dumps(OBJECT), Limits(json_size=5), "its JSON is longer than 5 characters (json_size)"),
        (json.dumps(json.dumps(OBJECT)), Limits(json_size=5), "its JSON is longer than 5 characters (json_size)"),
        ('{"a":' * 100_000, Limits(), "its JSON is nested far deeper than 100 levels (json_depth)"),
        ('{"a": ' + "9" * 5000 + "}", Limits(), "its JSON holds a number of more than 4,300 digits"),
    ],
)
def test_json_beyond_a_limit_is_told_so_and_no_damage(value: str, limits: Limits, why: str) -> None:
    body = Body({"key": value}, limits)
    assert body.object("key") == {}
    assert body.warnings == [f"the embedded key was not read: {why}"]


def test_quoted_words_beyond_a_limit_are_words() -> None:
    body = Body({"key": '"quoted words" and more'}, Limits(json_size=5))
    assert (body.json("key"), body.warnings) == ('"quoted words" and more', [])


def test_damage_in_what_was_encoded_twice_is_told() -> None:
    body = Body({"key": json.dumps('{"a": 1}')[:-4]})
    assert (body.json("key"), body.warnings) == (None, ["the embedded key is damaged JSON"])


@pytest.mark.parametrize("text", ['{"a": 1}', "{}", '{\n  "a"', '"{\\"a\\": 1}"', '"words"'])
def test_what_means_to_be_json(text: str) -> None:
    assert is_json(text)


@pytest.mark.parametrize("text", ["", "a", "{a|b}", "{{x}}", "[1]", "{" + " " * 100, "5"])
def test_what_does_not(text: str) -> None:
    assert not is_json(text)


@given(st.text(alphabet='{}[]":,\\ax1 '))
def test_no_text_raises(text: str) -> None:
    body = Body({"key": text})
    body.json("key")
    assert isinstance(body.object("key"), dict)
