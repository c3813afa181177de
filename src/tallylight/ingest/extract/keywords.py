"""Keywords of a file: the terms of its prompt with their weights, and its size.

Keywords are lower case and NFC, so that files agree on them; terms of several words stay whole; order is the prompt's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.emphasis import Term, terms
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|[。！？；]")


def keywords(prompt: str, size: tuple[int, int] | None, limits: Limits = LIMITS) -> tuple[Json, ...]:
    """`{text, weight, source}` of each, those of the prompt first; each text once, with its highest weight."""
    found: dict[str, Json] = {}
    for text, weight, source in (*_from_prompt(prompt, limits), *_from_size(size)):
        known = found.get(text)
        if known is None:
            found[text] = {"text": text, "weight": weight, "source": source}
        elif known["source"] == source:
            known["weight"] = max(known["weight"], weight)
        if len(found) >= limits.keywords:
            break
    return tuple(found.values())


def _from_prompt(prompt: str, limits: Limits) -> Iterator[tuple[str, float, str]]:
    for term in _short(terms(prompt[: limits.prompt]), limits):
        text = unicodedata.normalize("NFC", clean_line(term.text, limits.keyword)).lower().strip(" .;:")
        if any(unicodedata.category(character)[0] not in "PZC" for character in text):
            yield text, term.weight, "prompt"


def _short(found: Iterable[Term], limits: Limits) -> Iterator[Term]:
    """Prompts in prose hold long sentences: those are split, and what is still too long to be a keyword is left out."""
    for term in found:
        if len(term.text) <= limits.keyword:
            yield term
        else:
            sentences = _SENTENCE_END.split(term.text)
            yield from (Term(text, term.weight) for text in sentences if len(text) <= limits.keyword)


def _from_size(size: tuple[int, int] | None) -> Iterator[tuple[str, float, str]]:
    if size is None:
        return
    width, height = size
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    yield shape, 1.0, "size"
    yield f"{width}x{height}", 1.0, "size"
