"""Between facts and the journal's rows: which fact goes to which table, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from tallylight.facts import Discovered, Fact, Processed, State
from tallylight.journal.codec import encode, outcome_of
from tallylight.journal.contract import Item, Session, StoredText, Tombstone
from tallylight.journal.describing import described, undescribed
from tallylight.journal.packed import packed
from tallylight.model import FolderFound, Json, Outcome, Parameters, RawText
from tallylight.roots import raw_bytes

_FOLDER_FIELDS: Final = tuple(field.name for field in fields(FolderFound))


@dataclass(slots=True)
class Rows:
    """What an append writes, by table."""

    facts: list[Json] = field(default_factory=list)
    hauls: list[Json] = field(default_factory=list)
    folders: list[Json] = field(default_factory=list)
    retried: list[Json] = field(default_factory=list)
    outcomes: list[Json] = field(default_factory=list)
    outcome_texts: list[Json] = field(default_factory=list)
    texts: list[RawText] = field(default_factory=list)


def rows_of(session_id: str, facts: Sequence[Fact], first: int) -> Rows:
    """The rows of facts numbered from `first` on."""
    rows = Rows()
    for seq, fact in enumerate(facts, first):
        kind, body = encode(fact)
        place: Json = {"session_id": session_id, "seq": seq, "at": fact.at}
        if isinstance(fact, Processed):
            place["file_raw"] = raw_bytes(fact.outcome.file)
            rows.outcomes.append(place | described(body))
            if fact.retries:
                rows.retried.append({"of": session_id, "earlier": fact.retries, "later": seq})
            rows.outcome_texts += _text_rows(session_id, seq, fact.outcome)
            rows.texts += fact.outcome.texts
        else:
            rows.facts.append(place | {"kind": kind, "body": body})
            if isinstance(fact, Discovered):
                rows.folders += [_folder_row(session_id, folder) for folder in fact.folders]
            if isinstance(fact, Discovered) and fact.haul is not None:
                rows.hauls.append({"session_id": session_id, "seq": seq, "packed": packed(fact.haul)})
    return rows


def session_row(session: Session, tally: int) -> Json:
    """The row of a session; `state` comes with what is looked up in it."""
    return {
        "session_id": session.session_id,
        "epoch": session.epoch,
        "created_at": session.created_at,
        "parameters": session.parameters.as_json(),
        "tally": tally,
        **state_columns(session.state),
    }


def state_columns(state: State) -> Json:
    """The columns of a session that every append sets."""
    return {"state": state.as_json(), "seq": state.seq, "status": state.status.value}


def session_of(row: Mapping[str, Any]) -> Session:
    return Session(
        session_id=row["session_id"],
        epoch=row["epoch"],
        created_at=row["created_at"],
        parameters=Parameters.from_json(row["parameters"]),
        state=State.from_json(row["state"]),
        tally=row["tally"],
    )


def tombstone_row(tombstone: Tombstone) -> Json:
    return {
        "session_id": tombstone.session_id,
        "epoch": tombstone.epoch,
        "state": tombstone.state.as_json(),
        "deleted_at": tombstone.deleted_at,
        "tally": tombstone.tally,
    }


def tombstone_of(row: Mapping[str, Any]) -> Tombstone:
    return Tombstone(
        session_id=row["session_id"],
        epoch=row["epoch"],
        state=State.from_json(row["state"]),
        deleted_at=row["deleted_at"],
        tally=row["tally"],
    )


def item_of(row: Mapping[str, Any]) -> Item:
    return Item(row["seq"], row["at"], outcome_of(undescribed(row)))


def processed_of(row: Mapping[str, Any]) -> Processed:
    outcome = outcome_of(undescribed(row))
    return Processed(at=row["at"], outcome=outcome, number=row["number"], retries=row["retries"])


def inflated(texts: Iterable[RawText]) -> list[StoredText]:
    return [StoredText(text.key, zlib.decompress(text.zlib).decode()) for text in texts]


def folder_of(row: Mapping[str, Any]) -> FolderFound:
    values = {name: row[name] for name in _FOLDER_FIELDS}
    return FolderFound(**values | {name: tuple(values[name]) for name in ("missing", "found")})


def _folder_row(session_id: str, folder: FolderFound) -> Json:
    values = {name: getattr(folder, name) for name in _FOLDER_FIELDS}
    return {"session_id": session_id, **values, "missing": list(folder.missing), "found": list(folder.found)}


def _text_rows(session_id: str, seq: int, outcome: Outcome) -> list[Json]:
    return [
        {"session_id": session_id, "seq": seq, "position": position, "key": text.key, "sha256": text.sha256}
        for position, text in enumerate(outcome.texts)
    ]
