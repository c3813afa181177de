"""Keywords of a file: the terms of its prompt with their weights, and its size.

Keywords are lower case and NFC, so that files agree on them; terms of several words stay whole; order is the prompt's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.emphasis import Term, syntax_of, terms
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|[。！？；]")


def keywords(generation: Json, size: tuple[int, int] | None, limits: Limits = LIMITS) -> tuple[Json, ...]:
    """`{text, weight, source}` of each, those of the prompt first; each text once, with its highest weight.

    `generation` is as `Outcome.generation` documents: its generator says how the prompt is read, and its embeddings are
    names, not keywords.
    """
    found: dict[str, Json] = {}
    for text, weight, source in (*_from_prompt(generation, limits), *_from_size(size)):
        known = found.get(text)
        if known is None:
            found[text] = {"text": text, "weight": weight, "source": source}
        elif known["source"] == source:
            known["weight"] = max(known["weight"], weight)
        if len(found) >= limits.keywords:
            break
    return tuple(found.values())


def negative_terms(generation: Json, limits: Limits = LIMITS) -> list[Json]:
    """`{text, weight}` of each term of the negative prompt; each text once, with its highest weight."""
    found: dict[str, float] = {}
    for text, weight in _terms(generation, "negative_prompt", limits):
        if text in found or len(found) < limits.keywords:
            found[text] = max(weight, found.get(text, weight))
    return [{"text": text, "weight": weight} for text, weight in found.items()]


def _from_prompt(generation: Json, limits: Limits) -> Iterator[tuple[str, float, str]]:
    for text, weight in _terms(generation, "prompt", limits):
        yield text, weight, "prompt"


def _terms(generation: Json, name: str, limits: Limits) -> Iterator[tuple[str, float]]:
    """Text and weight of each term of a prompt that is a keyword."""
    prompt, syntax = str(generation.get(name, "")), syntax_of(str(generation.get("generator", "")))
    embedded = {_tidy(str(embedding), limits) for embedding in generation.get("embeddings", ())}
    for term in _short(terms(prompt[: limits.prompt], syntax), limits):
        text = _tidy(term.text, limits)
        if text not in embedded and _says_something(text):
            yield text, term.weight


def _says_something(text: str) -> bool:
    """Whether it is more than punctuation."""
    return text[:1].isalnum() or any(unicodedata.category(character)[0] not in "PZC" for character in text)


def _tidy(text: str, limits: Limits) -> str:
    return unicodedata.normalize("NFC", clean_line(text, limits.keyword)).lower().strip(" .;:")


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
