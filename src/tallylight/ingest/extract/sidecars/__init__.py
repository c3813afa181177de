"""What lies beside a file and speaks of it: scores, XMP, Takeout, captions, graphs. Nothing is ever created."""

from tallylight.ingest.extract.sidecars.reading import Wanted, read
from tallylight.ingest.extract.sidecars.told import Told

__all__ = ["Told", "Wanted", "read"]
