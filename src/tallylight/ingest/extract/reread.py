"""Reads the stored texts of a file again, without the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tallylight.ingest.extract.containers.embedded import inflate
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.generation import Reading, generation
from tallylight.ingest.extract.keywords import keywords
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json, Outcome, RawText

#: UTF-8 takes up to so many bytes for a character, and `limits.text` counts characters.
_WIDEST = 4


def reread(outcome: Outcome, texts: Sequence[RawText], limits: Limits = LIMITS) -> Outcome:
    """The outcome with what its texts say to the parsers of today: `generation`, where that comes from, and the
    keywords of its prompt. All else stays. Reading it again changes nothing more.

    Raises ValueError for a text that is stored damaged, and whatever a parser raises.
    """
    reading = generation([(text.key, _plain(text, limits)) for text in texts], limits)
    found = _keywords(outcome, reading.values, limits)
    return replace(outcome, generation=reading.values, provenance=_provenance(outcome, reading), keywords=found)


def _provenance(outcome: Outcome, reading: Reading) -> Json:
    """Where the parameters come from now. Of texts that lay beside the file, the sidecar itself was named."""
    others = {field: source for field, source in outcome.provenance.items() if field != "generation"}
    known = outcome.provenance.get("generation", {})
    if not reading.source:
        return others
    is_beside = str(known.get("source", "")).endswith(":sidecar")
    return {**others, "generation": known if is_beside else {"source": reading.source}}


def _plain(text: RawText, limits: Limits) -> str:
    plain = inflate(text.zlib, _WIDEST * limits.text)
    # Half a text would be read as one that says little, and what was read of the whole would be lost.
    if hashlib.sha256(plain).hexdigest() != text.sha256:
        raise ValueError(f"the text {text.key!r} is stored damaged")
    return plain.decode()


def _keywords(outcome: Outcome, parameters: Json, limits: Limits) -> tuple[Json, ...]:
    """Those of the prompt first, then the others as they stood; each text once."""
    size = Findings(media=outcome.media).shown_size
    if not outcome.keywords and size:
        # None were asked for: otherwise there were those of the size at least.
        return ()
    found = {keyword["text"]: keyword for keyword in keywords(parameters, None, limits)}
    for keyword in _others(outcome, size, limits):
        found.setdefault(keyword["text"], keyword)
    return tuple(found.values())[: limits.keywords]


def _others(outcome: Outcome, size: tuple[int, int] | None, limits: Limits) -> Iterator[Json]:
    """The keywords of other sources, and those of the size that a term of the old prompt stood in for."""
    of_prompt = {keyword["text"] for keyword in outcome.keywords if keyword["source"] == "prompt"}
    yield from (keyword for keyword in keywords({}, size, limits) if keyword["text"] in of_prompt)
    yield from (keyword for keyword in outcome.keywords if keyword["source"] != "prompt")
