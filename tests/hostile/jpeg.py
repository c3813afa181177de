"""Hostile JPEGs, and EXIF, which JPEGs bring along."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.hostile.case import Case, cuts, failing, sound, warned
from tests.ingest.extract import build

from tallylight.model import Outcome, Reason

_DATE = 0x9003


def cases() -> list[Case]:
    whole = build.encoded(build.scene(), "JPEG", comment=b"hello")
    progressive = build.encoded(build.scene(), "JPEG", progressive=True)
    return [*_structure(whole), *_exif(), *_modes(), *cuts("jpeg/cut.jpg", whole), *cuts("jpeg/cut p.jpg", progressive)]


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_segments(*segments: bytes) -> bytes:
    """A picture with more segments at its start."""
    whole = build.encoded(build.scene(), "JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def directory(*entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    """An EXIF directory of (tag, type, count, value), big-endian."""
    packed = (struct.pack(">HHII", *entry) for entry in entries)
    return struct.pack(">H", len(entries)) + b"".join(packed) + struct.pack(">I", after)


def with_exif(content: bytes) -> bytes:
    """A picture with this as its EXIF, from the first directory on."""
    return with_segments(segment(0xE1, b"Exif\0\0MM\0*" + struct.pack(">I", 8) + content))


def dated(date: str) -> bytes:
    return build.encoded(build.scene(), "JPEG", exif=build.exif_block({0x0112: 1}, {_DATE: date}))


def _structure(whole: bytes) -> Iterator[Case]:
    many = segment(0xFE, b"") * 200_000
    yield failing("jpeg/start alone.jpg", b"\xff\xd8\xff", Reason.TRUNCATED)
    yield failing("jpeg/end at once.jpg", b"\xff\xd8\xff\xd9", Reason.DAMAGED)
    yield failing("jpeg/length 0.jpg", with_segments(b"\xff\xe1\0\0"), Reason.TRUNCATED)
    yield failing("jpeg/65535 x 65535.jpg", build.jpeg_header(65535, 65535), Reason.TOO_LARGE)
    yield failing("jpeg/no size.jpg", build.jpeg_header(0, 0), Reason.DAMAGED)
    yield failing("jpeg/nothing but fill.jpg", b"\xff\xd8" + b"\xff" * 1_000_000, Reason.TRUNCATED)
    yield failing("jpeg/noise before a marker.jpg", b"\xff\xd8\xff\xe0\0\x02" + b"\0" * 1_000_000, Reason.TRUNCATED)
    yield warned("jpeg/many segments.jpg", with_segments(many), "JPEG segments")
    yield warned("jpeg/named as a picture of another kind.png", whole, "is a JPEG")
    yield failing("jpeg/a page.jpg", b"<html><body>Not found.", Reason.UNSUPPORTED)
    yield failing("jpeg/nothing but zeros.jpg", bytes(5000), Reason.UNSUPPORTED)
    yield sound("jpeg/rest.jpg", whole + bytes(100_000))
    yield sound("jpeg/profile of 16 MB.jpg", with_segments(*_profile(255)))
    yield sound("jpeg/strip.jpg", build.encoded(build.scene(1, 20_000), "JPEG"), lambda outcome: outcome.has_thumbnail)


def _profile(parts: int) -> Iterator[bytes]:
    for number in range(1, parts + 1):
        yield segment(0xE2, b"ICC_PROFILE\0" + bytes((number, parts)) + bytes(65_000))


def _exif() -> Iterator[Case]:
    loop = directory((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), after=8)
    yield _unharmed("jpeg/exif in a loop.jpg", with_exif(loop))
    yield _unharmed("jpeg/exif of 65535 entries.jpg", with_exif(b"\xff\xff" + loop[2:]))
    yield _unharmed(
        "jpeg/exif of 4 GB.jpg", with_exif(directory((0x010F, 2, 0xFFFFFFFF, 8), (0x9286, 7, 0x7FFFFFFF, 0)))
    )
    yield _unharmed(
        "jpeg/exif beyond the end.jpg", with_exif(directory((0x010F, 2, 50, 0xFFFFFFF0), (0x8769, 4, 1, 0xFFFFFFF0)))
    )
    yield _unharmed("jpeg/exif of noise.jpg", with_segments(segment(0xE1, b"Exif\0\0" + bytes(range(256)) * 200)))
    yield _unharmed("jpeg/exif of nothing.jpg", with_segments(segment(0xE1, b"Exif\0\0")))
    yield _unharmed("jpeg/many exifs.jpg", with_segments(*[segment(0xE1, b"Exif\0\0MM\0*" + bytes(60_000))] * 60))
    # Pillow joins them, each time all: both took it minutes.
    yield sound("jpeg/20 MB of small exifs.jpg", with_segments(segment(0xE1, b"Exif\0\0MM\0*" + bytes(120)) * 150_000))
    yield warned(
        "jpeg/a million exifs.jpg", with_segments(segment(0xE1, b"Exif\0\0MM\0*" + bytes(6)) * 1_000_000), "segments"
    )
    yield _unharmed("jpeg/position of no number.jpg", with_exif(_nowhere()))
    for orientation in (0, 2, 3, 4, 5, 6, 7, 8, 9, 65535):
        exif = build.exif_block({0x0112: orientation})
        yield _unharmed(f"jpeg/turned {orientation}.jpg", build.encoded(build.scene(), "JPEG", exif=exif))
    for number, date in enumerate(
        ("0000:00:00 00:00:00", "2024:13:45 99:99:99", "    :  :     :  :  ", "\xff" * 19, "yesterday")
    ):
        yield _unharmed(f"jpeg/no date {number}.jpg", dated(date), _is_undated)
    yield _unharmed("jpeg/date 9999.jpg", dated("9999:12:31 23:59:59"), _is_undated)
    yield _unharmed(
        "jpeg/date 1901.jpg",
        dated("1901:01:01 00:00:00"),
        lambda outcome: outcome.media["created_at"] == "1901-01-01T00:00:00",
    )


def _is_undated(outcome: Outcome) -> bool:
    """Whether nothing but the time of the file's last change was believed."""
    return bool(outcome.provenance["created_at"] == {"source": "file"})


def _nowhere() -> bytes:
    """A GPS directory whose degrees are 0/0, 1/0 and beyond the end."""
    below = 8 + 18
    rationals = below + 2 + 4 * 12 + 4
    gps = directory((1, 2, 2, 0x4E000000), (2, 5, 3, rationals), (3, 2, 2, 0x45000000), (4, 5, 3, 0xFFFFFF00))
    return directory((0x8825, 4, 1, below)) + gps + struct.pack(">IIIIII", 0, 0, 1, 0, 0xFFFFFFFF, 0)


def _unharmed(name: str, data: bytes, finds: object = None) -> Case:
    """A sound picture with odd metadata: extracted, whatever is warned of."""

    def judged(outcome: Outcome) -> object:
        return outcome.has_thumbnail and (not callable(finds) or finds(outcome))

    return Case(name=name, made=data, warns=None, finds=judged)


def _modes() -> Iterator[Case]:
    for mode in ("L", "CMYK"):
        picture = build.encoded(build.scene(mode=mode), "JPEG")
        yield sound(f"jpeg/in {mode}.jpg", picture, lambda outcome: outcome.has_thumbnail and outcome.phash)
