"""Reads a prompt as image generators do: terms, their weights, and the extra networks it names.

    (x)  ×1.1    ((x))  ×1.21    [x]  ÷1.1    (x:1.3)  ×1.3
    \\(x\\)  plain brackets    <lora:name:0.8>  an extra network

Nested weights multiply; a bracket that is never closed reaches to the end. Commas, line ends, BREAK and AND end a term.
One pass over the text and a bounded depth, so no prompt takes long.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

_NETWORK = re.compile(r"<([A-Za-z]\w{0,20}):([^<>:]+)(?::([^<>]*))?>")
_TOKEN = re.compile(
    r"""\\(?P<literal>[()\[\]\\])  |  (?P<open>[(\[])  |  (?P<close>[)\]])  |  (?P<end>[,，、\n\r]|\b(?:BREAK|AND)\b)
      |  (?P<text>[^\\()\[\],，、\n\rBA]+|.)""",
    re.VERBOSE | re.DOTALL,
)
# From the first blank of a run on: tried from each of them, 60,000 blanks in a row would take seconds.
_WEIGHT = re.compile(r"(?<!\s)\s*:\s*([+-]?(?:\d{1,6}(?:\.\d{0,9})?|\.\d{1,9}))\s*$")
#: `a cat :1.2 AND …`: a weight of a whole part of the prompt.
_LOOSE_WEIGHT = re.compile(r"(?<!\s)\s+:\s*\d+(?:\.\d*)?\s*$")
_EMPHASIS: Final = 1.1
_DEEPEST: Final = 64  #: brackets further inside are plain characters


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a prompt; of parts with several weights the highest counts."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Network:
    """An extra network: `kind` is `lora`, `lyco`, `hypernet` …"""

    kind: str
    name: str
    weight: float


@dataclass(slots=True)
class _Part:
    """A run of text with one weight; `ends` marks the end of a term instead."""

    text: str = ""
    weight: float = 1.0
    ends: bool = False


@dataclass(slots=True)
class _Reader:
    parts: list[_Part] = field(default_factory=list)
    #: Open brackets: which, and the part that follows each.
    open: list[tuple[str, int]] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Append text to the current part; brackets on both sides of it have begun parts of their own."""
        start = self.open[-1][1] if self.open else 0
        if len(self.parts) > start and not self.parts[-1].ends and self.parts[-1].weight == 1.0:
            self.parts[-1].text += text
        else:
            self.parts.append(_Part(text))

    def multiply(self, start: int, factor: float) -> None:
        for part in self.parts[start:]:
            part.weight *= factor

    def close(self, bracket: str) -> None:
        wanted = "(" if bracket == ")" else "["
        if not self.open or self.open[-1][0] != wanted:
            self.add(bracket)
            return
        _, start = self.open.pop()
        if bracket == ")":
            self.multiply(start, self._own_weight(start))
        elif not self._schedule(start):
            self.multiply(start, 1 / _EMPHASIS)

    def _own_weight(self, start: int) -> float:
        """The number after the colon, which is cut off; else the usual emphasis."""
        if len(self.parts) > start and (match := _WEIGHT.search(self.parts[-1].text)):
            self.parts[-1].text = self.parts[-1].text[: match.start()]
            return float(match[1])
        return _EMPHASIS

    def _schedule(self, start: int) -> bool:
        """`[from:to:0.5]` and `[a|b]` are no emphasis but several terms by turns."""
        if not any(":" in part.text or "|" in part.text for part in self.parts[start:]):
            return False
        parts, self.parts[start:] = self.parts[start:], []
        if match := _WEIGHT.search(parts[-1].text):
            parts[-1].text = parts[-1].text[: match.start()]
        for part in parts:
            for number, piece in enumerate(re.split(r"[:|]", part.text)):
                if number:
                    self.parts.append(_Part(ends=True))
                self.parts.append(_Part(piece, part.weight, part.ends))
        return True


def networks(prompt: str) -> list[Network]:
    """The extra networks a prompt names, in order, each once."""
    found = (Network(kind.lower(), name.strip(), _number(weights)) for kind, name, weights in _NETWORK.findall(prompt))
    return list(dict.fromkeys(network for network in found if network.name))


def terms(prompt: str) -> list[Term]:
    """The terms of a prompt in order, extra networks left out. Never raises; white space is made single."""
    reader = _Reader()
    for match in _TOKEN.finditer(_NETWORK.sub(",", prompt)):
        _take(reader, match)
    for bracket, start in reversed(reader.open):
        reader.multiply(start, _EMPHASIS if bracket == "(" else 1 / _EMPHASIS)
    return _joined(reader.parts)


def _take(reader: _Reader, match: re.Match[str]) -> None:
    match match.lastgroup:
        case "open" if len(reader.open) < _DEEPEST:
            reader.open.append((match[0], len(reader.parts)))
        case "close":
            reader.close(match[0])
        case "end":
            reader.parts.append(_Part(ends=True))
        case "literal":
            reader.add(match["literal"])
        case _:
            reader.add(match[0])


def _joined(parts: list[_Part]) -> list[Term]:
    found: list[Term] = []
    text, weights = "", list[float]()
    for part in (*parts, _Part(ends=True)):
        if not part.ends:
            text += part.text
            weights += [part.weight] if part.text.strip() else []
            continue
        if words := " ".join(_LOOSE_WEIGHT.sub("", text).split()):
            found.append(Term(words, _rounded(max(weights, default=1.0))))
        text, weights = "", []
    return found


def _rounded(weight: float) -> float:
    return round(min(max(weight, -1e6), 1e6), 4)


def _number(weights: str) -> float:
    """The first of an extra network's weights (`0.8`, `0.8:0.5`); 1 where none can be read."""
    try:
        weight = float(weights.split(":", maxsplit=1)[0])
    except ValueError:
        return 1.0
    return _rounded(weight) if math.isfinite(weight) else 1.0
