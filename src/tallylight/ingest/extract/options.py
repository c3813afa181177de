"""What a session wants of each file."""

from __future__ import annotations

from dataclasses import dataclass

from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.plugins import Installed
from tallylight.model import ConflictRule, Tier
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
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    read_stealth: bool = False  #: look for parameters hidden in the alpha channel (tier full)
    pixel_hash: bool = False  #: hash the decoded pixels too (tier full)
    detect_nsfw: bool = False  #: tier full, and the extra `nsfw`
    limits: Limits = LIMITS
    extractors: tuple[Installed, ...] = ()  #: of other packages
    thumbnails: Thumbnails | None = None  #: where thumbnails go in tier full; None makes none
