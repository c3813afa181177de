"""Numbers as people read them, where the server writes them."""

from __future__ import annotations

import pytest

from tallylight.web.texts import texts
from tallylight.web.written import Written

ENGLISH, GERMAN = Written(texts("en")), Written(texts("de"))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (99_940, "99.9 kB"),
        (99_960_000, "100 MB"),
        (999_600_000, "1.0 GB"),
        (5 * 10**18, "5,000 PB"),
    ],
)
def test_sizes_are_those_of_the_page(value: int, written: str) -> None:
    """tests/browser/test_format.py has the same."""
    assert ENGLISH.size(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.0042, "4.2 ms"), (1.25, "1.2 s"), (75, "1 min 15 s"), (7_300, "2 h 1 min")]
)
def test_times(value: float, written: str) -> None:
    assert ENGLISH.seconds(value) == written


def test_a_language_has_its_own_separators() -> None:
    assert (GERMAN.size(1_500), GERMAN.number(1_234.5), GERMAN.seconds(1.25)) == ("1,5 kB", "1.234,5", "1,2 s")
    assert (GERMAN.value(True), GERMAN.value(0.5), GERMAN.value("x" * 500)[:3]) == ("ja", "0,5", "xxx")
    assert len(GERMAN.value("x" * 500)) == 200
