"""What cameras say of a picture, and what they say for want of words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tallylight.ingest.extract import camera, exif
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.exif import Exif

MAKE, MODEL, ORIENTATION, CHANGED = 0x010F, 0x0110, 0x0112, 0x0132
TAKEN, DIGITISED = 0x9003, 0x9004


def read(tags: dict[int, Any], below: dict[int, Any] | None = None, gps: dict[int, Any] | None = None) -> Exif:
    block = Image.Exif()
    block.update(tags)
    block.get_ifd(0x8769).update(below or {})
    block.get_ifd(0x8825).update(gps or {})
    return exif.read(io.BytesIO(block.tobytes().removeprefix(b"Exif\0\0")))


def said(found: Exif, field: str) -> list[tuple[str, Any]]:
    return [(claim.source, claim.value) for claim in camera.claims(found) if claim.field == field]


def test_facts_of_a_camera() -> None:
    found = read(
        {MAKE: "  Fujifilm ", MODEL: "X100V", ORIENTATION: 8},
        {0x829A: 1 / 250, 0x829D: 2.8, 0x8827: 400, 0x920A: 23.0, 0x9209: 25, 0xA434: "23mm  f/2"},
    )
    assert camera.facts(found) == {
        "camera_make": "Fujifilm",
        "camera_model": "X100V",
        "lens": "23mm f/2",
        "exposure_time": "1/250",
        "f_number": 2.8,
        "focal_length": 23.0,
        "iso": 400,
        "flash": True,
        "orientation": 8,
    }


def test_a_picture_of_no_camera_has_none_of_them() -> None:
    assert camera.facts(Exif()) == {}
    assert camera.claims(Exif()) == []
    assert camera.subjects(Exif()) == []


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1 / 8000, "1/8000"), (0.008, "1/125"), (0.25, "1/4"), (0.3, "0.3"), (1.0, "1"), (2.5, "2.5"), (30.0, "30")],
)
def test_exposure_times_as_cameras_show_them(seconds: float, shown: str) -> None:
    assert camera.facts(read({}, {0x829A: seconds})) == {"exposure_time": shown}


def test_numbers_that_say_nothing_are_left_out() -> None:
    assert camera.facts(read({}, {0x829A: 0.0, 0x829D: 0.0, 0x8827: 0, 0x920A: 0.0, 0xA434: "----"})) == {}


def test_an_iso_that_does_not_fit_stands_elsewhere() -> None:
    assert camera.facts(read({}, {0x8827: 65535, 0x8833: 102_400})) == {"iso": 102_400}
    assert camera.facts(read({}, {0x8827: 65535})) == {"iso": 65535}


@pytest.mark.parametrize(
    ("numbers", "lens"),
    [
        ((18.0, 55.0, 3.5, 5.6), "18-55mm f/3.5-5.6"),
        ((50.0, 50.0, 1.4, 1.4), "50mm f/1.4"),
        ((0.0, 0.0, 0.0, 0.0), None),
    ],
)
def test_a_lens_without_a_name_is_called_by_its_numbers(numbers: tuple[float, ...], lens: str | None) -> None:
    assert camera.facts(read({}, {0xA432: numbers})).get("lens") == lens


def test_dates_with_offset_and_fraction() -> None:
    found = read(
        {CHANGED: "2024:06:02 00:00:00"},
        {TAKEN: "2024:06:01 18:30:05", 0x9011: "+02:00", 0x9291: "250", DIGITISED: "2024:06:01 19:00:00", 0x9292: "7"},
        {7: (16.0, 30.0, 4.5), 29: "2024:06:01"},
    )
    assert said(found, "created_at") == [
        ("exif:DateTimeOriginal", "2024-06-01T18:30:05.25+02:00"),
        ("exif:DateTimeDigitized", "2024-06-01T19:00:00.7"),
        ("exif:DateTime", "2024-06-02T00:00:00"),
        ("exif:GPSDateStamp", "2024-06-01T16:30:04.5Z"),
    ]


@pytest.mark.parametrize("zeros", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "yesterday"])
def test_a_clock_that_was_never_set_says_nothing(zeros: str) -> None:
    assert said(read({CHANGED: zeros}, {TAKEN: zeros}), "created_at") == []


def test_a_date_that_does_not_exist_is_handed_on_to_be_judged() -> None:
    assert said(read({CHANGED: "2020:13:45 00:00:00"}), "created_at") == [("exif:DateTime", "2020:13:45 00:00:00")]


def test_a_place_in_degrees() -> None:
    found = read({}, {}, {1: "S", 2: (48.0, 51.0, 30.0), 3: "W", 4: (2.0, 17.5, 0.0), 5: b"\1", 6: 12.34})
    assert said(found, "gps") == [("exif:GPS", {"latitude": -48.8583333, "longitude": -2.2916667, "altitude": -12.34})]


@pytest.mark.parametrize(
    "gps",
    [
        {2: (48.0, 51.0, 30.0), 4: (2.0, 17.5, 0.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (2.0, 0.0, 0.0)},
        {1: "N", 2: (48.0, 0.0, 0.0)},
        {1: "?", 2: (48.0, 0.0, 0.0), 3: "E", 4: (2.0, 0.0, 0.0)},
    ],
)
def test_what_is_no_place_is_left_out(gps: dict[int, Any]) -> None:
    assert said(read({}, {}, gps), "gps") == []


def test_ratings_in_stars_and_in_percent() -> None:
    assert said(read({0x4746: 4, 0x4749: 25}), "score") == [("exif:Rating", 4)]
    assert said(read({0x4749: 75}), "score") == [("exif:RatingPercent", 4)]
    assert said(read({0x4746: 9}), "score") == []
    assert said(read({0x4749: 300}), "score") == []


def test_words_of_people() -> None:
    found = read(
        {
            0x010E: "a day at sea",
            0x013B: "Ann",
            0x8298: "© Ann\0© Bo".encode("latin-1"),
            0x9C9B: "At sea".encode("utf-16-le"),
            0x9C9D: "Bo".encode("utf-16-le"),
            0x9C9E: "sea; boat ;;猫".encode("utf-16-le"),
            CHANGED: "2024:06:02 00:00:00",
        }
    )
    at = 1_717_286_400.0
    assert [claim for claim in camera.claims(found) if claim.field != "created_at"] == [
        Claim("title", "At sea", "exif:XPTitle", at),
        Claim("description", "a day at sea", "exif:ImageDescription", at),
        Claim("creator", "Ann", "exif:Artist", at),
        Claim("creator", "Bo", "exif:XPAuthor", at),
        Claim("copyright", "© Ann, © Bo", "exif:Copyright", at),
    ]
    assert camera.subjects(found) == ["sea", "boat", "猫"]


@pytest.mark.parametrize(
    "words",
    [
        "OLYMPUS DIGITAL CAMERA",
        "SONY DSC",
        "DCIM\\100MEDIA\\DJI_0001.JPG",
        "default",
        '{"prompt": {}}',
        "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler",
    ],
)
def test_words_of_machines_are_no_description(words: str) -> None:
    assert said(read({0x010E: words}), "description") == []


def test_a_graph_is_no_camera() -> None:
    assert camera.facts(read({MODEL: 'prompt:{"1": {}}', MAKE: 'workflow:{"nodes": []}'})) == {}
