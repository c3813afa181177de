"""Extracts one candidate: what a worker process runs."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import replace
from pathlib import PurePath

from tallylight.clock import stopwatch
from tallylight.ingest.extract import picture, video
from tallylight.ingest.extract.clean import clean_line, clean_text, clean_warnings
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.generation import generation
from tallylight.ingest.extract.keywords import keywords
from tallylight.ingest.extract.options import Options
from tallylight.ingest.extract.phash import phash
from tallylight.ingest.extract.sidecars import scores
from tallylight.ingest.extract.small import encode
from tallylight.ingest.extract.sniff import Kind, mismatch, other_name, sniff
from tallylight.ingest.extract.source import Source, opened
from tallylight.ingest.extract.trouble import Unreadable, described, explain
from tallylight.model import VIDEO_SUFFIXES, Candidate, Json, Outcome, OutcomeKind, RawText, Reason, Tier
from tallylight.roots import unescape

#: Workflows shrink to a tenth at this level already, in half the time of zlib's own choice.
_ZLIB_LEVEL = 3


def extract(options: Options, candidate: Candidate) -> Outcome:
    """Read one file. Never raises for a bad one: every trouble is a failed outcome with a reason code, or a warning
    where only the metadata is bad. MemoryError alone escapes.

    Tier `index` opens nothing; `metadata` reads headers and embedded texts; `full` reads the file once and decodes it
    once. `bytes` and `mtime_ns` are the opened file's, the candidate's where it could not be opened. Files are opened
    through the roots only, and nothing is written but the thumbnail.
    """
    begun = stopwatch()
    outcome = _listed(candidate) if options.tier is Tier.INDEX else _read(options, candidate)
    return replace(outcome, ms=round((stopwatch() - begun) * 1000, 3))


def _listed(candidate: Candidate) -> Outcome:
    type_ = "video" if _suffix(candidate).lower() in VIDEO_SUFFIXES else "image"
    return _outcome(candidate, OutcomeKind.EXTRACTED, media={"type": type_})


def _read(options: Options, candidate: Candidate) -> Outcome:
    path = os.path.join(unescape(candidate.root), unescape(candidate.file))  # noqa: PTH118 (names that are not UTF-8)
    source: Source | None = None
    try:
        with opened(options.roots, path) as source:
            outcome = _extracted(options, candidate, source)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (decoders raise nearly everything, and a bad file is an outcome)
        outcome = _failed(candidate, explain(error))
    if source is not None and (source.size, source.mtime_ns) != (outcome.bytes, outcome.mtime_ns):
        outcome = replace(outcome, bytes=source.size, mtime_ns=source.mtime_ns)
    return _with_score(outcome, options, path) if outcome.kind is OutcomeKind.EXTRACTED else outcome


def _failed(candidate: Candidate, trouble: Unreadable) -> Outcome:
    return _outcome(candidate, OutcomeKind.FAILED, code=trouble.code, message=clean_line(str(trouble), 500))


def _outcome(candidate: Candidate, kind: OutcomeKind, **further: object) -> Outcome:
    known = {"bytes": candidate.size, "mtime_ns": candidate.mtime_ns, **further}
    return Outcome(root=candidate.root, file=candidate.file, kind=kind, **known)  # type: ignore[arg-type]


def _extracted(options: Options, candidate: Candidate, source: Source) -> Outcome:
    kind = _kind(source)
    full = options.tier is Tier.FULL
    if full and kind.type == "image":
        source.slurp()
    found = (video if kind.type == "video" else picture).read(source, kind, full=full)
    found.warnings.insert(0, mismatch(_suffix(candidate), kind))
    outcome = _described(_outcome(candidate, OutcomeKind.EXTRACTED), options, found)
    return _seen(outcome, options, source, found) if full else outcome


def _kind(source: Source) -> Kind:
    if not source.head:
        raise Unreadable(Reason.EMPTY, "The file is empty: 0 bytes.")
    kind = sniff(source.head)
    if kind is None:
        name = other_name(source.head)
        seems = f"It is {name}, not" if name else "Its bytes are not those of"
        raise Unreadable(Reason.UNSUPPORTED, f"{seems} an image or video of a kind that can be read.")
    return kind


def _described(outcome: Outcome, options: Options, found: Findings) -> Outcome:
    """With the facts, generation parameters, texts and keywords that were asked for."""
    parameters, troubles = _generation(found)
    known: Json = {"warnings": clean_warnings(filter(None, (*found.warnings, *troubles)))}
    if options.extract_keywords:
        known["keywords"] = keywords(parameters.get("prompt", ""), found.shown_size)
    if options.extract_metadata:
        texts = tuple(_packed(key, text) for key, text in found.texts)
        known |= {"media": found.media, "generation": parameters, "texts": texts}
    else:
        known["media"] = _only_kind(found.media)
    return replace(outcome, **known)


def _generation(found: Findings) -> tuple[Json, tuple[str, ...]]:
    try:
        return generation(found.texts)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 (texts of any program; the picture is readable all the same)
        return {}, (f"the generation parameters could not be read: {described(error)}",)


def _only_kind(media: Json) -> Json:
    return {key: media[key] for key in ("type", "format")}


def _packed(key: str, text: str) -> RawText:
    raw = clean_text(text).encode()
    return RawText(key, hashlib.sha256(raw).hexdigest(), _deflated(raw))


def _deflated(raw: bytes) -> bytes:
    # A window as long as the text and tables to match: clearing those for 32 KB takes longer than deflating a prompt.
    bits = min(max(9, len(raw).bit_length()), 15)
    deflater = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, bits, bits - 7)
    return deflater.compress(raw) + deflater.flush()


def _seen(outcome: Outcome, options: Options, source: Source, found: Findings) -> Outcome:
    """With what only the bytes and the pixels tell."""
    sha256 = source.sha256()
    outcome = replace(outcome, sha256=sha256)
    if found.small is None:
        return outcome
    outcome = replace(outcome, phash=phash(found.small))
    if options.thumbnails is None:
        return outcome
    try:
        options.thumbnails.put(sha256, encode(found.small))
    except OSError as error:
        warning = f"no thumbnail: {error.strerror or described(error)}"
        return replace(outcome, warnings=clean_warnings((*outcome.warnings, warning)))
    return replace(outcome, has_thumbnail=True)


def _with_score(outcome: Outcome, options: Options, path: str) -> Outcome:
    if not options.import_scores:
        return outcome
    score = scores.read(options.roots, path)
    if score == scores.NONE:
        return outcome
    warnings = clean_warnings((*outcome.warnings, *score.warnings))
    return replace(outcome, score=score.score, favourite=score.favourite, warnings=warnings)


def _suffix(candidate: Candidate) -> str:
    return PurePath(candidate.file).suffix
