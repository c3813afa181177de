"""Reads a prompt as NovelAI does.

    {x}  ×1.05    {{x}}  ×1.1025    [x]  ÷1.05    1.3::x::  ×1.3    -1::x::  ×−1

Round brackets are plain. A number with two colons ends the one before it; two colons alone end a number and all that is
open within it, without a number all that is open. Commas, line ends and `|`, which stands between the prompts of
characters, end a term.
"""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract.emphasis.parts import Parts

_TOKEN = re.compile(
    r"""(?P<number>(?<![\w.])-?(?:\d{1,6}(?:\.\d{0,9})?|\.\d{1,9}))::  |  (?P<stop>::)  |  (?P<open>[{\[])
      |  (?P<close>[}\]])  |  (?P<end>[,，、|\n\r])  |  (?P<text>[^{}\[\],，、|\n\r:\d.-]+|.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_EMPHASIS: Final = 1.05
_FACTORS: Final = {"{": _EMPHASIS, "[": 1 / _EMPHASIS}
_NUMBER: Final = "::"


def read(prompt: str) -> Parts:
    """The parts of a prompt. Never raises."""
    parts = Parts()
    for match in _TOKEN.finditer(prompt):
        _take(parts, match)
    parts.close_all()
    return parts


def _take(parts: Parts, match: re.Match[str]) -> None:
    match match.lastgroup:
        case "number":
            if parts.is_open(_NUMBER):
                parts.close_all(until=_NUMBER)
            parts.open(_NUMBER, float(match["number"]))
        case "stop" if parts.opened:
            parts.close_all(until=_NUMBER)
        case "open" if parts.open(match[0], _FACTORS[match[0]]):
            pass
        case "close" if opened := parts.close("{" if match[0] == "}" else "["):
            parts.multiply(opened.start, opened.factor)
        case "end":
            parts.end()
        case _:
            parts.add(match[0])
