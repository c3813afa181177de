"""Reads EXIF tags, from a block or from a TIFF or BigTIFF file.

Read are the first directory, its Exif and its GPS sub-directory, each once, so a directory that points at itself cannot
loop. What the tags mean is for `camera`.
"""

from __future__ import annotations

import math
import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Literal

from tallylight.ingest.extract.containers.embedded import decode_text, length_of
from tallylight.ingest.extract.limits import LIMITS, Limits

DESCRIPTION, MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME = 0x010E, 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
ARTIST, XMP, RATING, RATING_PERCENT, COPYRIGHT = 0x013B, 0x02BC, 0x4746, 0x4749, 0x8298
EXPOSURE_TIME, F_NUMBER, IPTC, PHOTOSHOP, EXIF_DIRECTORY = 0x829A, 0x829D, 0x83BB, 0x8649, 0x8769
GPS_DIRECTORY, ISO, ISO_SPEED = 0x8825, 0x8827, 0x8833
TAKEN, DIGITISED, FLASH, FOCAL_LENGTH, USER_COMMENT = 0x9003, 0x9004, 0x9209, 0x920A, 0x9286
XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS = 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E
LENS_SPECIFICATION, LENS_MODEL = 0xA432, 0xA434
#: Where the offset from UTC and the fraction of a second of each date stand.
OFFSETS: Final = {DATE_TIME: 0x9010, TAKEN: 0x9011, DIGITISED: 0x9012}
FRACTIONS: Final = {DATE_TIME: 0x9290, TAKEN: 0x9291, DIGITISED: 0x9292}
#: Added to the numbers of GPS tags, which are a numbering of their own.
GPS: Final = 0x10000
LATITUDE_HALF, LATITUDE, LONGITUDE_HALF, LONGITUDE = GPS + 1, GPS + 2, GPS + 3, GPS + 4
ALTITUDE_BELOW, ALTITUDE, GPS_TIME, GPS_DATE = GPS + 5, GPS + 6, GPS + 7, GPS + 0x1D

#: One set for both directories: converters and scripts put tags into the wrong one, TIFF/EP all into the first.
_WANTED: Final = frozenset(
    {
        DESCRIPTION, MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME, ARTIST, XMP, RATING, RATING_PERCENT, COPYRIGHT,
        EXPOSURE_TIME, F_NUMBER, IPTC, PHOTOSHOP, EXIF_DIRECTORY, GPS_DIRECTORY, ISO, ISO_SPEED, TAKEN, DIGITISED,
        FLASH, FOCAL_LENGTH, USER_COMMENT, XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS, LENS_SPECIFICATION,
        LENS_MODEL, *OFFSETS.values(), *FRACTIONS.values(),
    }
)  # fmt: skip
_WANTED_GPS: Final = frozenset(range(1, 8)) | {GPS_DATE - GPS}

