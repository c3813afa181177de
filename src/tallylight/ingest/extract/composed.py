"""Puts together what was found in a file and what its sidecars tell: facts, generation, texts, keywords, ratings."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from tallylight.clock import SystemClock
from tallylight.ingest.extract.believed import believe
from tallylight.ingest.extract.claims import CREATED_AT, Claim
from tallylight.ingest.extract.clean import clean_text, clean_warnings
from tallylight.ingest.extract.dating import date_of
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.generation import Reading, generation
from tallylight.ingest.extract.keywords import keywords
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.options import Options
from tallylight.ingest.extract.sidecars import Told
from tallylight.ingest.extract.subjects import with_subjects
from tallylight.ingest.extract.trouble import described
from tallylight.model import ConflictRule, Json, Outcome, RawText

#: Workflows shrink to a tenth at this level already, in half the time of zlib's own choice.
_ZLIB_LEVEL: Final = 3

Texts = list[tuple[str, str]]


def composed(outcome: Outcome, options: Options, found: Findings, told: Told) -> Outcome:
    """The outcome with the facts, generation parameters, texts, keywords and ratings that were asked for, and for each
    who said so. Sidecars give parameters only to a file that has none of its own.
    """
    texts, reading = _generation(found, told, options.limits)
    warnings, claims = [*found.warnings, *told.warnings, *reading.warnings], (*found.claims, *told.claims)
    known: Json = {"media": _only_kind(found.media)}
    if options.extract_keywords:
        words = keywords(reading.values, found.shown_size, options.limits)
        known["keywords"] = with_subjects(words, (*found.subjects, *told.keywords), options.limits)
    if options.extract_metadata:
        packed = tuple(_packed(key, text) for key, text in texts)
        known |= {"media": {**found.media, **told.media}, "generation": reading.values, "texts": packed}
        known["provenance"], doubts = _dated(outcome, options, known["media"], claims)
        if reading.source:
            known["provenance"]["generation"] = {"source": reading.source}
        warnings += doubts
    known["warnings"] = clean_warnings(filter(None, warnings), options.limits)
    return believe(replace(outcome, **known), options, claims)


def _dated(outcome: Outcome, options: Options, media: Json, claims: Sequence[Claim]) -> tuple[Json, Sequence[str]]:
    """Puts the date on which it was made into the facts. Who said so, and what was wrong with other dates."""
    if created_at := media.pop(CREATED_AT, ""):
        claims = [*claims, Claim(CREATED_AT, created_at, media["type"])]
    name, now, rule = PurePath(outcome.file).name, SystemClock().now(), options.conflict_rule
    date = date_of(claims, name, outcome.mtime_ns, now, sidecars_first=rule is ConflictRule.SIDECAR)
    if not date.created_at:
        return {}, date.warnings
    media |= {CREATED_AT: date.created_at, "created_at_certainty": str(date.certainty)}
    source = {"source": date.source, **({"offset": date.offset_source} if date.offset_source else {})}
    return {CREATED_AT: source}, date.warnings


def _generation(found: Findings, told: Told, limits: Limits) -> tuple[Texts, Reading]:
    """The texts that count, and what they say. Beside a file lies what its saver could not put into it."""
    reading = _read(found.texts, limits)
    if reading.values or not told.texts:
        return found.texts, reading
    texts = [*found.texts, *told.texts]
    reading = _read(texts, limits)
    return texts, replace(reading, source=told.texts_source if reading.values else "")


def _read(texts: Texts, limits: Limits) -> Reading:
    try:
        return generation(texts, limits)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 (texts of any program; the picture is readable all the same)
        return Reading(warnings=(f"the generation parameters could not be read: {described(error)}",))


def _only_kind(media: Json) -> Json:
    return {key: media[key] for key in ("type", "format")}


def _packed(key: str, text: str) -> RawText:
    raw = clean_text(text).encode()
    return RawText(key, hashlib.sha256(raw).hexdigest(), zlib.compress(raw, _ZLIB_LEVEL))
