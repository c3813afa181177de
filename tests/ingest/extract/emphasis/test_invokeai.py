"""Prompts as InvokeAI reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.emphasis import Syntax, terms


def read(prompt: str) -> list[tuple[str, float]]:
    return [(term.text, term.weight) for term in terms(prompt, Syntax.INVOKEAI)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a, b c", [("a", 1.0), ("b c", 1.0)]),
        ("x+", [("x", 1.1)]),
        ("x++, y", [("x", 1.21), ("y", 1.0)]),
        ("x-", [("x", 0.9)]),
        ("x---", [("x", 0.729)]),
        ("a red++ cat", [("a red cat", 1.21)]),
        ("(two words)+", [("two words", 1.1)]),
        ("(two words)--", [("two words", 0.81)]),
        ("(x)1.3", [("x", 1.3)]),
        ("(x).5", [("x", 0.5)]),
        ("(x)", [("x", 1.0)]),
        ("(a, (b)2)1.5", [("a", 1.5), ("b", 3.0)]),
        ("(portrait with (blue eyes)1.3)1.1", [("portrait with blue eyes", 1.43)]),
        ('("red dress", "a studio, warm").and()', [("red dress", 1.0), ('"a studio', 1.0), ('warm"', 1.0)]),
        ('("one", "two").blend(0.7, 0.3), x', [("one", 1.0), ("two", 1.0), ("x", 1.0)]),
        (r"pencil \(medium\)", [("pencil (medium)", 1.0)]),
        ("well-known, - , ++", [("well-known", 1.0), ("-", 1.0), ("++", 1.0)]),
        ("(open, never closed", [("open", 1.0), ("never closed", 1.0)]),
        ("closed)1.3", [("closed)1.3", 1.0)]),
        ("(x:1.3), [x]", [("x:1.3", 1.0), ("[x]", 1.0)]),
        ("猫+", [("猫", 1.1)]),
        ('""', []),
        ("", []),
    ],
)
def test_terms(prompt: str, expected: list[tuple[str, float]]) -> None:
    assert read(prompt) == expected


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('ab ,()+-."12\\\nand'), max_size=200))
def test_terms_never_raise_and_are_tidy(prompt: str) -> None:
    for term in terms(prompt, Syntax.INVOKEAI):
        assert term.text == " ".join(term.text.split()) != ""
        assert -1e6 <= term.weight <= 1e6


@pytest.mark.parametrize("unit", ["(", "+", "a+", "()", ").and(", ")1", "(a,", "\\", "- "])
def test_no_prompt_takes_long(unit: str) -> None:
    terms(unit * (60_000 // len(unit)), Syntax.INVOKEAI)
