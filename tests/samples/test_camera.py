from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from tallylight.samples.camera import Shot, as_the_sensor_saw, camera_exif
from tallylight.samples.encode import jpeg_bytes
from tallylight.samples.painting import Style, paint

SHOT = Shot(make="Maker", model="One", taken=datetime(2024, 6, 11, 9, 30, 5), offset="+01:00", place=(-38.7139, 9.5))  # noqa: DTZ001


def _read_back(shot: Shot) -> Image.Exif:
    with Image.open(BytesIO(jpeg_bytes(Image.new("RGB", (16, 16)), camera_exif(shot)))) as read:
        return read.getexif()


def test_the_time_is_in_the_sub_directory() -> None:
    exif = _read_back(SHOT)
    assert (exif[ExifTags.Base.Make], exif[ExifTags.Base.Model]) == ("Maker", "One")
    assert ExifTags.Base.DateTimeOriginal not in exif
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    assert taken[ExifTags.Base.DateTimeOriginal] == "2024:06:11 09:30:05"
    assert taken[ExifTags.Base.OffsetTimeOriginal] == "+01:00"


def test_the_place_is_in_degrees_minutes_and_seconds() -> None:
    gps = _read_back(SHOT).get_ifd(ExifTags.IFD.GPSInfo)
    assert gps[ExifTags.GPS.GPSLatitudeRef] == "S"
    assert gps[ExifTags.GPS.GPSLatitude] == pytest.approx((38, 42, 50.04))
    assert gps[ExifTags.GPS.GPSLongitudeRef] == "E"
    assert gps[ExifTags.GPS.GPSLongitude] == (9, 30, 0)


def test_what_is_not_known_is_not_written() -> None:
    exif = _read_back(replace(SHOT, offset=None, place=None))
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert ExifTags.Base.OffsetTimeOriginal not in exif.get_ifd(ExifTags.IFD.Exif)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_viewer_that_follows_the_orientation_sees_it_upright(orientation: int) -> None:
    upright = paint(60, 40, np.random.default_rng(1), Style.TILES)
    stored = as_the_sensor_saw(upright, orientation)
    stored.getexif().update(camera_exif(replace(SHOT, orientation=orientation)))
    assert ImageOps.exif_transpose(stored).tobytes() == upright.tobytes()


def test_other_orientations_are_refused() -> None:
    with pytest.raises(KeyError):
        as_the_sensor_saw(Image.new("RGB", (4, 4)), 2)
