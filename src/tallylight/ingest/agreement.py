"""Where a file and the catalog say different things of one field, and whose word a commit takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from tallylight.catalog import Rated
from tallylight.ingest.extract.claims import RATINGS, SCORE, Claim, conflict, disagree, is_silent
from tallylight.model import ConflictRule, Json, Outcome

CATALOG: Final = "catalog"


@dataclass(frozen=True, slots=True)
class Agreed:
    """An outcome and the catalog, brought together."""

    outcome: Outcome  #: as it is to be stored
    conflicts: tuple[Json, ...]  #: all there were: what is stored lists only those whose values are still there


def agree(outcome: Outcome, rated: Rated | None, rule: ConflictRule) -> Agreed:
    """Take each rating from the file or from the catalog, by the rule; `rated` is what the catalog has at its path.

    What one of them does not say, or leaves unrated, the other says: a scan that finds no sidecar loses nobody's
    score. `database` believes the catalog, `sidecar` the file, `highest` the higher score. `newest` compares when it
    was said: who gives no time comes after who does, and of two equal ones the file counts, which was read later.
    Storing the result and asking again gives the same result.
    """
    agreed = Agreed(outcome, outcome.conflicts)
    if rated is None:
        return agreed
    for name in sorted(RATINGS):
        theirs = _claim(name, getattr(rated, name), CATALOG, rated.provenance)
        agreed = _take(agreed, theirs, rated.provenance.get(name, {"source": CATALOG}), rule)
    return agreed


def _claim(name: str, value: Any, source: str, provenance: Json) -> Claim:
    return Claim(name, value, source, provenance.get(name, {}).get("at", 0.0))


def _take(agreed: Agreed, theirs: Claim, provenance: Json, rule: ConflictRule) -> Agreed:
    name, outcome = theirs.field, agreed.outcome
    source = outcome.provenance.get(name, {}).get("source", "file")
    mine = _claim(name, getattr(outcome, name), source, outcome.provenance)
    keeps = _keeps(mine, theirs, rule)
    if keeps:
        said: Json = {name: theirs.value, "provenance": {**outcome.provenance, name: provenance}}
        outcome = replace(outcome, **said)
    if any(is_silent(name, claim.value) for claim in (mine, theirs)) or not disagree((mine, theirs)):
        return Agreed(outcome, agreed.conflicts)
    if keeps:
        outcome = replace(outcome, conflicts=_told(outcome.conflicts, mine, theirs, rule, keeps=True))
    return Agreed(outcome, _told(agreed.conflicts, mine, theirs, rule, keeps=keeps))


def _keeps(mine: Claim, theirs: Claim, rule: ConflictRule) -> bool:
    """Whether the catalog keeps what it has."""
    if theirs.value is None or mine.value is None:
        return mine.value is None and theirs.value is not None
    silent = is_silent(mine.field, mine.value), is_silent(theirs.field, theirs.value)
    if silent[0] != silent[1]:
        return silent[0]
    match rule:
        case ConflictRule.DATABASE:
            return True
        case ConflictRule.SIDECAR:
            return False
        case ConflictRule.HIGHEST if mine.field == SCORE and mine.value != theirs.value:
            return bool(theirs.value > mine.value)
        case _:
            return theirs.at > mine.at


def _told(
    conflicts: tuple[Json, ...], mine: Claim, theirs: Claim, rule: ConflictRule, *, keeps: bool
) -> tuple[Json, ...]:
    """The conflicts with one about this field, in which the file's own sources keep their words."""
    entry = conflict([theirs, mine] if keeps else [mine, theirs], rule)
    own = next((one["values"] for one in conflicts if one["field"] == mine.field), None)
    if own is not None:
        entry["values"] = [theirs.as_json(), *own] if keeps else [*own, theirs.as_json()]
    return (*(one for one in conflicts if one["field"] != mine.field), entry)
