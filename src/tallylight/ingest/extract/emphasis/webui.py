"""Reads a prompt as A1111's web UI, its relatives and ComfyUI do.

    (x)  ×1.1    ((x))  ×1.21    [x]  ÷1.1    (x:1.3)  ×1.3    \\(x\\)  plain brackets
    [from:to:0.5]  [a|b]  several terms by turns

Nested weights multiply; a bracket that is never closed reaches to the end. Commas, line ends, BREAK and AND end a term.
One pass over the text and a bounded depth, so no prompt takes long.
"""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract.emphasis.parts import Part, Parts, number_at_end

_TOKEN = re.compile(
    r"""\\(?P<literal>[()\[\]\\])  |  (?P<open>[(\[])  |  (?P<close>[)\]])  |  (?P<end>[,，、\n\r]|\b(?:BREAK|AND)\b)
      |  (?P<text>[^\\()\[\],，、\n\rBA]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_BY_TURNS = re.compile(r"[:|]")
_EMPHASIS: Final = 1.1
_FACTORS: Final = {"(": _EMPHASIS, "[": 1 / _EMPHASIS}


def read(prompt: str) -> Parts:
    """The parts of a prompt. Never raises."""
    parts = Parts()
    for match in _TOKEN.finditer(prompt):
        _take(parts, match)
    _end(parts)
    parts.close_all()
    return parts


def _take(parts: Parts, match: re.Match[str]) -> None:
    match match.lastgroup:
        case "text":
            parts.add(match[0])
        case "open" if parts.open(match[0], _FACTORS[match[0]]):
            pass
        case "close":
            _close(parts, match[0])
        case "end":
            _end(parts)
        case "literal":
            parts.add(match["literal"])
        case _:
            parts.add(match[0])


def _end(parts: Parts) -> None:
    """End a term. `a cat :1.2 AND …`: the weight of a whole part of the prompt does not belong to its words."""
    found = number_at_end(parts.parts[-1].text) if parts.parts else None
    if found and found[0] != found[0].rstrip():
        parts.parts[-1].pieces = [found[0]]
    parts.end()


def _close(parts: Parts, bracket: str) -> None:
    opened = parts.close("(" if bracket == ")" else "[")
    if opened is None:
        parts.add(bracket)
    elif bracket == ")":
        parts.multiply(opened.start, _own_weight(parts, opened.start))
    elif not _schedule(parts, opened.start):
        parts.multiply(opened.start, opened.factor)


def _own_weight(parts: Parts, start: int) -> float:
    """The number after the colon, which is cut off; else the usual emphasis."""
    if len(parts.parts) > start and (found := number_at_end(parts.parts[-1].text)):
        parts.parts[-1].pieces = [found[0]]
        return found[1]
    return _EMPHASIS


def _schedule(parts: Parts, start: int) -> bool:
    """`[from:to:0.5]` and `[a|b]` are no emphasis but several terms by turns."""
    inside = parts.parts[start:]
    if not any(_BY_TURNS.search(piece) for part in inside for piece in part.pieces):
        return False
    if found := number_at_end(inside[-1].text):
        inside[-1].pieces = [found[0]]
    parts.parts[start:] = [piece for part in inside for piece in _by_turns(part)]
    return True


def _by_turns(part: Part) -> list[Part]:
    first, *others = _BY_TURNS.split(part.text)
    if not others:
        return [part]
    turns = [Part([first], part.weight)]
    for other in others:
        turns += [Part(ends=True), Part([other], part.weight)]
    return turns
