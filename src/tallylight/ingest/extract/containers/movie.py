"""What an MP4 or QuickTime file says that FFmpeg keeps to itself: how its tracks are turned, and XMP packets."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from tallylight.ingest.extract.containers.boxes import Box, boxes, content, steps
from tallylight.ingest.extract.limits import LIMITS, Limits

#: The user type of a `uuid` box that holds XMP.
XMP_UUID: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
#: Degrees that a matrix may be off a quarter turn; what is turned by others is no camera that was held differently.
_TOLERANCE: Final = 5
#: Bytes of a track or movie header that are read; version 1 has 96 and 112.
_HEADER: Final = 128

#: The upper left of a display matrix: what the axes become.
_Matrix = tuple[float, float, float, float]
_UPRIGHT: Final[_Matrix] = (1.0, 0.0, 0.0, 1.0)


@dataclass(slots=True)
class Movie:
    """What a walk found."""

    rotations: dict[int, int] = field(default_factory=dict)  #: by track id: 90, 180 or 270 degrees counter-clockwise
    xmp: list[bytes] = field(default_factory=list)  #: packets, as stored


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> Movie:
    """Read the index of a movie. Never raises for what the bytes hold."""
    movie, left = Movie(), steps(limits)
    for box in boxes(stream, left):
        match box.kind:
            case b"moov":
                _index(stream, box, left, movie, limits)
            case b"uuid":
                _take_uuid(stream, box, movie, limits)
    return movie


def _index(stream: BinaryIO, index: Box, left: Iterator[int], movie: Movie, limits: Limits) -> None:
    whole = _UPRIGHT
    for box in boxes(stream, left, index):
        match box.kind:
            case b"mvhd":
                whole = _matrix(content(stream, box, _HEADER), after=(36, 48))
            case b"trak":
                _track(stream, box, left, whole, movie)
            case b"uuid":
                _take_uuid(stream, box, movie, limits)
            case b"udta":
                for below in boxes(stream, left, box):
                    if below.kind == b"XMP_":
                        _take(stream, below, movie, limits)


def _track(stream: BinaryIO, track: Box, left: Iterator[int], whole: _Matrix, movie: Movie) -> None:
    for box in boxes(stream, left, track):
        if box.kind == b"tkhd":
            header = content(stream, box, _HEADER)
            at = 20 if header[:1] == b"\1" else 12
            if rotation := _rotation(_matrix(header, after=(40, 52)), whole):
                movie.rotations[int.from_bytes(header[at : at + 4], "big")] = rotation
            return


def _matrix(header: bytes, after: tuple[int, int]) -> _Matrix:
    """The matrix of a header, which stands after so many bytes in version 0 and in version 1."""
    at = after[header[:1] == b"\1"]
    if len(header) < at + 20:
        return _UPRIGHT
    a, b, _, c, d = struct.unpack_from(">5i", header, at)
    return a / 65536, b / 65536, c / 65536, d / 65536


def _rotation(track: _Matrix, whole: _Matrix) -> int:
    """Degrees counter-clockwise to turn the stored frames by, in quarter turns."""
    (a, b, c, d), (e, f, g, h) = track, whole
    first, second, third, fourth = a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
    wide, high = math.hypot(first, third), math.hypot(second, fourth)
    if not wide or not high:
        return 0
    angle = -math.degrees(math.atan2(second / high, first / wide))
    quarter = round(angle / 90) * 90
    return quarter % 360 if abs(angle - quarter) <= _TOLERANCE else 0


def _take_uuid(stream: BinaryIO, box: Box, movie: Movie, limits: Limits) -> None:
    if content(stream, box, 16) == XMP_UUID:
        _take(stream, Box(box.kind, box.at + 16, box.end), movie, limits)


def _take(stream: BinaryIO, box: Box, movie: Movie, limits: Limits) -> None:
    # A file has one, at most one in each of two places; a thousand would each take their time later.
    if 0 < box.length <= limits.chunk and len(movie.xmp) < 4:
        movie.xmp.append(content(stream, box, limits.chunk))
