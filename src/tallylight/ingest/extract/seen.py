"""Adds what only the bytes and the pixels of a file tell: hashes and the thumbnail."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from tallylight.ingest.extract import nsfw
from tallylight.ingest.extract.clean import clean_warnings
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.options import Options
from tallylight.ingest.extract.phash import phash
from tallylight.ingest.extract.small import encode
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import described
from tallylight.model import Outcome


def seen(outcome: Outcome, options: Options, source: Source, found: Findings) -> Outcome:
    """The outcome with the hash of all bytes and, of a file whose pixels were decoded, all that was asked of them."""
    outcome = replace(outcome, sha256=source.sha256(), pixel_sha256=found.pixel_sha256)
    if found.small is None:
        return outcome
    frames = tuple(phash(frame) for frame in found.frames)
    outcome = replace(outcome, phash=frames[0] if frames else phash(found.small), frame_phashes=frames)
    outcome = _with_thumbnail(outcome, options, found.small)
    return _judged(outcome, options, found.views) if found.views else outcome


def _with_thumbnail(outcome: Outcome, options: Options, small: Image.Image) -> Outcome:
    if options.thumbnails is None or outcome.sha256 is None:
        return outcome
    try:
        options.thumbnails.put(outcome.sha256, encode(small))
    except OSError as error:
        return _warned(outcome, options, f"no thumbnail: {error.strerror or described(error)}")
    return replace(outcome, has_thumbnail=True)


def _judged(outcome: Outcome, options: Options, views: list[Image.Image]) -> Outcome:
    try:
        return replace(outcome, nsfw_score=nsfw.score(views), nsfw_model=nsfw.model())
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 (a library's own errors; all else about the file is known)
        return _warned(outcome, options, f"no NSFW score: {described(error)}")


def _warned(outcome: Outcome, options: Options, warning: str) -> Outcome:
    return replace(outcome, warnings=clean_warnings((*outcome.warnings, warning), options.limits))
