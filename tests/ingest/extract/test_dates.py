"""Dates in the forms in which files hold them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.dates import iso_date, stated, timestamp


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023:05:06 07:08:09", "2023-05-06T07:08:09"),
        ("2023-05-06T07:08:09.250+02:00", "2023-05-06T07:08:09.25+02:00"),
        ("2023-05-06T07:08:09.000000Z", "2023-05-06T07:08:09Z"),
        ("2023-05-06T07:08:09+0200", "2023-05-06T07:08:09+02:00"),
        ("2023-05-06T07:08-05:00", "2023-05-06T07:08:00-05:00"),
        ("2023-05-06", "2023-05-06"),
        ("2023/05/06 07:08:09", "2023-05-06T07:08:09"),
        ("2023.05.06 07:08:09", "2023-05-06T07:08:09"),
        ("  2023:05:06 07:08:09  ", "2023-05-06T07:08:09"),
        ("2023:05:06 07:08:09+99:00", "2023-05-06T07:08:09"),
        ("1901:02:03 04:05:06", "1901-02-03T04:05:06"),
        ("0000:00:00 00:00:00", ""),
        ("    :  :     :  :  ", ""),
        ("2023:06:31 00:00:00", ""),
        ("2023:05:06 25:00:00", ""),
        ("2023", ""),
        ("", ""),
        ("٢٠٢٣-05-06", ""),
    ],
)
def test_dates_of_exif_xmp_and_video(text: str, date: str) -> None:
    assert iso_date(text) == date


def test_offset_and_fraction_that_stand_elsewhere() -> None:
    assert iso_date("2023:05:06 07:08:09", "+02:00", "25") == "2023-05-06T07:08:09.25+02:00"
    assert iso_date("2023:05:06 07:08:09", " Z ", "000") == "2023-05-06T07:08:09Z"
    assert iso_date("2023:05:06 07:08:09", "   :  ", " 7 ") == "2023-05-06T07:08:09.7"
    assert iso_date("2023:05:06 07:08:09", "+15:00", "x") == "2023-05-06T07:08:09"
    assert iso_date("2023-05-06", "+02:00", "25") == "2023-05-06"


def test_a_date_that_does_not_exist_is_stated_as_it_was_written() -> None:
    assert stated("2023:06:31 00:00:00") == "2023:06:31 00:00:00"
    assert stated("0000:00:00 00:00:00") == ""
    assert stated("never") == ""


def test_timestamps() -> None:
    assert timestamp("2023-05-06T07:08:09+02:00") == 1_683_349_689.0
    assert timestamp("2023-05-06T05:08:09") == 1_683_349_689.0
    assert timestamp("") == 0.0


@given(st.text(alphabet="0123456789:-+TZ. ", max_size=40), st.text(max_size=8), st.text(max_size=8))
def test_a_date_that_is_found_can_be_read(text: str, offset: str, fraction: str) -> None:
    if date := iso_date(text, offset, fraction):
        datetime.fromisoformat(date)
    timestamp(date)
