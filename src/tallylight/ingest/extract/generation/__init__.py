"""Generation parameters: what made the picture, in whichever program's words, as one model."""

from tallylight.ingest.extract.generation.reading import Reading, generation

__all__ = ["Reading", "generation"]
