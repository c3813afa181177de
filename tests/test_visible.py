from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("gen_000420.png", "gen_000420.png"),
        ("日本語 é 🎞.png", "日本語 é 🎞.png"),
        ("<script>alert('x')</script>", "<script>alert('x')</script>"),  # markup is the page's business
        ("two\nlines.png", "two␊lines.png"),
        ("\x00", "␀"),
        ("\x7f", "␡"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x9bK", "a⟨U+009B⟩K"),  # a one-character escape sequence
        ("gnp.\u202egpj.exe", "gnp.⟨U+202E⟩gpj.exe"),
        ("\u200bhidden", "⟨U+200B⟩hidden"),
        ("\ufeffmark", "⟨U+FEFF⟩mark"),
        ("\u2028line", "⟨U+2028⟩line"),
        ("\udcff", "⟨U+DCFF⟩"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_that_acts_is_left(text: str) -> None:
    harmless = "\u200c\u200d\u00ad"
    assert not [
        character
        for character in visible(text)
        if character not in harmless and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]


@given(st.text(st.characters()))
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
