from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live.cursor import Cursor, parse

epochs = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=16)
seqs = st.integers(0, 10**18 - 1)


@pytest.mark.standard
@given(epochs, seqs, st.booleans())
def test_a_cursor_survives_the_browser(epoch: str, seq: int, ended: bool) -> None:
    cursor = Cursor(epoch, seq, ended)
    assert parse(str(cursor)) == cursor
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", str(cursor)), "odd characters would make browsers send a preflight"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "-",
        "a-",
        "-1",
        "a-1-2",
        "a--1",
        "a-01",
        "a-1.End",
        "a-1.end.end",
        " a-1",
        "a-1\n",
        "a-1\0",
        "é-1",
        "a-١",
        "a-" + "1" * 19,
        "a" * 17 + "-1",
        "x" * 4096,
    ],
)
def test_garbage_is_no_cursor(garbage: str) -> None:
    assert parse(garbage) is None


@given(st.text(max_size=100))
def test_any_text_is_read_without_error_and_only_our_own_is_taken(text: str) -> None:
    cursor = parse(text)
    assert cursor is None or str(cursor) == text
