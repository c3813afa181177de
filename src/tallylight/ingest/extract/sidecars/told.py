"""What the sidecars of one file tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from tallylight.ingest.extract.claims import Claim
from tallylight.model import Json


@dataclass(slots=True)
class Told:
    """Gathered from all sidecars of a file, cleaned."""

    claims: list[Claim] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)  #: generation parameters, with keys like embedded ones
    texts_source: str = ""  #: who holds the first of them, as in `Outcome.provenance`
    keywords: list[tuple[str, str]] = field(default_factory=list)  #: each with its source: `xmp`, `caption`, `takeout`
    media: Json = field(default_factory=dict)  #: facts that no other source speaks of
    warnings: list[str] = field(default_factory=list)

    def add_text(self, key: str, text: str, source: str) -> None:
        self.texts.append((key, text))
        self.texts_source = self.texts_source or source
