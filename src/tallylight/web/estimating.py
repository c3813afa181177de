"""An estimate with what the running server has, and what is said of it."""

from __future__ import annotations

from functools import partial

from tallylight.ingest.browse import Budget
from tallylight.ingest.discover import is_media
from tallylight.ingest.estimate import LOOKED_AT, Estimate, Survey, speed_of
from tallylight.model import Parameters
from tallylight.services import Services
from tallylight.web.session_list import duration
from tallylight.web.texts import Texts
from tallylight.web.written import Written


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


def told(found: Estimate, t: Texts) -> str:
    """The same as a sentence, as `static/configure/estimate.js` says it."""

    def least(what: str) -> str:
        return t("configure.at_least", what=what) if found.capped else what

    files, unchanged = (t("count.files", count=count) for count in (found.files, found.unchanged))
    time = t("configure.unknown")
    if found.expected_s is not None:
        time = least(t("configure.about", time=duration(found.expected_s)))
    estimate = t("configure.estimate", files=least(files), bytes=Written(t).size(found.bytes), time=time)
    return t("configure.estimate_less", estimate=estimate, files=unchanged) if found.unchanged else estimate
