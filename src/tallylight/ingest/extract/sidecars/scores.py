"""Scores that lie beside the files: `.scores/<name.ext>.json` in the same folder."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.sidecars.told import Told

SOURCE: Final = "scores:sidecar"
FOLDER: Final = ".scores"
LOWEST, HIGHEST = -1, 5
_WHOLE = re.compile(r"\s*[+-]?\d{1,3}\s*", re.ASCII)


def add(body: Any, told: Told) -> None:
    """Add the score and the favourite in a sidecar's JSON, and a warning for each that cannot be used. Never raises."""
    if not isinstance(body, dict):
        told.warnings.append("the score sidecar was ignored: it holds no JSON object")
        return
    at = moment(body.get("updated"))
    score, trouble = _score(body.get("score"))
    favourite, further = _favourite(body.get("favourite"))
    told.warnings += filter(None, (trouble, further))
    if score is not None:
        told.claims.append(Claim("score", score, SOURCE, at))
    if favourite is not None:
        told.claims.append(Claim("favourite", favourite, SOURCE, at))


def moment(text: Any) -> float:
    """Seconds since 1970 of an ISO time; one without a zone is this machine's own, as the tool that wrote it had it. 0
    where it is none.
    """
    if not isinstance(text, str) or len(text) > 40:
        return 0.0
    try:
        at = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return max(0.0, at)


def _score(value: Any) -> tuple[int | None, str]:
    if value is None:
        return None, ""
    number = _whole(value)
    if number is None:
        return None, f"the score sidecar was ignored: {str(value)[:40]!r} is not a whole number"
    if not LOWEST <= number <= HIGHEST:
        return None, f"the score sidecar was ignored: {str(number)[:40]} is not from {LOWEST} to {HIGHEST}"
    return number, ""


def _whole(value: Any) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value if -1000 < value < 1000 else 1000
        case float() if value.is_integer():
            return int(value) if abs(value) < 1000 else 1000
        case str() if _WHOLE.fullmatch(value):
            return int(value)
        case _:
            return None


def _favourite(value: Any) -> tuple[bool | None, str]:
    if value is None or isinstance(value, bool):
        return value, ""
    return None, "the score sidecar's favourite is neither true nor false"
