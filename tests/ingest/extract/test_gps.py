"""Places, and what is none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract import gps


def test_degrees_minutes_and_seconds() -> None:
    assert gps.degrees([48, 51, 30.0], "N") == pytest.approx(48.858333, abs=1e-6)
    assert gps.degrees([48.5], "s") == -48.5
    assert gps.degrees([2, None, None], "W ") == -2
    assert gps.degrees([2, 1, None, 9], "E") == pytest.approx(2.0166667)


@pytest.mark.parametrize(("parts", "half"), [([], "N"), ([None, 1], "N"), ([1], ""), ([1], "X"), ([-1], "N")])
def test_what_is_no_angle(parts: list[float | None], half: str) -> None:
    assert gps.degrees(parts, half) is None


@pytest.mark.parametrize(
    ("text", "angle"),
    [
        ("48,51.5N", 48.8583333),
        ("48,51,30N", 48.8583333),
        ("2,17.4w", -2.29),
        (" 0,0.0S ", 0.0),
        ("48.8583", 48.8583),
        ("-2.29", -2.29),
        ("", None),
        ("48", 48.0),
        ("north", None),
        ("48,51.5", None),
        ("٤٨,51.5N", None),
        ("1e5", None),
        ("NaN", None),
    ],
)
def test_angles_of_xmp(text: str, angle: float | None) -> None:
    assert gps.from_xmp(text) == (angle if angle is None else pytest.approx(angle, abs=1e-6))


@pytest.mark.parametrize(
    ("text", "below", "metres"),
    [("350/10", "0", 35.0), ("350/10", "1", -35.0), ("12", "", 12.0), ("1/0", "0", None), ("high", "0", None)],
)
def test_altitudes_of_xmp(text: str, below: str, metres: float | None) -> None:
    assert gps.altitude_from_xmp(text, below) == metres


def test_a_place_is_rounded_to_a_centimetre() -> None:
    assert gps.place(48.123456789, 2.0, 35.126) == {"latitude": 48.1234568, "longitude": 2.0, "altitude": 35.13}
    assert gps.place(90, -180) == {"latitude": 90, "longitude": -180}
    assert gps.place(1, 2, 2e6) == {"latitude": 1, "longitude": 2}


@pytest.mark.parametrize(("latitude", "longitude"), [(0, 0), (None, 1), (1, None), (91, 0), (0, 181), (math.nan, 1)])
def test_what_is_no_place(latitude: float | None, longitude: float | None) -> None:
    assert gps.place(latitude, longitude) == {}


@given(st.text(max_size=40))
def test_texts_never_raise(text: str) -> None:
    gps.from_xmp(text)
    gps.altitude_from_xmp(text, text)
