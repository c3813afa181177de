"""An estimate with what the running server has."""

from __future__ import annotations

from functools import partial

from tallylight.ingest.browse import Budget
from tallylight.ingest.discover import is_media
from tallylight.ingest.estimate import LOOKED_AT, Estimate, Survey, speed_of
from tallylight.model import Parameters
from tallylight.services import Services


def estimate(services: Services, parameters: Parameters) -> Estimate:
    """What a session would have to do, in two seconds at most. Blocking: call it in a thread."""
    budget = Budget(services.clock.monotonic)
    speed = speed_of(services.journal.sessions(limit=LOOKED_AT), parameters)
    survey = Survey(
        roots=services.roots,
        catalog=services.catalog,
        skip=services.skipped,
        wanted=partial(is_media, suffixes=services.extractors.suffixes),
    )
    return survey.estimate(parameters, budget, speed)
