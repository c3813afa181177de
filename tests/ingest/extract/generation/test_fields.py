"""Programs' own names as the one model's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.generation.fields import lora, loras, names, normalised, short, tidy
from tallylight.ingest.extract.limits import Limits

NAMES = {"p": "prompt", "m": "model", "s": "steps", "steps": "steps", "v": "version", "wh": "size",
         "u": "hires.upscale", "hs": "hires.size"}  # fmt: skip


def test_known_names_become_fields_and_the_rest_parameters() -> None:
    found = normalised({"p": " a\ncat ", "m": "sub/base.safetensors", "v": 1.5, "s": "20", "other": [1]}, NAMES)
    assert found == {
        "prompt": "a\ncat",
        "model": "base",
        "version": "1.5",
        "steps": 20,
        "parameters": {"other": [1]},
    }


def test_values_of_the_wrong_kind_are_kept_as_they_are() -> None:
    assert normalised({"s": "many", "p": 5, "m": ["x"]}, NAMES) == {"parameters": {"s": "many", "p": 5, "m": ["x"]}}


def test_of_two_names_for_one_field_the_first_that_can_be_read_counts() -> None:
    assert normalised({"s": 1, "steps": 2}, NAMES) == {"steps": 1, "parameters": {"steps": 2}}
    assert normalised({"s": "?", "steps": 2}, NAMES) == {"steps": 2, "parameters": {"s": "?"}}


@pytest.mark.parametrize("nothing", [None, "", "None", " none ", "null", [], {}])
def test_what_says_nothing_is_left_out(nothing: Any) -> None:
    assert normalised({"m": nothing, "other": nothing}, NAMES) == {}
    assert lora(nothing) is None
    assert names([nothing] if isinstance(nothing, str) else []) == []


def test_a_prompt_may_be_the_word_none() -> None:
    assert normalised({"p": "None"}, NAMES) == {"prompt": "None"}


@pytest.mark.parametrize("size", ["832x1216", "832 × 1216", "(832, 1216)", "832*1216", "[832, 1216]"])
def test_sizes(size: str) -> None:
    assert normalised({"wh": size}, NAMES) == {"width": 832, "height": 1216}
    assert normalised({"hs": size}, NAMES) == {"hires": {"width": 832, "height": 1216}}


@pytest.mark.parametrize("size", ["832", "large", "0x5", "5x0", "1x2x3", 5, [832, 1216], "1" * 9000 + "x5"])
def test_what_is_no_size(size: Any) -> None:
    assert normalised({"wh": size}, NAMES).keys() == {"parameters"}


def test_long_values_are_cut() -> None:
    limits = Limits(value=20)
    assert short("x" * 50, limits) == "x" * 19 + "…"
    assert short({"a": ["x" * 50]}, limits) == '{"a": ["xxxxxxxxxxx…'
    assert short({"a": [1, float("nan"), 2**70]}, Limits()) == {"a": [1, None, str(2**70)]}


def test_parameters_are_limited() -> None:
    assert len(normalised({str(number): number for number in range(50)}, {}, Limits(parameters=9))["parameters"]) == 9


def test_loras() -> None:
    one, other = lora("a/one.safetensors", "0.5"), lora("two", None)
    assert (one, other) == ({"name": "one", "weight": 0.5}, {"name": "two", "weight": 1.0})
    assert loras([one, None, other], [lora("one", 2)]) == [one, other]
    assert loras([one, other], limits=Limits(networks=1)) == [one]
    assert (lora(5), lora([]), lora({"a": 1})) == (None, None, None)


def test_names() -> None:
    assert names(["a", "b.pt", "a"], ["c", None, 5]) == ["a", "b", "c"]
    assert names("abcdef", limits=Limits(networks=2)) == ["a", "b"]


def test_tidy() -> None:
    assert tidy({"a": 0, "b": False, "c": "", "d": None, "e": [], "f": {}, "g": 0.0}) == {"a": 0, "b": False, "g": 0.0}


@given(
    st.dictionaries(
        st.sampled_from([*NAMES, "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_no_value_raises(body: dict[str, Any]) -> None:
    found = normalised(body, NAMES)
    assert all(value not in ("", None, [], {}) for value in found.values())
