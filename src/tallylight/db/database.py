"""Opening the database, and who may use which connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from tallylight.db.migrate import upgrade
from tallylight.db.sqlite import engine_for_reading, engine_for_writing
from tallylight.errors import BadParameters, DataFolderUnusable
from tallylight.roots import escape


class Database:
    """One connection that writes, a few that read.

    `writing` and `reading` give a connection inside a transaction: committed when the block ends, rolled back when it
    raises. Readers never wait for the writer, nor it for them, and a reader sees one moment for as long as its block
    lasts. A write that has returned survives the death of the process.
    """

    def __init__(self, writes: Engine, reads: Engine) -> None:
        self._writes = writes
        self._reads = reads
        self._one_at_a_time = threading.RLock()
        self._writer: Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Any thread, one at a time; the others wait."""
        with self._one_at_a_time:
            # Kept open: taking it out of its pool and putting it back takes a fifth of the time of a small write.
            self._writer = self._writer or self._writes.connect()
            with self._writer.begin():
                yield self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Any thread. Keep the block short: the connections are few."""
        with self._reads.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection that is not in use. The last one to close folds the log into the database file."""
        self._reads.dispose()
        with self._one_at_a_time:
            if self._writer is not None:
                self._writer.close()
            self._writes.dispose()


def open_database(path_or_url: str | PathLike[str]) -> Database:
    """Open the database, made or brought up to date if need be.

    Takes the path of an SQLite file or a `sqlite:///` URL. Raises BadParameters for a URL of another kind,
    DataFolderUnusable where the file cannot be made, read or written, or was made by a newer Tallylight, and
    DataFolderBusy where another process keeps writing.
    """
    path = _path(path_or_url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(
            f"{escape(path.parent)} cannot be made: {error.strerror}; choose another folder with --data."
        ) from error
    database = Database(engine_for_writing(path), engine_for_reading(path))
    try:
        with database.writing() as connection:
            upgrade(connection)
    except BaseException:
        database.close()
        raise
    return database


def _path(path_or_url: str | PathLike[str]) -> Path:
    if not isinstance(path_or_url, str) or "://" not in path_or_url:
        return Path(path_or_url)
    try:
        url = make_url(path_or_url)
    except ArgumentError:
        raise BadParameters("The database URL cannot be read; write it as sqlite:////folder/file.sqlite.") from None
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        # The URL itself stays out of the sentence: it may hold a password.
        raise BadParameters("The database must be an SQLite file: sqlite:////folder/file.sqlite.")
    return Path(str(url.database))
