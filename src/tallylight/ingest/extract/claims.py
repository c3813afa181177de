"""What several sources say of one field, before one of them is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's word on one field: `score`, `favourite`, `title`, `description`, `label`, `created_at`, `gps` …"""

    field: str
    value: Any  #: a JSON value, cleaned
    source: str  #: `exif:DateTimeOriginal`, `xmp`, `xmp:sidecar`, `scores:sidecar`, `takeout:sidecar` …
    at: float = 0.0  #: when it was said, seconds since 1970; 0 where nobody knows
