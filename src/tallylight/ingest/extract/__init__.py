"""Reads one media file: facts, embedded texts, generation parameters, hashes, thumbnail, score."""

from tallylight.ingest.extract.candidate import Options, extract

__all__ = ["Options", "extract"]
