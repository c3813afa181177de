"""What of the believed values an outcome tells."""

from __future__ import annotations

from typing import Any

from tallylight.ingest.extract.believed import believe
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.options import Options
from tallylight.model import Outcome, OutcomeKind, Tier
from tallylight.roots import Roots

BARE = Outcome(
    root="/m",
    file="a.png",
    kind=OutcomeKind.EXTRACTED,
    media={"type": "image", "created_at": "2024-01-01"},
    provenance={"generation": {"source": "text:sidecar"}},
)
CLAIMS = [
    Claim("score", 4, "xmp"),
    Claim("favourite", True, "takeout:sidecar"),
    Claim("title", "Dusk", "xmp"),
    Claim("title", "Dawn", "xmp:sidecar"),
    Claim("created_at", "2020-01-01", "takeout:sidecar"),
]


def believed(**options: Any) -> Outcome:
    return believe(BARE, Options(roots=Roots(("/m",)), tier=Tier.METADATA, **options), CLAIMS)


def test_ratings_and_facts_go_where_they_belong() -> None:
    outcome = believed()
    assert (outcome.score, outcome.favourite) == (4, True)
    # When it was made is for those to say who judge dates.
    assert outcome.media == {"type": "image", "created_at": "2024-01-01", "title": "Dawn"}
    assert outcome.provenance == {
        "generation": {"source": "text:sidecar"},
        "score": {"source": "xmp"},
        "favourite": {"source": "takeout:sidecar"},
        "title": {"source": "xmp:sidecar"},
    }
    assert [conflict["field"] for conflict in outcome.conflicts] == ["title"]


def test_only_what_was_asked_for_is_told() -> None:
    facts = believed(import_scores=False)
    assert (facts.score, facts.favourite, facts.media["title"]) == (None, None, "Dawn")
    ratings = believed(extract_metadata=False)
    assert (ratings.score, ratings.media, ratings.conflicts) == (4, BARE.media, ())
    assert believed(import_scores=False, extract_metadata=False) == BARE
