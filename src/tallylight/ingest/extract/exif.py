"""Reads the few EXIF tags that matter, from a block or from a TIFF file.

Only the first directory and its Exif sub-directory are read, each once, so a directory that points at itself cannot
loop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, Literal

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.containers.embedded import decode_text
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

DESCRIPTION, MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME = 0x010E, 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
SUB_DIRECTORY, TAKEN, DIGITISED, USER_COMMENT = 0x8769, 0x9003, 0x9004, 0x9286
_OFFSETS: Final = {DATE_TIME: 0x9010, TAKEN: 0x9011, DIGITISED: 0x9012}
#: Fooocus writes its comment into the first directory, where it does not belong.
_FIRST = frozenset({DESCRIPTION, MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME, SUB_DIRECTORY, USER_COMMENT})
_SECOND = frozenset({TAKEN, DIGITISED, USER_COMMENT, *_OFFSETS.values()})
_UNIT: Final = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4, 129: 1}  #: bytes of one value, by type
_ENTRIES = 1000

_DATE = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d|Z")
#: ComfyUI's WebP: `prompt:{…}` in Model, `workflow:{…}` in Make, further keys in the tags below.
_COMFY = re.compile(r"([A-Za-z_][\w.-]{0,60}):\s*(?=[{\[])")


@dataclass(frozen=True, slots=True)
class Exif:
    """The tags found; texts as their bytes."""

    values: dict[int, bytes | int]
    order: Literal["big", "little"] = "big"

    def text(self, tag: int) -> str:
        """A text tag, without what follows its NUL; empty where there is none."""
        value = self.values.get(tag)
        return decode_text(value.split(b"\0")[0]).strip() if isinstance(value, bytes) else ""

    @property
    def orientation(self) -> int:
        """1 to 8; 1 (upright) where none or nonsense is given."""
        value = self.values.get(ORIENTATION)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1


def read(stream: BinaryIO, limits: Limits = LIMITS) -> Exif:
    """Read a TIFF structure. Tags that are damaged are left out; never raises for what the bytes hold."""
    stream.seek(0)
    head = stream.read(8)
    order = _order(head)
    if order is None:
        return Exif({})
    values = _directory(stream, int.from_bytes(head[4:], order), order, _FIRST, limits)
    below = values.get(SUB_DIRECTORY)
    if isinstance(below, int):
        values |= _directory(stream, below, order, _SECOND, limits)
    return Exif(values, order)


def facts(exif: Exif) -> Json:
    """What EXIF adds to `media`: created_at, camera_make, camera_model, orientation; only what is known."""
    found: Json = {}
    if created_at := _created_at(exif):
        found["created_at"] = created_at
    for key, tag in (("camera_make", MAKE), ("camera_model", MODEL)):
        text = exif.text(tag)
        if text and not _COMFY.match(text):
            found[key] = clean_line(text, 200)
    if isinstance(exif.values.get(ORIENTATION), int):
        found["orientation"] = exif.orientation
    return found


def texts(exif: Exif) -> list[tuple[str, str]]:
    """Embedded texts that EXIF holds, with their keys."""
    found = []
    for tag in (MODEL, MAKE, DESCRIPTION):
        text = exif.text(tag)
        if match := _COMFY.match(text):
            found.append((match[1], text[match.end() :]))
        elif text and tag == DESCRIPTION:
            found.append(("exif:ImageDescription", text))
    comment = exif.values.get(USER_COMMENT)
    if isinstance(comment, bytes) and (text := user_comment(comment)):
        found.append(("exif:UserComment", text))
    return found


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


def iso_date(text: str, offset: str = "") -> str:
    """A date as EXIF or a video tag writes it, as ISO 8601; empty where it is none (cameras write zeros)."""
    match = _DATE.match(text.strip())
    if not match:
        return ""
    try:
        moment = datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return ""
    zone = _OFFSET.fullmatch(offset.strip())
    return moment.isoformat() + (zone[0] if zone else "")


def _created_at(exif: Exif) -> str:
    """When the picture was taken; else digitised; else changed."""
    for tag in (TAKEN, DIGITISED, DATE_TIME):
        if date := iso_date(exif.text(tag), exif.text(_OFFSETS[tag])):
            return date
    return ""


def _utf16(body: bytes) -> str:
    """A1111 writes big-endian whatever the block's own order is, others little-endian, a few UTF-8."""
    if body[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return body.decode("utf-16", "replace")
    if b"\0" not in body:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    body = body[: len(body) & ~1]
    return max((body.decode(code, "replace") for code in ("utf-16-be", "utf-16-le")), key=_plausible)


def _plausible(text: str) -> int:
    """How many characters of the beginning are plain: the wrong byte order turns spaces and letters into rarities."""
    return sum(character.isascii() and character != "\0" for character in text[:4000])


def _order(head: bytes) -> Literal["big", "little"] | None:
    return {b"II*\0": "little", b"MM\0*": "big"}.get(head[:4]) if len(head) == 8 else None  # type: ignore[return-value]


def _directory(
    stream: BinaryIO, at: int, order: Literal["big", "little"], wanted: frozenset[int], limits: Limits
) -> dict[int, bytes | int]:
    stream.seek(at)
    count = int.from_bytes(stream.read(2), order)
    entries = stream.read(12 * min(count, _ENTRIES))
    values: dict[int, bytes | int] = {}
    for start in range(0, len(entries) - 11, 12):
        entry = entries[start : start + 12]
        tag = int.from_bytes(entry[:2], order)
        if tag in wanted and tag not in values:
            value = _value(stream, entry, order, limits)
            if value is not None:
                values[tag] = value
    return values


def _value(stream: BinaryIO, entry: bytes, order: Literal["big", "little"], limits: Limits) -> bytes | int | None:
    kind, count = int.from_bytes(entry[2:4], order), int.from_bytes(entry[4:8], order)
    unit = _UNIT.get(kind)
    if unit is None or not 0 < count * unit <= limits.chunk:
        return None
    if unit > 1:
        return int.from_bytes(entry[8 : 8 + unit], order)
    if count <= 4:
        return entry[8 : 8 + count]
    stream.seek(int.from_bytes(entry[8:], order))
    return stream.read(count)
