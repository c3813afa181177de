"""Puts what is believed of a file's sources into its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tallylight.ingest.extract.claims import RATINGS, Claim, settle
from tallylight.ingest.extract.options import Options
from tallylight.model import Outcome


def believe(outcome: Outcome, options: Options, claims: Iterable[Claim]) -> Outcome:
    """With one value for each field that was asked for, who said it, and where sources disagreed.

    `import_scores` asks for scores and favourites, `extract_metadata` for all else, which goes into `media`.
    """
    asked = [claim for claim in claims if _is_asked(claim, options)]
    if not asked:
        return outcome
    settled = settle(asked, options.conflict_rule)
    facts = {name: value for name, value in settled.values.items() if name not in RATINGS}
    return replace(
        outcome,
        media={**outcome.media, **facts},
        score=settled.values.get("score"),
        favourite=settled.values.get("favourite"),
        provenance={**outcome.provenance, **settled.provenance},
        conflicts=(*outcome.conflicts, *settled.conflicts),
    )


def _is_asked(claim: Claim, options: Options) -> bool:
    return options.import_scores if claim.field in RATINGS else options.extract_metadata
