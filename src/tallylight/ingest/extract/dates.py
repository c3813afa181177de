"""Reads dates in the forms in which files hold them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

#: As EXIF (`2023:05:06 07:08:09`) and XMP and video tags (`2023-05-06T07:08:09.25+02:00`) write it; the time may be
#: missing.
_DATE = re.compile(
    r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)"
    r"(?:[T ]\s?(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
#: A microsecond: what databases and Python keep.
_FRACTION: Final = 6


def iso_date(text: str, offset: str = "", fraction: str = "") -> str:
    """A date as EXIF, XMP or a video tag writes it, as ISO 8601; empty where it is none (cameras write zeros).

    With the time where it is given, with the fraction of a second and the offset from UTC where they are; `offset` and
    `fraction` are those that stand elsewhere.
    """
    match = _DATE.match(text.strip()) if text else None
    if not match:
        return ""
    year, month, day, hour, minute, second, digits, zone = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001
    except ValueError:
        return ""
    if hour is None:
        return moment.date().isoformat()
    return moment.isoformat() + _fraction(digits or fraction) + _zone(zone or offset)


def stated(text: str, offset: str = "", fraction: str = "") -> str:
    """As `iso_date`; where somebody clearly meant a date, but there is none such (the 31st of June), the text itself,
    so that whoever judges dates can say so.
    """
    if date := iso_date(text, offset, fraction):
        return date
    match = _DATE.match(text.strip())
    return match[0] if match and int(match[1]) and int(match[2]) and int(match[3]) else ""


def moment(text: str) -> datetime | None:
    """The moment that an ISO 8601 date names, taken as UTC where it names no offset; None where it names none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def timestamp(text: str) -> float:
    """The moment that an ISO 8601 date names, in seconds since 1970; 0 where it names none."""
    found = moment(text)
    return found.timestamp() if found else 0.0


def _fraction(digits: str) -> str:
    match = _DIGITS.match(digits.strip())
    kept = match[0][:_FRACTION].rstrip("0") if match else ""
    return f".{kept}" if kept else ""


def _zone(offset: str) -> str:
    offset = offset.strip()
    if offset == "Z":
        return "Z"
    match = _OFFSET.fullmatch(offset)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return ""
    return f"{match[1]}{match[2]}:{match[3]}"
