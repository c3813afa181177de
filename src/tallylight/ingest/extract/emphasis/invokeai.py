"""Reads a prompt as InvokeAI does.

    x+  ×1.1    x++  ×1.21    x-  ×0.9    (two words)+    (two words)1.3  ×1.3    \\(x\\)  plain brackets
    ("one", "two").blend(0.7, 0.3)    ("one", "two").and()    several terms

Nested weights multiply; brackets without a weight are only brackets. Commas and line ends end a term.
"""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract.emphasis.parts import Parts, Term

_TOKEN = re.compile(
    r"""\\(?P<literal>[()"\\])  |  (?P<open>\()  |  (?P<end>[,，、\n\r])  |  (?P<space>\s+)
      |  \)(?:(?P<number>\d{1,6}(?:\.\d{0,9})?|\.\d{1,9})|(?P<signs>\++|-+))?(?P<call>\.(?:and|blend|swap)\([^()]*\))?
      |  (?P<word>[^\s,，、()\\]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_STEPS: Final = {"+": 1.1, "-": 0.9}
_MOST_SIGNS: Final = 64


def read(prompt: str) -> Parts:
    """The parts of a prompt. Never raises."""
    parts = Parts()
    for match in _TOKEN.finditer(prompt):
        _take(parts, match)
    parts.close_all()
    return parts


def tidy(term: Term) -> Term:
    """The term without the quotes that blends and conjunctions put around it."""
    text = term.text
    return Term(text[1:-1].strip(), term.weight) if len(text) > 1 and text[0] == text[-1] == '"' else term


def _take(parts: Parts, match: re.Match[str]) -> None:
    match match.lastgroup:
        case "open" if parts.open("(", 1.0):
            pass
        case "end":
            parts.end()
        case "literal":
            parts.add(match["literal"])
        case "word":
            _word(parts, match["word"])
        case "space":
            parts.add(" ")
        case _ if match[0].startswith(")"):
            _close(parts, match)
        case _:
            parts.add(match[0])


def _word(parts: Parts, word: str) -> None:
    """Signs at its end are a weight; what consists of signs alone is a word."""
    sign = word[-1]
    bare = word.rstrip(sign) if sign in _STEPS else ""
    if bare:
        parts.weighted(bare, _power(sign, len(word) - len(bare)))
    else:
        parts.add(word)


def _close(parts: Parts, match: re.Match[str]) -> None:
    opened = parts.close("(")
    if opened is None:
        parts.add(match[0])
        return
    if number := match["number"]:
        parts.multiply(opened.start, float(number))
    elif signs := match["signs"]:
        parts.multiply(opened.start, _power(signs[0], len(signs)))
    if match["call"]:
        parts.end()


def _power(sign: str, count: int) -> float:
    return _STEPS[sign] ** min(count, _MOST_SIGNS)
