"""Dates in the names of files."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.names import date_in


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("IMG_20230506_070809.jpg", "2023-05-06T07:08:09"),
        ("VID_20230506_070809.mp4", "2023-05-06T07:08:09"),
        ("20230506_070809.jpg", "2023-05-06T07:08:09"),
        ("IMG20230506070809.jpg", "2023-05-06T07:08:09"),
        ("00014IMG_00014_BURST20171111030039_COVER.jpg", "2017-11-11T03:00:39"),
        ("PXL_20230506_070809123.jpg", "2023-05-06T07:08:09.123Z"),
        ("2023-05-06 07.08.09.jpg", "2023-05-06T07:08:09"),
        ("2014-08-25_17.15.33.jpg", "2014-08-25T17:15:33"),
        ("photo_2023-05-06_07-08-09.jpg", "2023-05-06T07:08:09"),
        ("Screenshot_20230506-070809.png", "2023-05-06T07:08:09"),
        ("Screenshot_2023-05-06-07-08-09-123_com.app.png", "2023-05-06T07:08:09.123"),
        ("Screenshot 2022-02-23 at 2.59.39 PM.png", "2022-02-23T14:59:39"),
        ("Screenshot 2022-02-23 at 12.59.39\u202fAM.png", "2022-02-23T00:59:39"),
        ("Bildschirmfoto 2022-02-23 um 14.59.39.png", "2022-02-23T14:59:39"),
        ("WhatsApp Image 2026-08-31 at 15.41.14.jpeg", "2026-08-31T15:41:14"),
        ("IMG-20230506-WA0001.jpg", "2023-05-06"),
        ("signal-2018-08-21-100217.jpg", "2018-08-21T10:02:17"),
        ("PHOTO-2026-07-02-15-15-31-1.jpg", "2026-07-02T15:15:31"),
        ("Snapchat_2019-08-12_0516c0a9-5402-f3d7-ae27-19671102f52c-main.jpg", "2019-08-12"),
        ("1975-06-01 beach.jpg", "1975-06-01"),
        ("20230506.png", "2023-05-06"),
        ("FB_IMG_1683349689123.jpg", "2023-05-06T05:08:09Z"),
        ("mmexport1683349689123.jpg", "2023-05-06T05:08:09Z"),
        ("9e8449ee-9f27-440f-949b-69f98a200921.jpg", ""),
        ("ComfyUI_00001_.png", ""),
        ("00000-1234567890.png", ""),
        ("12023050607080900.png", ""),
        ("20231399_070809.png", ""),
        ("IMG_20230506_256161.png", "2023-05-06"),
        ("18991231.png", ""),
        ("DSC_0001.JPG", ""),
        ("", ""),
    ],
)
def test_names_of_phones_programs_and_generators(name: str, date: str) -> None:
    assert date_in(name) == date


@given(st.text(alphabet="0123456789-_. aAtPMIGX", max_size=60))
def test_a_date_that_is_found_can_be_read(name: str) -> None:
    if date := date_in(name):
        datetime.fromisoformat(date)


def test_a_long_name_takes_no_longer() -> None:
    assert date_in("2023-05-06-" * 100_000) != ""
    assert date_in("1" * 1_000_000) == ""
