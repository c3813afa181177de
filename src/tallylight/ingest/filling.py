"""What the catalog knows of a file's bytes beyond what was read of them now. Pure."""

from __future__ import annotations

from dataclasses import replace

from tallylight.catalog import Known
from tallylight.model import Json, Outcome


def is_shallower(outcome: Outcome, known: Known) -> bool:
    """Whether the catalog has read the same bytes (as size and time tell) deeper than this."""
    if outcome.tier is None or known.tier is None or outcome.tier.reaches(known.tier):
        return False
    return (outcome.bytes, outcome.mtime_ns) == (known.size, known.mtime_ns)


def filled(outcome: Outcome, stored: Outcome, *, has_moved: bool) -> Outcome:
    """The outcome with what is stored of the same bytes where it says nothing itself. Ratings are left to `agree`.

    The result is as deep as the deeper of both, and its version the older one where something of it is from then: what
    a shallow read cannot renew is still of the version that read it. Keywords of a file that has moved are taken
    together: its sidecars may have stayed behind.
    """
    is_deeper = stored.tier is not None and (outcome.tier is None or not outcome.tier.reaches(stored.tier))
    version = min(outcome.extractor_version, stored.extractor_version) if is_deeper else outcome.extractor_version
    return replace(
        outcome,
        media={**stored.media, **outcome.media},
        generation=outcome.generation or stored.generation,
        keywords=_keywords(outcome, stored, has_moved=has_moved),
        provenance={**stored.provenance, **outcome.provenance},
        nsfw_score=stored.nsfw_score if outcome.nsfw_score is None else outcome.nsfw_score,
        nsfw_model=outcome.nsfw_model or stored.nsfw_model,
        sha256=outcome.sha256 or stored.sha256,
        pixel_sha256=outcome.pixel_sha256 or stored.pixel_sha256,
        phash=outcome.phash or stored.phash,
        frame_phashes=outcome.frame_phashes or stored.frame_phashes,
        has_thumbnail=outcome.has_thumbnail or stored.has_thumbnail,
        extractor_version=version,
        tier=stored.tier if is_deeper else outcome.tier,
    )


def _keywords(outcome: Outcome, stored: Outcome, *, has_moved: bool) -> tuple[Json, ...]:
    if not has_moved:
        return outcome.keywords or stored.keywords
    texts = {keyword["text"] for keyword in outcome.keywords}
    return (*outcome.keywords, *(keyword for keyword in stored.keywords if keyword["text"] not in texts))
