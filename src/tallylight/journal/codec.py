"""Facts as JSON and back.

A fact is stored as its `kind`, its `at` and a body of plain JSON values. The body of an outcome has the names of the
columns of the table `outcomes`, but for those that `describing` packs into one. Texts, hauls and folders are left out:
they are stored beside the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, Final

from tallylight.facts import (
    CommitPlanned,
    Committed,
    Counted,
    Discovered,
    Fact,
    FolderUnread,
    Moved,
    Processed,
    Resumed,
    Retried,
    Started,
    Undone,
    UndoPlanned,
)
from tallylight.model import Json, Outcome, OutcomeKind, Reason, Status, Tier

KINDS: Final[dict[type[Fact], str]] = {
    Started: "started",
    Discovered: "discovered",
    Counted: "counted",
    FolderUnread: "folder_unread",
    Processed: "processed",
    Retried: "retried",
    Resumed: "resumed",
    Moved: "moved",
    CommitPlanned: "commit_planned",
    Committed: "committed",
    UndoPlanned: "undo_planned",
    Undone: "undone",
}

_OUTCOME_FIELDS: Final = tuple(field.name for field in fields(Outcome) if field.name != "texts")
_values_of: Final = attrgetter(*_OUTCOME_FIELDS)
_DISCOVERED_FIELDS: Final = ("files", "bytes", "unchanged", "excluded", "missing", "found")
#: Fields that are tuples in an outcome and lists in JSON.
_LISTS: Final = ("warnings", "keywords", "conflicts", "frame_phashes")


def encode(fact: Fact) -> tuple[str, Json]:
    """The kind and the body of a fact; `at` travels beside them. A body shares its dicts and lists with the fact."""
    kind = KINDS[type(fact)]
    match fact:
        case Processed():
            return kind, {**outcome_body(fact.outcome), "number": fact.number, "retries": fact.retries}
        case Discovered():
            return kind, {name: getattr(fact, name) for name in _DISCOVERED_FIELDS}
        case Committed():
            failures = [list(failure) for failure in fact.failures]
            return kind, {"done": fact.done, "failures": failures, "until": fact.until}
        case Retried():
            return kind, {"total": fact.total, "codes": list(fact.codes), "seqs": list(fact.seqs)}
        case Moved():
            return kind, {"status": fact.status.value, "code": fact.code, "message": fact.message}
        case _:
            return kind, {field.name: getattr(fact, field.name) for field in fields(fact) if field.name != "at"}


def decode(kind: str, at: float, body: Mapping[str, Any]) -> Fact:
    """The fact that `encode` took apart, as `bare` leaves it. ValueError for a kind that does not exist."""
    if kind not in _DECODERS:
        raise ValueError(f"There is no fact of the kind {kind!r}; a newer Tallylight may have written it.")
    return _DECODERS[kind](at, body)


def outcome_body(outcome: Outcome) -> Json:
    """An outcome as JSON values, without its texts."""
    body: Json = dict(zip(_OUTCOME_FIELDS, _values_of(outcome), strict=True))
    body["kind"] = outcome.kind.value
    body["code"] = outcome.code.value if outcome.code is not None else None
    body["tier"] = outcome.tier.value if outcome.tier is not None else None
    for name in _LISTS:
        body[name] = list(body[name])
    return body


def outcome_of(body: Mapping[str, Any]) -> Outcome:
    """The outcome of a body or of a row; other columns of the row are passed over."""
    known = {name: body[name] for name in _OUTCOME_FIELDS}
    known["kind"] = OutcomeKind(body["kind"])
    known["code"] = Reason(body["code"]) if body["code"] is not None else None
    known["tier"] = Tier(body["tier"]) if body["tier"] is not None else None
    for name in _LISTS:
        known[name] = tuple(known[name])
    return Outcome(**known)


def bare(fact: Fact) -> Fact:
    """The fact as a journal gives it back: without the texts, the haul and the folders that it brought along."""
    if isinstance(fact, Processed) and fact.outcome.texts:
        return replace(fact, outcome=replace(fact.outcome, texts=()))
    if isinstance(fact, Discovered) and (fact.haul is not None or fact.folders):
        return replace(fact, haul=None, folders=())
    return fact


def _processed(at: float, body: Mapping[str, Any]) -> Fact:
    return Processed(at=at, outcome=outcome_of(body), number=body["number"], retries=body["retries"])


def _moved(at: float, body: Mapping[str, Any]) -> Fact:
    return Moved(at=at, status=Status(body["status"]), code=body["code"], message=body["message"])


def _committed(at: float, body: Mapping[str, Any]) -> Fact:
    failures = tuple((file, why) for file, why in body["failures"])
    # Commits of before they could be gone on with say nothing of it.
    return Committed(at=at, done=body["done"], failures=failures, until=body.get("until", 0))


def _retried(at: float, body: Mapping[str, Any]) -> Fact:
    # Retries of before some could be chosen are of all that failed.
    codes = tuple(Reason(code) for code in body.get("codes", ()))
    return Retried(at=at, total=body["total"], codes=codes, seqs=tuple(body.get("seqs", ())))


def _plain(made: type[Fact]) -> Callable[[float, Mapping[str, Any]], Fact]:
    return lambda at, body: made(at=at, **body)


_DECODERS: Final[dict[str, Callable[[float, Mapping[str, Any]], Fact]]] = {
    kind: _plain(made) for made, kind in KINDS.items()
} | {
    KINDS[Processed]: _processed,
    KINDS[Moved]: _moved,
    KINDS[Committed]: _committed,
    KINDS[Retried]: _retried,
}
