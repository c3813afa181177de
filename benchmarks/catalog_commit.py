"""How fast files come into the catalog, beside the least that a database takes for the same rows.

*Bare* writes exactly the rows that a commit left behind: read from the tables it wrote (`media`, `media_keywords`,
`media_texts`, `replaced`) as their driver gives them, and put into the same tables of another database with the same
indexes and constraints, over a connection with the same settings. They go in table by table, by `executemany` (SQLite)
or COPY (PostgreSQL), in transactions of as many files as the commit's own; *bare, once* has one transaction for all.
Nothing is looked up, encoded, hashed or compared. The texts themselves (`raw_texts`) lie there before, as an ingest
leaves them.

*Catalog* is `Catalog.commit` with the batches of a commit; *session* is all that a user waits for: the outcomes read
from the journal and decoded, each agreed with what the catalog says, the catalog's commit, and the progress recorded.
(The files are not looked at again before, as there are none.) All four run in each round, on empty databases of their
own.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import anyio
import psycopg

import catalog_databases
import catalog_files
from accounts import cpu_of
from catalog_session import NOW, SESSION, journaled, recording
from tallylight.catalog import CommitItem
from tallylight.catalog.sql import SqlCatalog
from tallylight.db import Database
from tallylight.db.raw_texts import keep
from tallylight.facts import Moved
from tallylight.ingest import commit
from tallylight.ingest.looking import look_at_all
from tallylight.journal.sql import SqlJournal
from tallylight.model import ConflictRule, Outcome, Status
from tallylight.roots import Roots

WAYS: Final = ("bare", "bare, once", "catalog", "session")
_TABLES: Final = ("media", "media_keywords", "media_texts", "replaced")
_ROOT: Final = "/pictures"
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-32768",
    "temp_store=MEMORY",
)

#: The rows of each table that one batch of files has, as a driver takes them.
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Committed:
    """Seconds and seconds of CPU of this process, a round each, by way."""

    kind: str
    files: int
    rows: int  #: that a commit left behind
    batch: int = commit.BATCH
    seconds: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    cpu: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})

    def of_bare(self, way: str) -> float:
        """How many of the files a second that bare writes: the median of the rounds' own ratios."""
        return median(bare / own for bare, own in zip(self.seconds["bare"], self.seconds[way], strict=True))


def measure(
    kind: str, templates: Sequence[Outcome], files: int, rounds: int, scratch: Path, postgres: str
) -> Committed:
    """All ways in each of these rounds, on a database of this kind."""
    outcomes = list(catalog_files.outcomes(templates, files, _ROOT))
    items = catalog_files.items(outcomes)
    batches = _rows_of_batches(kind, items, scratch, postgres)
    found = Committed(kind, files, sum(len(rows) for batch in batches for rows in batch.values()))
    for _ in range(rounds):
        for way in WAYS:
            with catalog_databases.empty(kind, scratch, postgres) as (address, database):
                _store_texts(database, items)
                run = _prepared(way, _Given(kind, address, database, batches, items, outcomes))
                # What is held here for all ways would be gone through with each collection.
                gc.collect()
                gc.freeze()
                began, cpu = time.perf_counter(), cpu_of()
                run()
                found.seconds[way].append(time.perf_counter() - began)
                found.cpu[way].append(cpu_of() - cpu)
                if SqlCatalog(database).count() != files:
                    raise SystemExit(f"{way} on {kind} did not store {files} files.")
    return found


@dataclass(frozen=True, slots=True)
class _Given:
    """An empty database and the same files in all their forms."""

    kind: str
    address: str
    database: Database
    batches: Sequence[Rows]
    items: Sequence[CommitItem]
    outcomes: Sequence[Outcome]


def _prepared(way: str, given: _Given) -> Callable[[], object]:
    """What is to be measured, with all made ready that does not belong to it."""
    catalog = SqlCatalog(given.database)
    match way:
        case "catalog":
            return lambda: _commit(catalog, given.items)
        case "session":
            journal = SqlJournal(given.database)
            journaled(journal, SESSION, given.outcomes, len(given.outcomes), _ROOT)
            look_at_all(journal, catalog, SESSION)
            return lambda: anyio.run(_commit_session, journal, catalog)
        case _:
            wanted = given.batches if way == "bare" else [_joined(given.batches)]
            write = _executemany if given.kind == "sqlite" else _copy
            return lambda: write(given.address, wanted)


def _commit(catalog: SqlCatalog, items: Sequence[CommitItem]) -> None:
    for start in range(0, len(items), commit.BATCH):
        if refused := catalog.commit(SESSION, items[start : start + commit.BATCH], NOW):
            raise SystemExit(f"Refused: {refused[0]}")


async def _commit_session(journal: SqlJournal, catalog: SqlCatalog) -> None:
    async with recording(journal, journal.session(SESSION)) as (record, write):
        await record.record(Moved(at=NOW, status=Status.COMMITTING))
        await commit.run(
            commit.Commit(
                session_id=SESSION,
                journal=journal,
                catalog=catalog,
                record=record,
                write=write,
                now=lambda: NOW,
                rule=ConflictRule.NEWEST,
                recheck=lambda _items: {},
                directories=(_ROOT,),
                roots=Roots(()),
            )
        )


def _store_texts(database: Database, items: Sequence[CommitItem]) -> None:
    with database.writing() as connection:
        keep(connection, (text for item in items for text in item.texts))


def _joined(batches: Sequence[Rows]) -> Rows:
    return {table: [row for batch in batches for row in batch[table]] for table in _TABLES}


# --- bare ---------------------------------------------------------------------------------------------------------


def _rows_of_batches(kind: str, items: Sequence[CommitItem], scratch: Path, postgres: str) -> list[Rows]:
    """What a commit of these leaves behind, by its batches."""
    with catalog_databases.empty(kind, scratch, postgres) as (address, database):
        _store_texts(database, items)
        _commit(SqlCatalog(database), items)
        with closing(_connect(kind, address)) as connection:
            numbers = range(0, len(items), commit.BATCH)
            return [_rows_between(connection, start, start + commit.BATCH) for start in numbers]


def _rows_between(connection: Any, after: int, until: int) -> Rows:
    """Of media with ids in this span. An empty catalog gave them out by rising number."""
    span = f"media_id > {after} AND media_id <= {until}"
    of_media = {table: f"SELECT * FROM {table} WHERE {span}" for table in _TABLES[:-1]}
    queries = of_media | {"replaced": f"SELECT * FROM replaced WHERE path IN (SELECT path FROM media WHERE {span})"}
    return {table: connection.execute(query).fetchall() for table, query in queries.items()}


def _connect(kind: str, address: str) -> Any:
    if kind == "sqlite":
        connection = sqlite3.connect(address, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection
    connection = psycopg.connect(address)
    # JSON as the text it is stored as: to decode and encode it is no part of writing it.
    connection.adapters.register_loader("json", psycopg.types.string.TextLoader)
    return connection


def _executemany(address: str, batches: Sequence[Rows]) -> None:
    with closing(_connect("sqlite", address)) as connection:
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            for table, rows in _filled(batch):
                connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
            connection.execute("COMMIT")


def _copy(address: str, batches: Sequence[Rows]) -> None:
    with closing(_connect("postgresql", address)) as connection:
        for batch in batches:
            for table, rows in _filled(batch):
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            connection.commit()


def _filled(batch: Rows) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    return ((table, rows) for table, rows in batch.items() if rows)
