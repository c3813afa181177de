"""Places on the earth, from the forms in which EXIF and XMP write them, in decimal degrees."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tallylight.model import Json

#: `48,51.5N` or `48,51,30N`: degrees, minutes, perhaps seconds, and the half of the earth.
_XMP = re.compile(
    r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?\s*([NSEW])", re.ASCII | re.IGNORECASE
)
_DECIMAL = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,17})?", re.ASCII)
_RATIONAL = re.compile(r"(-?\d{1,15})(?:/(\d{1,15}))?", re.ASCII)
#: Seven decimals of a degree are a centimetre.
_DIGITS = 7
#: Metres; nothing that takes pictures and knows its place has been deeper or higher.
_LOWEST, _HIGHEST = -12_000, 1_000_000


def place(latitude: float | None, longitude: float | None, altitude: float | None = None) -> Json:
    """`latitude`, `longitude` and, where it is known, `altitude` in metres; empty where they are no place.

    0, 0 is no place: receivers write it while they have none.
    """
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return {}
    if latitude == 0 and longitude == 0:
        return {}
    found: Json = {"latitude": round(latitude, _DIGITS), "longitude": round(longitude, _DIGITS)}
    if altitude is not None and _LOWEST <= altitude <= _HIGHEST:
        found["altitude"] = round(altitude, 2)
    return found


def degrees(parts: Sequence[float | None], half: str) -> float | None:
    """Degrees, minutes and seconds, and N, S, E or W, as one number; None where they are none.

    Minutes and seconds that are left out or not known count as 0: some cameras write degrees alone.
    """
    half = half.strip().upper()[:1]
    if half not in {"N", "S", "E", "W"} or not parts or parts[0] is None:
        return None
    angle: float = sum((part or 0.0) / 60**place for place, part in enumerate(parts[:3]))
    if not math.isfinite(angle) or angle < 0:
        return None
    return -angle if half in {"S", "W"} else angle


def from_xmp(text: str) -> float | None:
    """An angle as XMP writes it, `48,51.5N`, and as some programs do, `48.858333`; None where it is none."""
    text = text.strip()
    if match := _XMP.fullmatch(text):
        return degrees([float(match[1]), float(match[2]), float(match[3] or 0)], match[4])
    return float(text) if _DECIMAL.fullmatch(text) else None


def altitude_from_xmp(text: str, below: str) -> float | None:
    """Metres, written as `1234/10`; `below` is `1` under the sea. None where it is none."""
    match = _RATIONAL.fullmatch(text.strip())
    if not match or (match[2] and int(match[2]) == 0):
        return None
    metres = int(match[1]) / int(match[2] or 1)
    return -abs(metres) if below.strip() == "1" else metres