#: Bytes of one value, by type: byte, text, short, long, rational, signed byte, undefined, signed short, signed long,
#: signed rational, float, double, directory, BigTIFF's long, signed long and directory, UTF-8.
_UNIT: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1,
}  # fmt: skip
_CODE: Final = {
    1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I",
    16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
_RATIONALS: Final = frozenset({5, 10})
_ENTRIES = 1000
#: Numbers of one tag; those that are read have at most four.
_NUMBERS = 16

#: ComfyUI's WebP: `prompt:{…}` in Model, `workflow:{…}` in Make, further keys in the tags below.
_COMFY = re.compile(r"([A-Za-z_][\w.-]{0,60}):\s*(?=[{\[])")


@dataclass(frozen=True, slots=True)
class Exif:
    """The tags found: type and bytes of each, decoded when they are asked for."""

    tags: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    order: Literal["<", ">"] = ">"

    def raw(self, tag: int) -> bytes:
        """The bytes of a tag; empty where there is none."""
        return self.tags[tag][1] if tag in self.tags else b""

    def text(self, tag: int) -> str:
        """A text tag, without what follows its NUL; empty where there is none."""
        if tag not in self.tags:
            return ""
        kind, raw = self.tags[tag]
        return decode_text(raw.split(b"\0")[0]).strip() if kind not in _CODE or kind == 1 else ""

    def wide_text(self, tag: int) -> str:
        """A text tag in UTF-16, as Windows writes its own; empty where there is none."""
        if tag not in self.tags:
            return ""
        raw = self.raw(tag)
        return raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\0")[0].strip()

    def numbers(self, tag: int) -> list[float | None]:
        """The numbers of a tag; None for each that is none, such as a fraction of zero. Empty where there are none."""
        return [_quotient(*pair) for pair in self.ratios(tag)]

    def ratios(self, tag: int) -> list[tuple[float, float]]:
        """Numerator and denominator of each number of a tag, as they are written; 1 below what is no fraction."""
        kind, raw = self.tags.get(tag, (0, b""))
        code = _CODE.get(kind)
        if code is None:
            return []
        count = min(len(raw) // _UNIT[kind], _NUMBERS)
        values = struct.unpack_from(f"{self.order}{code * count}", raw)
        return list(zip(values[::2], values[1::2], strict=True)) if kind in _RATIONALS else [(one, 1) for one in values]

    def number(self, tag: int) -> float | None:
        """The first number of a tag; None where there is none."""
        return next(iter(self.numbers(tag)), None) if tag in self.tags else None

    def whole(self, tag: int) -> int | None:
        """The first number of a tag where it is whole; None for any other."""
        number = self.number(tag)
        return int(number) if number is not None and number.is_integer() else None

    @property
    def orientation(self) -> int:
        """1 to 8; 1 (upright) where none or nonsense is given."""
        value = self.whole(ORIENTATION)
        return value if value is not None and 1 <= value <= 8 else 1


def read(stream: BinaryIO, limits: Limits = LIMITS) -> Exif:
    """Read a TIFF structure. Tags that are damaged are left out; never raises for what the bytes hold."""
    stream.seek(0)
    head = stream.read(16)
    order = _order(head)
    if order is None:
        return Exif()
    form = _BIG if _is_big(head, order) else _CLASSIC
    # Of four bytes every offset can be sought to; of eight, a real file refuses those beyond what its disk can hold.
    end = length_of(stream) if form is _BIG else 1 << 32
    reader = _Reader(stream, order, form, end, limits)
    tags = reader.directory(_whole(head[form.first : form.first + form.inline], order), _WANTED)
    # The sub-directory is the right place for what stands in both.
    tags |= reader.below(tags, EXIF_DIRECTORY, _WANTED)
    tags |= {GPS + tag: value for tag, value in reader.below(tags, GPS_DIRECTORY, _WANTED_GPS).items()}
    return Exif(tags, order)


def texts(exif: Exif) -> list[tuple[str, str]]:
    """Embedded texts that EXIF holds, with their keys."""
    found = []
    for tag in (MODEL, MAKE, DESCRIPTION):
        text = exif.text(tag)
        if match := _COMFY.match(text):
            found.append((match[1], text[match.end() :]))
        elif text and tag == DESCRIPTION:
            found.append(("exif:ImageDescription", text))
    if text := user_comment(exif.raw(USER_COMMENT)):
        found.append(("exif:UserComment", text))
    if text := exif.wide_text(XP_COMMENT):
        found.append(("exif:XPComment", text))
    return found


def is_text_of_a_graph(text: str) -> bool:
    """Whether this is one of the texts that ComfyUI hides in tags meant for something else."""
    return _COMFY.match(text) is not None


def user_comment(raw: bytes) -> str:
    """Decode a UserComment: 8 bytes name the character code, but programs disagree on what they mean."""
    code, body = raw[:8], raw[8:]
    if code == b"UNICODE\0":
        return _utf16(body).strip("\0 \ufeff")
    if code == b"JIS\0\0\0\0\0":
        return body.decode("iso2022_jp", "replace").strip("\0 ")
    if code not in {b"ASCII\0\0\0", bytes(8)}:
        body = raw
    return decode_text(body).strip("\0 ")


def _utf16(body: bytes) -> str:
    """A1111 writes big-endian whatever the block's own order is, others little-endian, a few UTF-8."""
    if body[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return body.decode("utf-16", "replace")
    if b"\0" not in body:
        # What it is not, it may be in one of the others.
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8")
    body = body[: len(body) & ~1]
    return max((body.decode(code, "replace") for code in ("utf-16-be", "utf-16-le")), key=_plausible)


def _plausible(text: str) -> int:
    """How many characters of the beginning are plain: the wrong byte order turns spaces and letters into rarities."""
    return sum(character.isascii() and character != "\0" for character in text[:4000])


def _quotient(above: float, below: float) -> float | None:
    number = above / below if below else math.nan
    return number if math.isfinite(number) else None


def _order(head: bytes) -> Literal["<", ">"] | None:
    orders: dict[bytes, Literal["<", ">"]] = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
    return orders.get(head[:4]) if len(head) >= 8 else None


def _is_big(head: bytes, order: Literal["<", ">"]) -> bool:
    return _whole(head[2:4], order) == 43


def _whole(raw: bytes, order: Literal["<", ">"]) -> int:
    return int.from_bytes(raw, "little" if order == "<" else "big")


@dataclass(frozen=True, slots=True)
class _Form:
    """How wide things are."""

    first: int  #: where the offset of the first directory stands
    count: int  #: bytes of the number of entries
    inline: int  #: bytes of an offset, and of a value that stands in its entry
    entry: str  #: tag, type, number of values, and value or offset


_CLASSIC: Final = _Form(first=4, count=2, inline=4, entry="HHI4s")
_BIG: Final = _Form(first=8, count=8, inline=8, entry="HHQ8s")


class _Reader:
    """Reads directories, and of all their values together no more than one metadata chunk may have."""

    def __init__(self, stream: BinaryIO, order: Literal["<", ">"], form: _Form, end: int, limits: Limits) -> None:
        self._stream = stream
        self._order = order
        self._form = form
        self._end = end
        self._entry = struct.Struct(f"{order}{form.entry}")
        self._left = limits.chunk

    def below(
        self, tags: dict[int, tuple[int, bytes]], tag: int, wanted: frozenset[int]
    ) -> dict[int, tuple[int, bytes]]:
        """The sub-directory that a tag points at; empty where there is none."""
        at = Exif(tags, self._order).whole(tag)
        return self.directory(at, wanted) if at is not None and at > 0 else {}

    def directory(self, at: int, wanted: frozenset[int]) -> dict[int, tuple[int, bytes]]:
        count = _whole(self._bytes(at, self._form.count), self._order)
        entries = self._stream.read(self._entry.size * min(count, _ENTRIES))
        found: dict[int, tuple[int, bytes]] = {}
        whole = memoryview(entries)[: len(entries) - len(entries) % self._entry.size]
        for tag, kind, number, inline in self._entry.iter_unpack(whole):
            if tag in wanted and tag not in found and (raw := self._value(kind, number, inline)):
                found[tag] = (kind, raw)
        return found

    def _value(self, kind: int, count: int, inline: bytes) -> bytes:
        """The bytes of a value; empty where it is damaged or too long."""
        unit = _UNIT.get(kind, 0)
        length = unit * (count if kind not in _CODE or kind == 1 else min(count, _NUMBERS))
        if count * unit <= self._form.inline:
            return inline[:length]
        if not 0 < length <= self._left:
            return b""
        raw = self._bytes(_whole(inline, self._order), length)
        self._left -= len(raw)
        return raw

    def _bytes(self, at: int, length: int) -> bytes:
        if at >= self._end:
            return b""
        self._stream.seek(at)
        return self._stream.read(length)
