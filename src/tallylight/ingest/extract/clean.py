"""Makes what files hold fit for JSON, SQL and pages: no NUL, no lone surrogate, no NaN, nothing without end."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable
from typing import Any

from tallylight.ingest.extract.limits import LIMITS, Limits

_UNFIT = re.compile("[\0\ud800-\udfff]")

#: JavaScript and PostgreSQL's `double` keep whole numbers exactly up to here; beyond, they travel as text.
WHOLE = 2**53


class TooMuch(ValueError):
    """A text may well be JSON, but is beyond a limit; the message says which, for the end of a sentence."""


def clean_text(text: str, longest: int | None = None) -> str:
    """The text without NULs, with a replacement sign for each lone surrogate, clipped (with `…`) to `longest`."""
    # Asked of each text and of each value in it, most of them ASCII, which `isascii` knows without looking.
    if not (text.isascii() and "\0" not in text) and _UNFIT.search(text):
        text = _UNFIT.sub("\ufffd", text.replace("\0", ""))
    if longest is not None and len(text) > longest:
        return text[: longest - 1] + "…"
    return text


def clean_line(text: str, longest: int = LIMITS.value) -> str:
    """A short value on one line, runs of white space as one space."""
    return clean_text(" ".join(text.replace("\0", " ").split()), longest) if text else ""


def clean_json(value: Any, limits: Limits = LIMITS, depth: int = 0) -> Any:
    """The value with only what JSON can hold: NaN and infinities become None, whole numbers beyond 2^53 text, what is
    nested too deep None.
    """
    match value:
        case bool() | None:
            return value
        case int():
            return whole(value)
        case float():
            return value if math.isfinite(value) else None
        case str():
            return clean_text(value, limits.text)
        case dict() | list() | tuple() if depth >= limits.json_depth:
            return None
        case dict():
            return {clean_text(str(key)): clean_json(item, limits, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [clean_json(item, limits, depth + 1) for item in value]
        case _:
            return clean_text(str(value), limits.value)


def whole(number: int) -> int | str:
    """A whole number, as text where it is beyond 2^53."""
    if abs(number) <= WHOLE:
        return number
    # Python refuses to write out integers of more than 4,300 digits.
    return str(number) if number.bit_length() <= 256 else f"{number:#x}"[: LIMITS.value]


def load_json(text: str, limits: Limits = LIMITS) -> Any:
    """Parse JSON as programs write it, NaN and Infinity included. ValueError where it is none, TooMuch where it
    is beyond a limit.
    """
    if len(text) > limits.json_size:
        raise TooMuch(f"its JSON is longer than {limits.json_size:,} characters (json_size)")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise TooMuch(f"its JSON is nested far deeper than {limits.json_depth:,} levels (json_depth)") from None
    except ValueError:  # reading longer ones takes quadratic time
        raise TooMuch(f"its JSON holds a number of more than {sys.get_int_max_str_digits():,} digits") from None


def clean_warnings(warnings: Iterable[str], limits: Limits = LIMITS) -> tuple[str, ...]:
    """Each warning once, in order, the first `limits.warnings` of them."""
    distinct = dict.fromkeys(clean_line(warning, 500) for warning in warnings)
    return tuple(distinct)[: limits.warnings]
