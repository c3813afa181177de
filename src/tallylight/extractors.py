"""For packages that teach Tallylight a further kind of file: all that an extractor needs, from one place.

These names, and what their documentation says, stay as they are within a major version; whatever else is in the package
may change. How it is done: docs/how-to/write-an-extractor.md.
"""

from __future__ import annotations

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.extractor import Extractor
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import Unreadable
from tallylight.model import Reason

__all__ = ["LIMITS", "Claim", "Extractor", "Findings", "Limits", "Reason", "Source", "Unreadable"]
