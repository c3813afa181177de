"""What must hold after every fault: nothing shown is missing, nothing is doubled, nothing is left lying about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, make_url, select, text
from tests.faults.corpus import Corpus

from tallylight.db import open_database
from tallylight.db.tables import media, media_keywords, media_texts
from tallylight.facts import State, initial, reduce_all
from tallylight.journal import Item
from tallylight.journal.sql import SqlJournal
from tallylight.live import Event
from tallylight.model import Json, OutcomeKind
from tallylight.roots import escape

#: Counts that never fall, as messages have them.
_COUNTS: Final = (
    *("total_discovered", "total_files", "processed_files", "skipped_existing", "excluded", "errors"),
    *("metadata_extracted", "keywords_added", "scores_imported"),
)
#: What differs between two commits of the same files: which numbers they were given, by whom and when.
_OWN: Final = frozenset({"media_id", "session_id", "committed_at"})
#: Of each error, the words that name a cure.
CURES: Final = {
    "data_folder_unusable": ("free some space", "--data", "permissions"),
    "data_folder_busy": ("stop it", "wait"),
    "database_unusable": ("check that it runs",),
    "bad_folder": ("check the path",),
    "vanished": ("check the disk",),
    "io_error": ("check the disk",),
}

Catalog = dict[str, Json]


def catalog(address: str, *, exactly: bool = False, blind: frozenset[str] = frozenset()) -> Catalog:
    """Everything the catalog holds, by path, but the columns in `blind`. `exactly`: with the numbers, sessions and
    times that two commits of the same files differ in.
    """
    engine = _engine(address)
    try:
        with engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(media))]
            keywords = _lists(connection, media_keywords)
            texts = _lists(connection, media_texts)
    finally:
        engine.dispose()
    return {row["path"]: _plain(row, keywords, texts, blind if exactly else blind | _OWN) for row in rows}


def _plain(row: Json, keywords: dict[int, list[Json]], texts: dict[int, list[Json]], left_out: frozenset[str]) -> Json:
    own = row["media_id"]
    kept = {name: value for name, value in row.items() if name not in left_out}
    return kept | {"keywords": keywords.get(own, []), "texts": texts.get(own, [])}


def _lists(connection: Any, table: Any) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {}
    for row in connection.execute(select(table).order_by(table.c.media_id, table.c.position)):
        one = dict(row._mapping)
        found.setdefault(one.pop("media_id"), []).append(one)
    return found


def _engine(address: str) -> Engine:
    if "://" in address:
        return create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    return create_engine(f"sqlite:///{address}")


def accounted(address: str, session_id: str, corpus: Corpus, *, missing: int = 0) -> list[Item]:
    """Every file has one outcome that counts, the counts are those of the rows, and the state is the fold of its facts.
    Returns the outcomes. `missing`: so many files that discovery could not find.
    """
    with closing(open_database(address)) as database:
        journal = SqlJournal(database)
        session = journal.session(session_id)
        items = journal.items(session_id, limit=100_000)
        facts = [fact for _, fact in journal.facts(session_id)]
    assert session.state == reduce_all(initial(session_id, session.parameters), facts), "the state is not its facts"
    names = [item.outcome.file for item in items]
    assert len(names) == len(set(names)), "a file counts twice"
    assert set(names) <= set(map(escape, corpus.names)), "an outcome of a file that there is not"
    assert session.state.files + session.state.unchanged + missing == len(corpus.names), "a file is in no count"
    assert session.state.files == session.state.processed == len(items), "a file has no outcome"
    _counted(session.state, items)
    return items


def _counted(state: State, items: Sequence[Item]) -> None:
    outcomes = [item.outcome for item in items]
    good = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.EXTRACTED]
    assert state.errors == len(outcomes) - len(good)
    assert state.metadata_extracted == sum("width" in outcome.media for outcome in good)
    assert state.keywords_added == sum(len(outcome.keywords) for outcome in good)
    assert state.scores_imported == sum(outcome.score is not None for outcome in good)
    assert state.bytes_done == state.bytes_total


def told(*streams: Sequence[Event]) -> list[Json]:
    """The states that one reader was shown, over all its connections. No count ever shrank on the way, no connection
    had to begin anew, and no outcome was told twice or left out.
    """
    events = [event for stream in streams for event in stream]
    assert "reset" not in [event.name for event in events], "an id of before no longer counts"
    states = [json.loads(event.data) for event in events if event.name == "message"]
    for before, after in pairwise(states):
        shrunk = [name for name in _COUNTS if _count(after, name) < _count(before, name)]
        assert not shrunk, f"{shrunk} shrank"
        assert after["seq"] >= before["seq"]
        assert after["elapsed_s"] >= 0
    return states


def outcomes_told(*streams: Sequence[Event]) -> list[int]:
    """The numbers of the outcomes that a reader of the second lane was told, each once and in order."""
    events = [event for stream in streams for event in stream if event.name == "outcomes"]
    bodies = [json.loads(event.data) for event in events]
    assert not any(body["skipped"] for body in bodies)
    numbers = [item["seq"] for body in bodies for item in body["items"]]
    assert numbers == sorted(set(numbers)), "an outcome was told twice"
    return numbers


def _count(message: Json, name: str) -> int:
    found = message["stats"][name] if name in message["stats"] else message[name]
    assert isinstance(found, int)
    return found


def helpful(error: Json) -> str:
    """An error is a sentence that names a cure; returns it."""
    sentence: str = error["message"] if "message" in error else error["detail"]
    assert sentence.rstrip()[-1] in ".?!", sentence
    assert "Traceback" not in sentence
    cures = CURES[error["code"]]
    assert any(cure in sentence for cure in cures), f"no cure in: {sentence}"
    return sentence


def tidy(data: Path) -> None:
    """Nothing temporary is left in the data folder."""
    nothing_temporary(data)
    assert {path.name for path in data.iterdir()} <= {"lock", "thumbnails", *_DATABASE_FILES}


def nothing_temporary(folder: Path) -> None:
    left = [path for path in folder.rglob("*") if path.name.endswith("-journal") or path.parent.name == "unfinished"]
    assert left == []


_DATABASE_FILES: Final = ("tallylight.db", "tallylight.db-wal", "tallylight.db-shm")


def sound(address: str) -> None:
    """The database itself says that it is whole."""
    if "://" in address:
        engine = _engine(address)
        with engine.connect() as connection:
            # Reads every row and every value, so that a damaged page would be told.
            connection.execute(text("SELECT count(*), max(length(m::text)) FROM media m")).all()
        engine.dispose()
        return
    with closing(sqlite3.connect(address)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
