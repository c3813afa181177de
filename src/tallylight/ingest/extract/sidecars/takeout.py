"""What Google Takeout tells of a file in the JSON beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

from tallylight.ingest.extract.claims import CREATED_AT, Claim
from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.gps import place
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars.told import Told
from tallylight.ingest.extract.values import as_integer, as_number
from tallylight.model import MEDIA_SUFFIXES, Json

SOURCE: Final = "takeout:sidecar"

_FLAGS: Final = ("archived", "trashed")
_ENDINGS: Final = MEDIA_SUFFIXES | {".heic", ".heif", ".dng", ".3gp", ".mpg", ".mts", ".wmv"}
#: Seconds around 1970 between which pictures were made: photography is younger, and years have four digits.
_FIRST, _LAST = -4_500_000_000, 250_000_000_000


def is_takeout(body: Any) -> bool:
    """Whether this is the JSON of a picture or video, and not that of an album or of another program."""
    return isinstance(body, dict) and isinstance(body.get("photoTakenTime"), dict)


def add(body: Json, told: Told, limits: Limits = LIMITS) -> None:
    """Add what it says. Never raises; what it says in a form that Takeout does not use is passed over."""
    changed = _seconds(body.get("photoLastModifiedTime")) or 0
    at = float(changed) if 0 < changed < _LAST else 0.0
    said = {
        "favourite": True if body.get("favorited") is True else None,  # it says nothing of those that are none
        "title": _title(body.get("title"), limits),
        "description": _text(body.get("description"), limits),
        CREATED_AT: _moment(_seconds(body.get("photoTakenTime"))),
        # What a person set on the map, else what the file said itself.
        "gps": _place(body.get("geoData")) or _place(body.get("geoDataExif")),
    }
    told.claims += [Claim(key, value, SOURCE, at) for key, value in said.items() if value]
    told.keywords += [(name, "takeout") for name in _people(body.get("people"), limits)]
    told.media |= {flag: True for flag in _FLAGS if body.get(flag) is True}


def _title(value: Any, limits: Limits) -> str:
    """A title that a person gave. Mostly it is the name under which the file was uploaded, which is none."""
    title = clean_line(value, limits.value) if isinstance(value, str) else ""
    return "" if PurePath(title).suffix.lower() in _ENDINGS else title


def _text(value: Any, limits: Limits) -> str:
    return clean_text(value.strip(), limits.value) if isinstance(value, str) else ""


def _seconds(time: Any) -> int | None:
    return as_integer(time.get("timestamp")) if isinstance(time, dict) else None


def _moment(seconds: int | None) -> str:
    # 0 is what it writes where it does not know.
    if not seconds or not _FIRST < seconds < _LAST:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}Z"


def _place(value: Any) -> Json:
    if not isinstance(value, dict):
        return {}
    altitude = as_number(value.get("altitude"))
    return place(as_number(value.get("latitude")), as_number(value.get("longitude")), altitude or None)


def _people(value: Any, limits: Limits) -> list[str]:
    people = value[: limits.keywords] if isinstance(value, list) else []
    return [person["name"] for person in people if isinstance(person, dict) and isinstance(person.get("name"), str)]
