"""EXIF as cameras and generators write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PIL import ExifTags, Image

_TURNS: Final = {
    1: None,
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What a camera notes of a picture."""

    make: str
    model: str
    taken: datetime  #: local time; only years to seconds are written
    offset: str | None = None  #: from UTC, as `+01:00`
    orientation: int = 1  #: 1, 3, 6 or 8
    place: tuple[float, float] | None = None  #: latitude and longitude in degrees, north and east positive


def camera_exif(shot: Shot) -> Image.Exif:
    """The shot as EXIF: make, model and orientation in the main directory, the time it was taken in the Exif
    sub-directory, and GPS if the place is known.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = shot.make
    exif[ExifTags.Base.Model] = shot.model
    exif[ExifTags.Base.Orientation] = shot.orientation
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    taken[ExifTags.Base.DateTimeOriginal] = f"{shot.taken:%Y:%m:%d %H:%M:%S}"
    if shot.offset is not None:
        taken[ExifTags.Base.OffsetTimeOriginal] = shot.offset
    if shot.place is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(_gps(*shot.place))
    return exif


def comment_exif(text: str) -> Image.Exif:
    """EXIF whose UserComment holds `text` in UTF-16 with the prefix `UNICODE`: where A1111 keeps the parameters of a
    JPEG or WebP.
    """
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"UNICODE\0" + text.encode("utf-16-be")
    return exif


def as_the_sensor_saw(upright: Image.Image, orientation: int) -> Image.Image:
    """The picture turned so that a viewer which follows `orientation` (1, 3, 6, 8) shows it upright again."""
    turn = _TURNS[orientation]
    return upright if turn is None else upright.transpose(turn)


def _gps(latitude: float, longitude: float) -> dict[int, object]:
    return {
        ExifTags.GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        ExifTags.GPS.GPSLatitude: _degrees(latitude),
        ExifTags.GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        ExifTags.GPS.GPSLongitude: _degrees(longitude),
    }


def _degrees(angle: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(round(abs(angle) * 360_000), 6_000)
    degrees, minutes = divmod(minutes, 60)
    return float(degrees), float(minutes), seconds / 100
