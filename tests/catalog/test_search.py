"""The line of words a search is written as."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.catalog.search import MOST_WORDS, Is, Like, Search, Span, dates, parse, span, word
from tallylight.errors import BadInput


def test_everything_at_once() -> None:
    line = 'Lighthouse "oil painting" -fog model:"SD XL" path:day type:Video is:rated like:17~10 session:81d3 score:>=4'
    assert parse(line) == Search(
        keywords=("lighthouse", "oil painting"),
        without=("fog",),
        model="SD XL",
        path="day",
        type="video",
        session="81d3",
        numbers=(("score", Span(low=4)),),
        states=(Is.RATED,),
        like=Like(17, 10),
    )


@pytest.mark.parametrize("line", ["", "   ", "\n\t"])
def test_an_empty_search_asks_for_nothing(line: str) -> None:
    assert parse(line) == Search()


def test_quotes_make_a_keyword_of_anything() -> None:
    assert parse('"a:b" -"x y" "-z"').keywords == ("a:b", "-z")
    assert parse('"a:b" -"x y" not:q not:"r s"').without == ("x y", "q", "r s")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4", Span(4, 4)),
        ("=4", Span(4, 4)),
        ("-1", Span(-1, -1)),
        (">=0.5", Span(low=0.5)),
        ("<2", Span(high=2, open_high=True)),
        ("<=2", Span(high=2)),
        (">2", Span(low=2, open_low=True)),
        ("1..3", Span(1, 3)),
        ("-3..-1", Span(-3, -1)),
        ("..3", Span(high=3)),
        ("3..", Span(low=3)),
    ],
)
def test_numbers(text: str, expected: Span) -> None:
    assert span("score", text) == expected


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1kB", 1e3, 1e3),
        ("1.5MB..2GB", 1.5e6, 2e9),
        ("1..2GB", 1e9, 2e9),
        ("..7b", -math.inf, 7),
        ("2TB..", 2e12, math.inf),
    ],
)
def test_sizes_have_units(text: str, low: float, high: float) -> None:
    assert span("size", text) == Span(low, high)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2026-12-31", "2026-12-31", "2027-01-01"),
        ("2025..2026-03", "2025-01-01", "2026-04-01"),
        ("..2026", "", "2027-01-01"),
        ("2026..", "2026-01-01", ""),
    ],
)
def test_dates_are_days_months_and_years(text: str, since: str, until: str) -> None:
    assert dates(text) == (since, until)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('"never closed', "quotation mark stands alone"),
        ('a"b', "quotation mark stands alone"),
        ("scroe:4", "did you mean score:"),
        ("zzz:4", "known are score"),
        ("score:many", "score:many is no number; write score:4"),
        ("score:", "says nothing; write it as score:VALUE"),
        ("score:..", "is no number"),
        ("score:4MB", "knows no unit MB"),
        ("size:4parsecs", "knows no unit parsecs; sizes have B"),
        ("date:2026-13", "is no date; write date:2026"),
        ("date:2026-02-30", "is no date"),
        ("date:0000", "is no date"),
        ("date:9999", "is no date"),
        ("date:yesterday", "is no date"),
        ("is:nice", "never is:nice; known are favourite"),
        ("like:me", "names no medium; write like:17"),
        ("like:1~65", "names no medium"),
        ("model:=", "says nothing; write it as model:=NAME"),
        ('model:"="', "says nothing"),
        ("-score:4", "Only keywords can be left out"),
        ("x " * (MOST_WORDS + 1), "at most 100 words"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_word(line: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse(line)


@given(st.text())
def test_any_line_is_a_search_or_refused(line: str) -> None:
    try:
        search = parse(line)
    except BadInput as refused:
        assert str(refused)[-1] in ".?!"  # noqa: PT017 (either is right)
    else:
        assert len(search.keywords) <= MOST_WORDS


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("", "fog", "fog"),
        ("", "oil painting", '"oil painting"'),
        ("", "-fog", '"-fog"'),
        ("", "score:4", '"score:4"'),
        ("", "a*b", None),
        ("", 'say "yes"', None),
        ("", "", None),
        ("model", "=SDXL v1", 'model:"=SDXL v1"'),
        ("folder", "/pictures/day 3", 'folder:"/pictures/day 3"'),
        ("score", "-1", "score:-1"),
    ],
)
def test_a_value_has_a_word_where_one_can_be_written(name: str, value: str, written: str | None) -> None:
    assert word(name, value) == written


@given(st.text(max_size=40))
def test_a_keyword_that_can_be_written_is_read_as_itself(keyword: str) -> None:
    written = word("", keyword)
    if written is not None:
        assert parse(written).keywords == (keyword.lower(),)
