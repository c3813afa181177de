"""Reads IPTC-IIM records: what news agencies and older programs write of a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.containers.embedded import decode_text
from tallylight.ingest.extract.dates import stated
from tallylight.ingest.extract.limits import LIMITS, Limits

_TAG: Final = 0x1C
_CHARSET: Final = (1, 90)
_NAME, _KEYWORD, _DATE, _TIME, _BY_LINE = (2, 5), (2, 25), (2, 55), (2, 60), (2, 80)
_DIGITISED, _DIGITISED_TIME, _HEADLINE, _COPYRIGHT, _CAPTION = (2, 62), (2, 63), (2, 105), (2, 116), (2, 120)
_READ: Final = frozenset(
    {
        _NAME, _KEYWORD, _DATE, _TIME, _BY_LINE, _DIGITISED, _DIGITISED_TIME, _HEADLINE, _COPYRIGHT, _CAPTION
    }
)  # fmt: skip
_UTF8: Final = b"\x1b%G"
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d\d)(\d\d)(\d\d)?\s*([+-]\d{4})?", re.ASCII)

#: Of Photoshop's resources, the one that holds IPTC.
_RESOURCE: Final = 0x0404


@dataclass(frozen=True, slots=True)
class Iptc:
    """What the records say; empty where they do not."""

    keywords: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    creator: str = ""
    copyright: str = ""
    created_at: str = ""  #: ISO 8601


def read(raw: bytes, limits: Limits = LIMITS) -> Iptc:
    """Read records. Never raises: of damaged ones what stands before the damage."""
    said: dict[tuple[int, int], list[str]] = {}
    utf8 = False
    for number, value in _datasets(raw, limits):
        utf8 |= number == _CHARSET and value == _UTF8
        if number in _READ:
            said.setdefault(number, []).append(_decoded(value, utf8=utf8))
    one = {number: values[0] for number, values in said.items()}
    keywords = (clean_line(keyword, limits.keyword) for keyword in said.get(_KEYWORD, ())[: limits.keywords])
    return Iptc(
        keywords=tuple(dict.fromkeys(filter(None, keywords))),
        title=clean_line(one.get(_NAME, "") or one.get(_HEADLINE, ""), limits.value),
        description=clean_text(one.get(_CAPTION, "").strip(), limits.value),
        creator=clean_line(", ".join(said.get(_BY_LINE, ())), limits.value),
        copyright=clean_line(one.get(_COPYRIGHT, ""), limits.value),
        created_at=_date(one.get(_DATE, ""), one.get(_TIME, ""))
        or _date(one.get(_DIGITISED, ""), one.get(_DIGITISED_TIME, "")),
    )


def claims(found: Iptc) -> list[Claim]:
    """Its words on dates, title, description, creator and copyright."""
    fields = ("created_at", "title", "description", "creator", "copyright")
    return [Claim(field, value, "iptc") for field in fields if (value := getattr(found, field))]


def of_photoshop(resources: bytes, limits: Limits = LIMITS) -> bytes:
    """The IPTC records among Photoshop's resources, as a JPEG's APP13 holds them; empty where there are none."""
    at = 0
    for _ in range(limits.chunks):
        if resources[at : at + 4] != b"8BIM" or at + 12 > len(resources):
            return b""
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        # A name in Pascal's manner follows, filled up to an even length, as the content is.
        at += 6 + (resources[at + 6] + 2 & ~1)
        length = int.from_bytes(resources[at : at + 4], "big")
        at += 4
        if number == _RESOURCE:
            return resources[at : at + length]
        at += length + 1 & ~1
    return b""


def _datasets(raw: bytes, limits: Limits) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    for _ in range(limits.chunks):
        if at + 5 > len(raw) or raw[at] != _TAG:
            return
        number, length = (raw[at + 1], raw[at + 2]), int.from_bytes(raw[at + 3 : at + 5], "big")
        at += 5
        if length & 0x8000:
            # Longer than 32 KB: what stood there is the length of the length.
            width = length & 0x7FFF
            length = int.from_bytes(raw[at : at + width], "big") if width <= 8 else len(raw)
            at += width
        if at + length > len(raw):
            return
        yield number, raw[at : at + length]
        at += length


def _decoded(value: bytes, *, utf8: bool) -> str:
    """Without the mark of UTF-8 it may be UTF-8 all the same, or any code; Latin-1 is the likeliest."""
    return value.decode("utf-8", "replace") if utf8 else decode_text(value)


def _date(day: str, clock: str) -> str:
    """`20230506` and `070809+0200`. A time of which nothing is known is left out."""
    days, clocks = _DAY.fullmatch(day.strip()), _CLOCK.fullmatch(clock.strip())
    if not days:
        return ""
    date = "-".join(days.groups())
    if not clocks:
        return stated(date)
    hour, minute, second, offset = clocks.groups()
    return stated(f"{date}T{hour}:{minute}:{second or '00'}{offset or ''}")
