"""Prompts as A1111 and ComfyUI read them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.ingest.extract.emphasis import terms


def read(prompt: str) -> list[tuple[str, float]]:
    return [(term.text, term.weight) for term in terms(prompt)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a, b c ,, d", [("a", 1.0), ("b c", 1.0), ("d", 1.0)]),
        ("(x)", [("x", 1.1)]),
        ("((x))", [("x", 1.21)]),
        ("[x]", [("x", 0.9091)]),
        ("(x:1.3)", [("x", 1.3)]),
        ("(x: .5 )", [("x", 0.5)]),
        ("((x:1.3))", [("x", 1.43)]),
        ("([x])", [("x", 1.0)]),
        ("(a, b:1.2), c", [("a", 1.2), ("b", 1.2), ("c", 1.0)]),
        ("(a, (b:2):1.5)", [("a", 1.5), ("b", 3.0)]),
        ("a (red:1.3) cat", [("a red cat", 1.3)]),
        ("(cinematic lighting:1.3), 1girl, 猫, dragon",
         [("cinematic lighting", 1.3), ("1girl", 1.0), ("猫", 1.0), ("dragon", 1.0)]),
        (r"miku \(vocaloid\), \[x\], back\\slash", [("miku (vocaloid)", 1.0), ("[x]", 1.0), ("back\\slash", 1.0)]),
        ("a <lora:film:0.7> b", [("a", 1.0), ("b", 1.0)]),
        ("one BREAK two AND three", [("one", 1.0), ("two", 1.0), ("three", 1.0)]),
        ("BREAKFAST, HAND, AND", [("BREAKFAST", 1.0), ("HAND", 1.0)]),
        ("a cat :1.2 AND a dog", [("a cat", 1.0), ("a dog", 1.0)]),
        ("a cat :1.2", [("a cat", 1.0)]),
        ("ratio 16:9", [("ratio 16:9", 1.0)]),
        ("embedding:easy, (embedding:bad-hands:1.2), x", [("x", 1.0)]),
        ("(open, never closed", [("open", 1.1), ("never closed", 1.1)]),
        ("closed) twice]", [("closed) twice]", 1.0)]),
        ("(wrong]", [("wrong]", 1.1)]),
        ("[cat:dog:0.5], x", [("cat", 1.0), ("dog", 1.0), ("x", 1.0)]),
        ("[red|blue] hat", [("red", 1.0), ("blue hat", 1.0)]),
        ("(x:99999999)", [("x:99999999", 1.1)]),
        ("(x:-1)", [("x", -1.0)]),
        ("長い髪、青い目，笑顔", [("長い髪", 1.0), ("青い目", 1.0), ("笑顔", 1.0)]),
        ("two\n lines", [("two", 1.0), ("lines", 1.0)]),
        ("()", []),
        ("", []),
    ],
)  # fmt: skip
def test_terms(prompt: str, expected: list[tuple[str, float]]) -> None:
    assert read(prompt) == expected


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab ,()[]:<>\\|.12\nBREAKAND猫"), max_size=200))
def test_terms_never_raise_and_are_tidy(prompt: str) -> None:
    for term in terms(prompt):
        assert term.text == " ".join(term.text.split()) != ""
        assert -1e6 <= term.weight <= 1e6


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=8), max_size=20))
def test_terms_keep_the_order(words: list[str]) -> None:
    assert [term.text for term in terms(", ".join(words))] == words
    assert [term.text for term in terms(", ".join(f"({word}:1.2)" for word in words))] == words


@pytest.mark.parametrize(
    "prompt",
    [
        "(" * 60_000,
        "()" * 30_000,
        "(a," * 20_000 + ")" * 5_000,
        "B" * 60_000,
        "(" + " " * 60_000 + ")",
        " " * 60_000 + ":",
        "[a:" * 20_000 + "]" * 20_000,
    ],
)
def test_no_prompt_takes_long(prompt: str) -> None:
    terms(prompt)
