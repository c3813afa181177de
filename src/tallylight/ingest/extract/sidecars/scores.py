"""Scores that lie beside the files: `.scores/<name.ext>.json` in the same folder. Nothing is ever created."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from tallylight.errors import BadPath
from tallylight.ingest.extract.clean import load_json
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.roots import Roots

LOWEST, HIGHEST = -1, 5
_WHOLE = re.compile(r"\s*[+-]?\d{1,3}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Score:
    """What a sidecar says; `warning` where it says something that cannot be used."""

    score: int | None = None  #: −1 (reject) to 5; 0 is unrated
    favourite: bool | None = None
    warnings: tuple[str, ...] = ()


#: Of a file without a sidecar.
NONE = Score()


def sidecar_path(path: str) -> str:
    """Where the sidecar of a file lies."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".scores", f"{name}.json")  # noqa: PTH118 (names that are not UTF-8)


def read(roots: Roots, path: str, limits: Limits = LIMITS) -> Score:
    """The score of a file. No sidecar is no score; one that cannot be used is no score and a warning. Never raises."""
    try:
        with roots.open(sidecar_path(path)) as file:
            raw = file.read(limits.sidecar + 1)
    except (FileNotFoundError, NotADirectoryError):
        return NONE
    except BadPath:
        return _unusable("it leads out of the roots or is no file")
    except OSError as error:
        return _unusable(error.strerror or "it cannot be read")
    if len(raw) > limits.sidecar:
        return _unusable(f"it is longer than {limits.sidecar:,} bytes")
    return parse(raw)


def parse(raw: bytes) -> Score:
    """The score in a sidecar's bytes. Never raises."""
    try:
        body = load_json(raw.decode("utf-8-sig"))
    except ValueError:
        return _unusable("it holds no JSON")
    if not isinstance(body, dict):
        return _unusable("it holds no JSON object")
    score, score_trouble = _score(body.get("score"))
    favourite, favourite_trouble = _favourite(body.get("favourite"))
    return Score(score, favourite, tuple(filter(None, (score_trouble, favourite_trouble))))


def _unusable(why: str) -> Score:
    return Score(warnings=(f"the score sidecar was ignored: {why}",))


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
