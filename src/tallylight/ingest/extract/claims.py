"""What several sources say of one field, and which of them is believed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tallylight.model import ConflictRule, Json

#: Whose word counts first where nothing else tells two sources apart: the most deliberate ones.
SOURCES: Final = ("scores:sidecar", "xmp:sidecar", "takeout:sidecar", "xmp", "iptc", "exif")

SCORE: Final = "score"
#: Fields that are a person's verdict; all others describe.
RATINGS: Final = frozenset({SCORE, "favourite"})
#: Not for a rule to decide: of several dates the most certain one counts, whoever said it.
CREATED_AT: Final = "created_at"

#: About ten metres: closer places are one, written with other roundings.
_PLACE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's word on one field: `score`, `favourite`, `title`, `description`, `label`, `created_at`, `gps` …"""

    field: str
    value: Any  #: a JSON value, cleaned
    source: str  #: `exif:DateTimeOriginal`, `xmp`, `xmp:sidecar`, `scores:sidecar`, `takeout:sidecar` …
    at: float = 0.0  #: when it was said, seconds since 1970; 0 where nobody knows

    @property
    def is_beside(self) -> bool:
        """Whether a sidecar says so, and not the file itself."""
        return self.source.endswith(":sidecar")

    def provenance(self) -> Json:
        """As `Outcome.provenance` keeps it."""
        return {"source": self.source, "at": self.at} if self.at else {"source": self.source}

    def as_json(self) -> Json:
        """As a conflict lists it."""
        return {"value": self.value, **self.provenance()}


@dataclass(frozen=True, slots=True)
class Settled:
    """One value a field, who said it, and the fields on which sources disagreed; as documented on `model.Outcome`."""

    values: Json = field(default_factory=dict)
    provenance: Json = field(default_factory=dict)
    conflicts: tuple[Json, ...] = ()


def settle(claims: Iterable[Claim], rule: ConflictRule) -> Settled:
    """Believe one claim a field, by the rule. Pure, and the same in whatever order the claims come.

    `newest` believes who said it last; who gives no time comes after all that do, and between equals a sidecar counts
    before the file itself, then the order of `SOURCES`. `sidecar` asks the sidecars first, and `database` is the same
    here, where the catalog has no say. `highest` takes the highest score. A score of 0 is unrated: it is believed only
    where nobody rated. `created_at` is left out.
    """
    by_field: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.field != CREATED_AT:
            by_field.setdefault(claim.field, []).append(claim)
    ranked = {name: rank(by_field[name], rule) for name in sorted(by_field)}
    return Settled(
        values={name: said[0].value for name, said in ranked.items()},
        provenance={name: said[0].provenance() for name, said in ranked.items()},
        conflicts=tuple(conflict(said, rule) for said in ranked.values() if disagree(said)),
    )


def rank(claims: Iterable[Claim], rule: ConflictRule) -> list[Claim]:
    """The claims on one field, the believed one first; those that say nothing are left out where others say more."""
    claims = list(claims)
    telling = [claim for claim in claims if not is_silent(claim.field, claim.value)] or claims
    return sorted(telling, key=lambda claim: _place(claim, rule))


def is_silent(name: str, value: Any) -> bool:
    """Whether a value says nothing: a score of 0 is one that nobody gave."""
    return value is None or (name == SCORE and value == 0)


def disagree(claims: Iterable[Claim]) -> bool:
    """Whether claims on one field really say different things, and not the same in other writing."""
    return len({_essence(claim.value) for claim in claims}) > 1


def conflict(ranked: list[Claim], rule: ConflictRule) -> Json:
    """An entry of `Outcome.conflicts`."""
    first = ranked[0]
    values = [claim.as_json() for claim in ranked]
    return {"field": first.field, "rule": rule.value, "chosen": first.value, "values": values}


def _place(claim: Claim, rule: ConflictRule) -> tuple[Any, ...]:
    """Sorts the believed claim first. The text of the value comes last, so that no order of arrival ever shows."""
    beside = not claim.is_beside
    newest = (-claim.at, beside, _standing(claim.source), claim.source, _text(claim.value))
    match rule:
        case ConflictRule.SIDECAR | ConflictRule.DATABASE:
            return beside, *newest
        case ConflictRule.HIGHEST if claim.field == SCORE:
            return -claim.value, *newest
        case _:
            return newest


def _standing(source: str) -> int:
    name = source if source in SOURCES else source.partition(":")[0]
    return SOURCES.index(name) if name in SOURCES else len(SOURCES)


def _essence(value: Any) -> str:
    match value:
        case str():
            return " ".join(unicodedata.normalize("NFC", value).split())
        case {"latitude": float() | int() as latitude, "longitude": float() | int() as longitude}:
            return f"{latitude:.{_PLACE_DIGITS}f} {longitude:.{_PLACE_DIGITS}f}"
        case _:
            return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
