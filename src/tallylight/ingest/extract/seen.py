"""Adds what only the bytes and the pixels of a file tell: hashes and the thumbnail."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

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
    outcome = replace(outcome, sha256=source.sha256())
    if found.small is None:
        return outcome
    outcome = replace(outcome, phash=phash(found.small))
    return _with_thumbnail(outcome, options, found.small)


def _with_thumbnail(outcome: Outcome, options: Options, small: Image.Image) -> Outcome:
    if options.thumbnails is None or outcome.sha256 is None:
        return outcome
    try:
        options.thumbnails.put(outcome.sha256, encode(small))
    except OSError as error:
        return _warned(outcome, options, f"no thumbnail: {error.strerror or described(error)}")
    return replace(outcome, has_thumbnail=True)


def _warned(outcome: Outcome, options: Options, warning: str) -> Outcome:
    return replace(outcome, warnings=clean_warnings((*outcome.warnings, warning), options.limits))
