"""What a session wants of each file."""

from __future__ import annotations

from dataclasses import dataclass

from tallylight.model import Tier
from tallylight.roots import Roots
from tallylight.thumbnails import Thumbnails


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a session wants of each file. Picklable."""

    roots: Roots
    tier: Tier
    extract_metadata: bool = True  #: technical facts, generation parameters and raw texts
    extract_keywords: bool = True
    import_scores: bool = True
    thumbnails: Thumbnails | None = None  #: where thumbnails go in tier full; None makes none
