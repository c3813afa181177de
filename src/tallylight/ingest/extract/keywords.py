"""Keywords of a file: the terms of its prompt with their weights, its size, and what it is tagged with.

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


def keywords(
    prompt: str, size: tuple[int, int] | None, limits: Limits = LIMITS, *, tags: Iterable[tuple[str, str]] = ()
) -> tuple[Json, ...]:
    """`{text, weight, source}` of each, those of the prompt first; each text once, with its highest weight.

    `tags` are those that people and programs gave, each with its source.
    """
    found: dict[str, Json] = {}
    for text, weight, source in (*_from_prompt(prompt, limits), *_from_size(size), *_from_tags(tags, limits)):
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
        if text := _agreed(term.text, limits):
            yield text, term.weight, "prompt"


def _from_tags(tags: Iterable[tuple[str, str]], limits: Limits) -> Iterator[tuple[str, float, str]]:
    """Captions in prose hold sentences too long to be keywords, which are split as those of prompts are."""
    for tag, source in tags:
        for term in _short([Term(tag[: limits.prompt].strip(), 1.0)], limits):
            if text := _agreed(term.text, limits):
                yield text, 1.0, source


def _agreed(text: str, limits: Limits) -> str:
    """A keyword as all files write it; empty for one that is only signs."""
    text = unicodedata.normalize("NFC", clean_line(text, limits.keyword)).lower().strip(" .;:")
    return text if any(unicodedata.category(character)[0] not in "PZC" for character in text) else ""


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
