"""A root to extract from."""

from tests.ingest.extract.conftest import folder

__all__ = ["folder"]
