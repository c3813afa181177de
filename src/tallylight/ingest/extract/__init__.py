"""Reads one media file: facts, embedded texts, generation parameters, hashes, thumbnail, score."""

from __future__ import annotations

from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.options import Options
from tallylight.model import Candidate, Outcome

__all__ = ["Limits", "Options", "extract"]


def extract(options: Options, candidate: Candidate) -> Outcome:
    """Read one file, as `candidate.extract` does."""
    # The server names this function and workers run it: the decoders need not be loaded where nothing is decoded.
    from tallylight.ingest.extract.candidate import extract as read  # noqa: PLC0415

    return read(options, candidate)
