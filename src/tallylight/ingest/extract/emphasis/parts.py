"""Runs of text with one weight each, collected while a prompt is read from front to back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

DEEPEST: Final = 64  #: brackets further inside are plain characters
_NUMBER = re.compile(r"[+-]?(?:\d{1,6}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)
#: No number that counts is longer; a longer one need not be looked at.
_LONGEST_NUMBER = 24


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a prompt; of parts with several weights the highest counts."""

    text: str
    weight: float


@dataclass(slots=True)
class Part:
    """A run of text with one weight; `ends` marks the end of a term instead."""

    pieces: list[str] = field(default_factory=list)
    weight: float = 1.0
    ends: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Opened:
    """A bracket that waits to be closed, the part that follows it, and the weight it will give."""

    bracket: str
    start: int
    factor: float


@dataclass(slots=True)
class Parts:
    """The parts so far. Each is weighted once for each bracket around it, so the whole is linear in the prompt."""

    parts: list[Part] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Append text to the current part; brackets on both sides of it have begun parts of their own."""
        start = self.opened[-1].start if self.opened else 0
        if len(self.parts) > start and not self.parts[-1].ends and self.parts[-1].weight == 1.0:
            self.parts[-1].pieces.append(text)
        else:
            self.parts.append(Part([text]))

    def weighted(self, text: str, weight: float) -> None:
        """Append text as a part of its own."""
        self.parts.append(Part([text], weight))

    def end(self) -> None:
        """End the current term."""
        self.parts.append(Part(ends=True))

    def open(self, bracket: str, factor: float) -> bool:
        """Open a bracket; False, and nothing is done, where that would be too deep."""
        if len(self.opened) >= DEEPEST:
            return False
        self.opened.append(Opened(bracket, len(self.parts), factor))
        return True

    def close(self, bracket: str) -> Opened | None:
        """Close the innermost bracket, if it is this one; what it weighs is the caller's business."""
        return self.opened.pop() if self.opened and self.opened[-1].bracket == bracket else None

    def multiply(self, start: int, factor: float) -> None:
        for part in self.parts[start:]:
            part.weight *= factor

    def is_open(self, bracket: str) -> bool:
        return any(opened.bracket == bracket for opened in self.opened)

    def close_all(self, until: str = "") -> None:
        """Close what is open, up to the innermost of some bracket if one is named; each reaches to here."""
        while self.opened:
            last = self.opened.pop()
            self.multiply(last.start, last.factor)
            if last.bracket == until:
                return

    def terms(self) -> list[Term]:
        """The terms in order, white space made single."""
        found: list[Term] = []
        pieces, weights = list[str](), list[float]()
        for part in (*self.parts, Part(ends=True)):
            if not part.ends:
                pieces.append(part.text)
                weights += [part.weight] if pieces[-1].strip() else []
                continue
            if words := " ".join("".join(pieces).split()):
                found.append(Term(words, rounded(max(weights, default=1.0))))
            pieces, weights = [], []
        return found


def number_at_end(text: str) -> tuple[str, float] | None:
    """What stands before the last colon, and the number behind it; None where there is none."""
    if ":" not in text:
        return None
    head, _, tail = text.rpartition(":")
    match = _NUMBER.fullmatch(tail.strip()) if len(tail.strip()) <= _LONGEST_NUMBER else None
    return (head, float(match[0])) if match else None


def rounded(weight: float) -> float:
    return round(min(max(weight, -1e6), 1e6), 4)
