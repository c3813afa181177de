"""EXIF blocks, whole and broken."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.extract.build import exif_block

from tallylight.ingest.extract import exif

TAKEN, DIGITISED, CHANGED = 0x9003, 0x9004, 0x0132


def read(tags: dict[int, Any], below: dict[int, Any] | None = None) -> exif.Exif:
    return exif.read(io.BytesIO(exif_block(tags, below).removeprefix(b"Exif\0\0")))


def test_facts_of_a_camera() -> None:
    found = exif.facts(
        read(
            {0x010F: "  Fujifilm ", 0x0110: "X100V", 0x0112: 8, CHANGED: "2024:06:02 00:00:00"},
            {TAKEN: "2024:06:01 18:30:05", 0x9011: "+02:00", DIGITISED: "2024:06:01 19:00:00"},
        )
    )
    assert found == {
        "created_at": "2024-06-01T18:30:05+02:00",
        "camera_make": "Fujifilm",
        "camera_model": "X100V",
        "orientation": 8,
    }


@pytest.mark.parametrize(
    ("first", "below", "date"),
    [
        ({CHANGED: "2020:01:01 00:00:00"}, {DIGITISED: "2019:01:01 00:00:00"}, "2019-01-01T00:00:00"),
        ({CHANGED: "2020:01:01 00:00:00"}, {TAKEN: "0000:00:00 00:00:00"}, "2020-01-01T00:00:00"),
        ({CHANGED: "9999:12:31 23:59:59"}, {}, "9999-12-31T23:59:59"),
        ({CHANGED: "1901:02:03 04:05:06"}, {}, "1901-02-03T04:05:06"),
        ({CHANGED: "2020:13:45 00:00:00"}, {}, None),
        ({CHANGED: "yesterday"}, {TAKEN: "    :  :     :  :  "}, None),
    ],
)
def test_dates_in_their_order(first: dict[int, Any], below: dict[int, Any], date: str | None) -> None:
    assert exif.facts(read(first, below)).get("created_at") == date


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (1, 1), (8, 8), (9, 1), (65535, 1)])
def test_an_orientation_that_is_none_is_upright(value: int, expected: int) -> None:
    assert read({0x0112: value}).orientation == expected


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"UNICODE\0" + "a 猫, Steps: 5".encode("utf-16-be"), "a 猫, Steps: 5"),
        (b"UNICODE\0" + "a 猫, Steps: 5".encode("utf-16-le"), "a 猫, Steps: 5"),
        (b"UNICODE\0" + "with a mark".encode("utf-16"), "with a mark"),
        (b"UNICODE\0" + "really UTF-8 é".encode(), "really UTF-8 é"),
        (b"ASCII\0\0\0plain\0\0", "plain"),
        (b"\0\0\0\0\0\0\0\0" + "größe".encode(), "größe"),
        (b"no code at all", "no code at all"),
        (b"JIS\0\0\0\0\0" + "猫".encode("iso2022_jp"), "猫"),
        (b"UNICODE\0", ""),
        (b"UNICODE\0\0", ""),
        (b"", ""),
    ],
)
def test_user_comments_of_all_makes(raw: bytes, text: str) -> None:
    assert exif.user_comment(raw) == text


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_user_comments_never_raise(raw: bytes) -> None:
    exif.user_comment(raw)
    exif.user_comment(b"UNICODE\0" + raw)


def test_texts_of_comfyui_in_webp() -> None:
    found = read({0x0110: "prompt:" + json.dumps({"1": {}}), 0x010F: "workflow:" + json.dumps({"nodes": []})})
    assert exif.texts(found) == [("prompt", '{"1": {}}'), ("workflow", '{"nodes": []}')]
    assert exif.facts(found) == {}


def test_texts_of_description_and_comment() -> None:
    found = read({0x010E: "a sunset"}, {0x9286: b"ASCII\0\0\0words"})
    assert exif.texts(found) == [("exif:ImageDescription", "a sunset"), ("exif:UserComment", "words")]


def test_a_directory_that_points_at_itself_ends() -> None:
    entry = struct.pack(">HHII", 0x8769, 4, 1, 8)
    block = b"MM\0*" + struct.pack(">IH", 8, 1) + entry
    assert exif.read(io.BytesIO(block)).values == {0x8769: 8}


def test_values_beyond_the_block_are_left_out_or_short() -> None:
    entries = struct.pack(">HHII", 0x010F, 2, 0xFFFFFFFF, 8) + struct.pack(">HHII", 0x0110, 2, 50, 0xFFFFFFF0)
    block = b"MM\0*" + struct.pack(">IH", 8, 2) + entries
    assert exif.facts(exif.read(io.BytesIO(block))) == {}


@pytest.mark.parametrize(
    "block", [b"", b"II", b"not a TIFF at all", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_what_is_no_exif_holds_nothing(block: bytes) -> None:
    assert exif.read(io.BytesIO(block)).values == {}
