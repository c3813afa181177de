"""Prompts as NovelAI reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.emphasis import Syntax, syntax_of, terms


def read(prompt: str) -> list[tuple[str, float]]:
    return [(term.text, term.weight) for term in terms(prompt, Syntax.NOVELAI)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a, b c", [("a", 1.0), ("b c", 1.0)]),
        ("{x}", [("x", 1.05)]),
        ("{{x}}", [("x", 1.1025)]),
        ("[x]", [("x", 0.9524)]),
        ("{[x]}", [("x", 1.0)]),
        ("{a, b}, c", [("a", 1.05), ("b", 1.05), ("c", 1.0)]),
        ("a {red} cat", [("a red cat", 1.05)]),
        ("{open, never closed", [("open", 1.05), ("never closed", 1.05)]),
        ("{wrong]", [("wrong]", 1.05)]),
        ("closed}", [("closed}", 1.0)]),
        ("1.3::x::, y", [("x", 1.3), ("y", 1.0)]),
        ("1.5::rain, night::, day", [("rain", 1.5), ("night", 1.5), ("day", 1.0)]),
        ("-1::hat::, x", [("hat", -1.0), ("x", 1.0)]),
        (".5::x::", [("x", 0.5)]),
        ("2::a 0.5::b::, c", [("a b", 2.0), ("c", 1.0)]),
        ("1.2::a, 0.8::b", [("a", 1.2), ("b", 0.8)]),
        ("{1.2::x::, y}, z", [("x", 1.26), ("y", 1.05), ("z", 1.0)]),
        ("2::{x::, y", [("x", 2.1), ("y", 1.0)]),
        ("{{{a::, b", [("a", 1.1576), ("b", 1.0)]),
        ("2::{x}::", [("x", 2.1)]),
        ("a :: b", [("a :: b", 1.0)]),
        ("v1.2::x", [("v1.2::x", 1.0)]),
        ("(x), (x:1.3)", [("(x)", 1.0), ("(x:1.3)", 1.0)]),
        ("two cats | 1girl, hat | 2::猫::", [("two cats", 1.0), ("1girl", 1.0), ("hat", 1.0), ("猫", 2.0)]),
        ("artist:some one, 4.5 stars, well-known", [("artist:some one", 1.0), ("4.5 stars", 1.0), ("well-known", 1.0)]),
        ("", []),
    ],
)
def test_terms(prompt: str, expected: list[tuple[str, float]]) -> None:
    assert read(prompt) == expected


def test_it_is_the_syntax_of_its_program() -> None:
    assert syntax_of("novelai") is Syntax.NOVELAI
    assert syntax_of("invokeai") is Syntax.INVOKEAI
    assert [syntax_of(name) for name in ("a1111", "comfyui", "", "WEBUI")] == [Syntax.WEBUI] * 4


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab ,{}[]:|.-12\n猫"), max_size=200))
def test_terms_never_raise_and_are_tidy(prompt: str) -> None:
    for term in terms(prompt, Syntax.NOVELAI):
        assert term.text == " ".join(term.text.split()) != ""
        assert -1e6 <= term.weight <= 1e6


@pytest.mark.parametrize("unit", ["{", "{}", "1::", "::", "1", "1.", "{a,", "{1::a}", "a"])
def test_no_prompt_takes_long(unit: str) -> None:
    terms(unit * (60_000 // len(unit)), Syntax.NOVELAI)
