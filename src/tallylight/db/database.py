"""Opening the database, and who may use which connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from tallylight.db import postgres, sqlite
from tallylight.db.migrate import NEWEST, revision, upgrade
from tallylight.errors import BadParameters, DataFolderUnusable
from tallylight.roots import escape

_KINDS: Final = "write it as postgresql://user@host/name or sqlite:////folder/file.sqlite"


class Database:
    """One connection that writes, a few that read.

    `writing` and `reading` give a connection inside a transaction: committed when the block ends, rolled back when it
    raises. Readers never wait for the writer, nor it for them, and a reader sees one moment for as long as its block
    lasts. A write that has returned survives the death of the process. Where several processes share a database, they
    write one at a time too.
    """

    def __init__(self, writes: Engine, reads: Engine, leases: Engine | None = None) -> None:
        self._writes = writes
        self._reads = reads
        self._leases = leases
        self._listener = postgres.Listener(reads) if leases is not None else None
        self._one_at_a_time = threading.RLock()
        self._writer: Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Any thread, one at a time; the others wait."""
        with self._one_at_a_time:
            if self._writes.dialect.name != "sqlite":
                # A server's connection may have died since; the pool tries it, and makes another.
                with self._writes.begin() as connection:
                    postgres.take_turn(connection)
                    yield connection
                return
            # Kept open: taking it out of its pool and putting it back takes a fifth of the time of a small write.
            self._writer = self._writer or self._writes.connect()
            with self._writer.begin():
                yield self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Any thread. Keep the block short: the connections are few."""
        with self._reads.begin() as connection:
            yield connection

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it at once. (An SQLite file is owned through the lock of its data
        folder.)
        """
        return self._leases is not None

    def is_up_to_date(self) -> bool:
        """Whether it has the newest schema."""
        with self.reading() as connection:
            return revision(connection) == NEWEST

    @contextmanager
    def leasing(self) -> Iterator[Connection]:
        """A connection for what must not wait for anybody's long write: who owns which session. Only where it is
        shared.
        """
        assert self._leases is not None
        with self._leases.begin() as connection:
            yield connection

    def heard(self, seconds: float, me: str) -> bool:
        """Wait until a process other than `me` has written to the journal, at most so long; whether one has. One thread
        at a time; only where it is shared.
        """
        assert self._listener is not None
        return self._listener.wait(seconds, me)

    def close(self) -> None:
        """Close every connection that is not in use. The last one to close folds the log into the database file."""
        if self._listener is not None:
            self._listener.close()
        if self._leases is not None:
            self._leases.dispose()
        self._reads.dispose()
        with self._one_at_a_time:
            if self._writer is not None:
                self._writer.close()
            self._writes.dispose()


def open_database(path_or_url: str | PathLike[str]) -> Database:
    """Open the database, made or brought up to date if need be.

    Takes the path of an SQLite file, or a URL: `sqlite:///…`, `postgresql://…`. Raises BadParameters for a URL of
    another kind, DataFolderUnusable where the file cannot be made, read or written, or was made by a newer Tallylight,
    DataFolderBusy where another process keeps writing, and DatabaseUnusable where a server cannot be reached.
    """
    database = _database(path_or_url)
    try:
        # Who only looks should not have to wait for its turn to write.
        if not (database.is_shared and database.is_up_to_date()):
            with database.writing() as connection:
                upgrade(connection)
    except BaseException:
        database.close()
        raise
    return database


def _database(path_or_url: str | PathLike[str]) -> Database:
    if not isinstance(path_or_url, str) or "://" not in path_or_url:
        return _in_file(Path(path_or_url))
    try:
        url = make_url(path_or_url)
    except ArgumentError:
        raise BadParameters(f"The database URL cannot be read; {_KINDS}.") from None
    match url.get_backend_name():
        case "sqlite" if url.database not in {None, "", ":memory:"}:
            return _in_file(Path(str(url.database)))
        case "postgresql" | "postgres":
            engines = (postgres.engine_for_writing(url), postgres.engine_for_reading(url))
            return Database(*engines, postgres.engine_for_leases(url))
        case _:
            # The URL itself stays out of the sentence: it may hold a password.
            raise BadParameters(f"That is no database that can be used; {_KINDS}.")


def _in_file(path: Path) -> Database:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(
            f"{escape(path.parent)} cannot be made: {error.strerror}; choose another folder with --data."
        ) from error
    return Database(sqlite.engine_for_writing(path), sqlite.engine_for_reading(path))
