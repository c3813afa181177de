"""Chooses among all that is said of it the one date on which a picture or video was made.

The order and the reasons for it: docs/reference/dates.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.names import date_in


class Certainty(StrEnum):
    """How far a date can be relied on."""

    EXACT = "exact"  #: a moment: the offset from UTC is known
    LOCAL = "local"  #: what the clock on the wall showed, nobody knows where
    DAY = "day"  #: a day without a time
    GUESS = "guess"  #: not said of the picture's making: the file's name or time, the last change


@dataclass(frozen=True, slots=True)
class Dated:
    """The date, who said it and how certain it is; empty where nobody said one that can be."""

    created_at: str = ""  #: ISO 8601
    source: str = ""
    certainty: Certainty | None = None
    offset_source: str = ""  #: who told the offset from UTC, where it is another
    warnings: tuple[str, ...] = ()


#: Who is asked first. A source that is not named here counts as the part before its colon does.
ORDER: Final = (
    "exif:DateTimeOriginal", "exif:DateTimeDigitized", "xmp:sidecar", "xmp", "iptc", "video", "takeout",
    "exif:GPSDateStamp", "name", "exif:DateTime", "file",
)  # fmt: skip
_NAME: Final = ORDER.index("name")
_GUESSES: Final = frozenset({"name", "exif:DateTime", "file"})
#: Clocks that stand at the beginning of their time were never set.
_NEVER_SET: Final = ("1904-01-01T00:00:00", "1970-01-01T00:00:00", "1980-01-01T00:00:00")
#: The oldest photograph there is.
_FIRST_YEAR: Final = "1826"
_DAY: Final = timedelta(days=1)
#: Offsets from UTC are whole quarters of an hour within these.
_QUARTER, _WEST, _EAST = timedelta(minutes=15), timedelta(hours=-12), timedelta(hours=14)
#: How far from the shutter a witness may be: a satellite receiver tells when it last knew its place.
_PATIENCE: Final = {"takeout": timedelta(seconds=2), "exif:GPSDateStamp": timedelta(seconds=90)}


def date_of(claims: Iterable[Claim], name: str, mtime_ns: int, now: float, *, sidecars_first: bool = False) -> Dated:
    """The date among the claims on `created_at`, the file's name and the time of its last change. Pure; never raises.

    A date that cannot be (the 31st of June, one before photography or after tomorrow) is passed over with a warning; a
    clock that was never set without one. `sidecars_first` asks sidecars before the file itself.
    """
    tomorrow = f"{datetime.fromtimestamp(now, UTC) + _DAY:%Y-%m-%d}"
    possible, warnings = [], []
    for claim in claims:
        if claim.field != "created_at" or not isinstance(claim.value, str):
            continue
        if trouble := _trouble(claim.value, tomorrow):
            warnings.append(f"the date {clean_line(claim.value, 40)} ({claim.source}) {trouble}")
        elif not claim.value.startswith(_NEVER_SET):
            possible.append(claim)
    if not any(_rank(claim.source) < _NAME for claim in possible):
        possible += _from_outside(name, mtime_ns, tomorrow)
    possible.sort(key=lambda claim: (sidecars_first and not claim.source.endswith(":sidecar"), _rank(claim.source)))
    return _believed(possible, tuple(warnings))


def _from_outside(name: str, mtime_ns: int, tomorrow: str) -> Iterator[Claim]:
    for source, value in (("name", date_in(name)), ("file", _changed(mtime_ns))):
        if value and not _trouble(value, tomorrow) and not value.startswith(_NEVER_SET):
            yield Claim("created_at", value, source)


def _believed(ranked: list[Claim], warnings: tuple[str, ...]) -> Dated:
    if not ranked:
        return Dated(warnings=warnings)
    best = ranked[0]
    certainty = _certainty(best)
    if certainty is not Certainty.LOCAL or _key(best.source) not in _CAMERA:
        return Dated(best.value, best.source, certainty, warnings=warnings)
    for witness in ranked[1:]:
        if offset := _offset(best, witness):
            return Dated(best.value + offset, best.source, Certainty.EXACT, witness.source, warnings)
    takeout = next((claim for claim in ranked if _key(claim.source) == "takeout"), None)
    if takeout and not _same_moment_somewhere(best, takeout):
        # Google takes the date from EXIF, so another one was set by hand.
        return Dated(takeout.value, takeout.source, _certainty(takeout), warnings=warnings)
    return Dated(best.value, best.source, certainty, warnings=warnings)


#: Sources whose clock a witness may complete.
_CAMERA: Final = frozenset({"exif:DateTimeOriginal", "exif:DateTimeDigitized"})


def _certainty(claim: Claim) -> Certainty:
    if _key(claim.source) in _GUESSES:
        return Certainty.GUESS
    if "T" not in claim.value:
        return Certainty.DAY
    return Certainty.EXACT if datetime.fromisoformat(claim.value).tzinfo else Certainty.LOCAL


def _offset(local: Claim, witness: Claim) -> str:
    """The offset from UTC of a camera's clock, where a witness tells the same moment in UTC; empty where none does.

    XMP is none: older programs wrote the offset of the computer they ran on.
    """
    patience = _PATIENCE.get(_key(witness.source))
    if patience is None or not witness.value.endswith("Z"):
        return ""
    shown, told = datetime.fromisoformat(local.value), datetime.fromisoformat(witness.value)
    offset = _quarters(shown.replace(tzinfo=UTC) - told, patience)
    if offset is None or (not offset and _key(witness.source) == "takeout"):
        # Where Google knows no offset it takes the camera's clock for UTC.
        return ""
    sign, minutes = "-" if offset < timedelta() else "+", abs(offset) // timedelta(minutes=1)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def _same_moment_somewhere(local: Claim, told: Claim) -> bool:
    """Whether there is an offset from UTC with which both are one moment."""
    shown, moment = datetime.fromisoformat(local.value), datetime.fromisoformat(told.value)
    if moment.tzinfo is None:
        return abs(shown - moment) < _DAY
    return _quarters(shown.replace(tzinfo=UTC) - moment, _PATIENCE["takeout"]) is not None


def _quarters(difference: timedelta, patience: timedelta) -> timedelta | None:
    nearest = round(difference / _QUARTER) * _QUARTER
    return nearest if abs(difference - nearest) <= patience and _WEST <= nearest <= _EAST else None


def _trouble(value: str, tomorrow: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "does not exist"
    # As texts: years near 1 and 9999 do not survive arithmetic with offsets.
    if value < _FIRST_YEAR:
        return "is older than photography"
    return "lies in the future" if value[:10] > tomorrow else ""


def _changed(mtime_ns: int) -> str:
    try:
        return f"{datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%S}Z"
    except (ValueError, OverflowError, OSError):
        return ""


def _key(source: str) -> str:
    return source if source in ORDER else source.partition(":")[0]


def _rank(source: str) -> int:
    key = _key(source)
    # Whoever else speaks of it knows more than the receiver's last fix.
    return ORDER.index(key) if key in ORDER else ORDER.index("exif:GPSDateStamp")
