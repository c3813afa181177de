"""Dates in the names of files, as phones, chat programs and screenshots write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from tallylight.ingest.extract.dates import iso_date

#: `IMG_20230506_070809`, `2023-05-06 07.08.09`, `Screenshot 2023-05-06 at 7.08.09 PM`, `signal-2023-05-06-070809`,
#: `PXL_20230506_070809123`. No digit before it or behind it: numbers without end are no dates.
_MOMENT = re.compile(
    r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[ _T.,-]{1,3}|\s(?:at|um|à)\s)?"
    r"(\d{1,2})([-_.:h]?)(\d\d)\6(\d\d)(?:[-_.]?(\d{3}))?(?!\d)(?:[\s\u202f]?([AP])M)?",
    re.ASCII | re.IGNORECASE,
)
#: `IMG-20230506-WA0001`, `2023-05-06`. No letter beside it either: identifiers are full of digits.
_DAY = re.compile(r"(?<![0-9A-Za-z])(\d{4})([-_.]?)(\d\d)\2(\d\d)(?![0-9A-Za-z])", re.ASCII)
#: Milliseconds since 1970, from programs that are known to name files so.
_SINCE_1970 = re.compile(r"(?:FB_IMG_|mmexport|wx_camera_|received_)(\d{13})(?!\d)", re.ASCII)
#: Pixel phones name pictures by UTC.
_IN_UTC: Final = "PXL_"
_LONGEST: Final = 255


def date_in(name: str) -> str:
    """The date in a file's name, as ISO 8601; empty where there is none."""
    name = name[:_LONGEST]
    if match := _SINCE_1970.search(name):
        return f"{datetime.fromtimestamp(int(match[1]) // 1000, UTC):%Y-%m-%dT%H:%M:%S}Z"
    for match in _MOMENT.finditer(name):
        if date := _moment(match, "Z" if name.startswith(_IN_UTC) else ""):
            return date
    return next((date for match in _DAY.finditer(name) if (date := _day(match))), "")


def _moment(match: re.Match[str], zone: str) -> str:
    hour, half = int(match[5]), (match[10] or "").upper()
    if not _is_likely(match) or (len(match[5]) == 1 and not match[6]):
        return ""
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "P" else 0)
    return iso_date(f"{match[1]}-{match[3]}-{match[4]}T{hour:02}:{match[7]}:{match[8]}", zone, match[9] or "")


def _day(match: re.Match[str]) -> str:
    return iso_date(f"{match[1]}-{match[3]}-{match[4]}") if _is_likely(match) else ""


def _is_likely(match: re.Match[str]) -> bool:
    """Digits without signs between them are a date only where they name a year of digital cameras."""
    return bool(match[2]) or 1990 <= int(match[1]) < 2100
