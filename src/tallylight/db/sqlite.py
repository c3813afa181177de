"""All that is particular to SQLite: its connections and its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool, StaticPool

from tallylight.encoding import decoded, encoded
from tallylight.errors import DataFolderBusy, DataFolderUnusable, TallylightError
from tallylight.roots import escape

#: How long to wait for another process that writes. A server owns its data folder, so only a command beside it may.
BUSY_S: Final = 10.0
READERS: Final = 8

_WRITER: Final = (
    # A write that has returned survives the death of the process; only a power cut may cost the newest ones.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32768",
    # A savepoint, which each batch of a commit has, copies what it changes: to a file that costs a tenth of the commit.
    "PRAGMA temp_store=MEMORY",
    # One large delete would otherwise leave its log as large for good.
    "PRAGMA journal_size_limit=67108864",
)
_READER: Final = ("PRAGMA query_only=ON",)

_SENTENCES: Final[dict[int, str]] = {
    sqlite3.SQLITE_FULL: "The disk that holds {path} is full; free some space, then try again.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written; change its permissions or choose another folder with --data.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; check that its folder exists and that this user may write there,"
    " or choose another with --data.",
    sqlite3.SQLITE_IOERR: "The disk that holds {path} refuses to read or write; check it, or choose another folder with"
    " --data.",
    sqlite3.SQLITE_NOTADB: "{path} is not a database; move it away or choose another folder with --data.",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged; put a copy in its place or choose another folder with --data.",
}


def engine_for_writing(path: Path) -> Engine:
    """One connection, for one thread at a time; each transaction owns the database from its beginning."""
    # IMMEDIATE: a transaction that begins by reading could not wait for another writer later on.
    return _engine(path, _open_writer, "BEGIN IMMEDIATE", poolclass=StaticPool)


def engine_for_reading(path: Path) -> Engine:
    """A few connections for any thread; each transaction sees one moment of the database."""
    return _engine(path, _open_reader, "BEGIN", poolclass=QueuePool, pool_size=READERS, max_overflow=0)


def _engine(path: Path, opened: Callable[[sqlite3.Connection, Path], None], begin: str, **pool: Any) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False, "timeout": BUSY_S},
        json_serializer=encoded,
        json_deserializer=decoded,
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: DBAPIConnection, _record: object) -> None:
        assert isinstance(connection, sqlite3.Connection)
        # Else Python's driver begins transactions by itself, late, and never around a change of the schema.
        connection.isolation_level = None
        opened(connection, path)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> BaseException | None:
        return translated(context.original_exception, path)

    return engine


def _open_writer(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise DataFolderUnusable(
            f"{escape(path)} lies where SQLite cannot keep a write-ahead log (a network share?);"
            " choose a folder on a local disk with --data."
        )
    _run(connection, _WRITER)


def _open_reader(connection: sqlite3.Connection, _path: Path) -> None:
    _run(connection, _READER)


def _run(connection: sqlite3.Connection, pragmas: tuple[str, ...]) -> None:
    for pragma in pragmas:
        connection.execute(pragma)


def translated(error: BaseException, path: Path) -> BaseException | None:
    """The error to raise in place of the driver's, where a person can act on it or a caller tell it apart; else None.

    A value that has no place in the database stays the ValueError it was: SQLAlchemy would wrap it.
    """
    if isinstance(error, TallylightError | ValueError):
        return error
    # Extended codes carry their cause in the upper bits.
    code = getattr(error, "sqlite_errorcode", -1) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return DataFolderBusy(f"Another process is writing to {escape(path)}; stop it, or choose another with --data.")
    if code in _SENTENCES:
        return DataFolderUnusable(_SENTENCES[code].format(path=escape(path)))
    return None
