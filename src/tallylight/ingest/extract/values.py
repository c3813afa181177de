"""Reads numbers and names out of what programs wrote as text, JSON or anything."""

from __future__ import annotations

import math
import re
from typing import Any

from tallylight.ingest.extract.clean import clean_line, clean_text, whole

_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$", re.IGNORECASE)
_INTEGER = re.compile(r"\s*([+-]?\d{1,40})\s*", re.ASCII)


def as_integer(value: Any) -> int | None:
    """A whole number, from 20, 20.0 or "20"; None for anything else."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer() and abs(value) < 1e15:
            return int(value)
        case str() if match := _INTEGER.fullmatch(value):
            return int(match[1])
        case _:
            return None


def as_number(value: Any) -> float | None:
    """A finite number, from 7, 7.5 or "7.5"; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_seed(value: Any) -> int | str | None:
    """A seed, as text where it is beyond 2^53."""
    number = as_integer(value)
    return None if number is None else whole(number)


def as_size(value: Any) -> int | None:
    """A width or height in pixels."""
    number = as_integer(value)
    return number if number is not None and 0 < number < 1_000_000 else None


def as_name(value: Any) -> str | None:
    """A short text; None for anything else and for an empty one."""
    return clean_line(value) or None if isinstance(value, str) else None


def as_model(value: Any) -> str | None:
    """A model's name without folder and extension: ComfyUI writes both, A1111 neither."""
    name = as_name(value)
    if name is None:
        return None
    return _EXTENSION.sub("", re.split(r"[\\/]", name)[-1]) or None


def as_label(value: Any) -> str | None:
    """A short text, or a number as one: versions and hashes are written both ways."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else as_name(value)


def as_prompt(value: Any) -> str | None:
    """A long text, its lines kept; None for anything else and for an empty one."""
    return clean_text(value).strip() or None if isinstance(value, str) else None
