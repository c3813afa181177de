"""The form of the first step as the server draws it and takes it back, so that it works before scripts and without.

Its buttons send it as it stands: by POST it starts a session, by GET it only looks further (into a folder, at a preset,
at an estimate) and comes back with everything that was chosen.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs

from pydantic import ValidationError

from tallylight.errors import BadFolder, BadParameters, StorageFailed, TallylightError
from tallylight.ingest.browse import Budget, Directory, Listing, directories
from tallylight.ingest.estimate import Estimate
from tallylight.model import ConflictRule, Json, Parameters, Tier
from tallylight.roots import escape, unescape
from tallylight.services import Services
from tallylight.web.estimating import estimate
from tallylight.web.problems import wrong_fields
from tallylight.web.schemas import MOST_DIRECTORIES, ProcessParameters

log: Final = logging.getLogger(__name__)

#: Fields that are there only where their box is ticked.
BOXES: Final = (
    "extract_metadata",
    "extract_keywords",
    "import_scores",
    "skip_existing",
    "enable_nsfw_detection",
    "read_stealth",
    "pixel_hash",
)
#: Folders of the last sessions that are offered, and sessions that they are looked for in.
MOST_RECENT: Final = 6
RECENT_SESSIONS: Final = 20
#: Seconds that a page may look at a folder before it is sent; the rest of its counts is then missing.
LOOKING: Final = 0.5

Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the form shows."""

    asked: Parameters
    listing: Listing
    elsewhere: tuple[str, ...]  #: chosen folders that are not in the listing
    recent: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    preset: str = ""  #: the one that was used last
    estimate: Estimate | None = None
    trouble: str = ""


def fields_of(encoded: str) -> Fields:
    """The fields of a form. Raises BadParameters where there are more than a form has."""
    try:
        return parse_qs(encoded, max_num_fields=3 * MOST_DIRECTORIES)
    except ValueError:
        raise BadParameters("This form has more fields than it can have; open the page again.") from None


def asked_by(fields: Fields) -> ProcessParameters:
    """What a form that was filled in asks for. Raises BadParameters for what cannot be asked."""
    try:
        return ProcessParameters.model_validate(_given(fields))
    except ValidationError as error:
        raise BadParameters(wrong_fields(error.errors())[1]) from None


def _given(fields: Fields) -> Json:
    limit, threshold = _last(fields, "max_files").strip(), _last(fields, "nsfw_threshold").strip()
    return {
        "directories": list(dict.fromkeys([*fields.get("directories", []), *fields.get("add", [])])),
        "pattern": _last(fields, "pattern"),
        "tier": _last(fields, "tier") or Tier.FULL,
        "conflict_rule": _last(fields, "conflict_rule") or ConflictRule.NEWEST,
        # What has more digits is no number of files.
        "max_files": (int(limit) if re.fullmatch("[0-9]{1,16}", limit) else limit) if limit else None,
        **({"nsfw_threshold": _number(threshold)} if threshold else {}),
        **{box: box in fields for box in BOXES},
    }


def _as_filled_in(fields: Fields) -> ProcessParameters:
    """The same, but for the fields that cannot be asked: so the rest need not be filled in once more."""
    given = _given(fields)
    try:
        return ProcessParameters.model_validate(given)
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors()}
        return ProcessParameters.model_validate({name: value for name, value in given.items() if name not in wrong})


def show(services: Services, fields: Fields, trouble: str = "") -> Shown:
    """What a request for the page, or a form that could not be taken, leads to. Blocking: reads the disk."""
    asked, listing, found = Parameters(directories=()), _roots(services), None
    try:
        asked = _asked(services, fields)
        if path := _last(fields, "path"):
            budget = Budget(services.clock.monotonic, seconds=LOOKING)
            suffixes = services.extractors.suffixes
            listing = directories(services.roots, path, services.catalog, budget, services.skipped, suffixes)
        if "estimate" in fields:
            found = estimate(services, asked_by(fields).to_parameters(services.roots))
    except TallylightError as error:
        # The form is of use without what cannot be told just now.
        trouble = trouble or str(error)
    shown = Shown(asked=asked, listing=listing, elsewhere=_elsewhere(asked, listing), estimate=found, trouble=trouble)
    return _with_earlier(services, replace(shown, preset=_last(fields, "preset")))


def _asked(services: Services, fields: Fields) -> Parameters:
    if "use" in fields:
        return services.presets.one(_last(fields, "preset")).parameters
    if like := _last(fields, "like"):
        return services.journal.session(like).parameters
    if "filled" not in fields:
        return Parameters(directories=())
    known = _as_filled_in(fields)
    try:
        return known.to_preset(services.roots)
    except BadFolder:
        # A folder that went away is told by the start; until then all the rest stays as it was filled in.
        bare = known.model_copy(update={"directories": []}).to_preset(services.roots)
        return replace(bare, directories=tuple(known.directories))


def _with_earlier(services: Services, shown: Shown) -> Shown:
    """With what was done before, where the storage tells; the form is of use without it."""
    try:
        sessions = services.journal.sessions(limit=RECENT_SESSIONS)
        presets = tuple(preset.name for preset in services.presets.all())
    except StorageFailed as error:
        log.warning("the form is shown without presets and recent folders: %s", error)
        return replace(shown, trouble=shown.trouble or str(error))
    # By their names alone: a disk that is not connected must not keep the page waiting.
    used = dict.fromkeys(folder for session in sessions for folder in session.parameters.directories)
    readable = [folder for folder in used if services.roots.contains(unescape(folder))]
    return replace(shown, recent=tuple(readable[:MOST_RECENT]), presets=presets)


def _roots(services: Services) -> Listing:
    """The roots by name, none of them looked at."""
    names = [escape(root) for root in services.roots.folders]
    rows = tuple(
        Directory(name=name, path=name, has_children=True, total_files=None, types={}, ingested_files=0, capped=True)
        for name in names
    )
    return Listing(path=None, parent=None, directories=rows)


def _elsewhere(asked: Parameters, listing: Listing) -> tuple[str, ...]:
    here = {listing.path, *(directory.path for directory in listing.directories)}
    return tuple(folder for folder in asked.directories if folder not in here)


def _number(text: str) -> float | str:
    """A text that is none stays one, to be refused with all else that is wrong."""
    try:
        return float(text)
    except ValueError:
        return text


def _last(fields: Fields, name: str) -> str:
    return fields[name][-1] if fields.get(name) else ""
