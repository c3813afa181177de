from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from tallylight.db import Database, open_database
from tallylight.db.tables import facts, journal_clock, raw_texts
from tallylight.errors import BadParameters, DataFolderBusy, DataFolderUnusable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "t.sqlite")
    yield database
    database.close()


def add(connection: Connection, name: str) -> None:
    connection.execute(insert(raw_texts), {"sha256": name, "zlib": b""})


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(raw_texts.c.sha256).order_by(raw_texts.c.sha256)))


def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(database: Database) -> None:
    with database.writing() as connection:
        add(connection, "kept")
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(raw_texts), [{"sha256": name, "zlib": b""} for name in ("dropped", "kept")])
    with database.reading() as connection:
        assert names(connection) == ["kept"]


def test_a_reader_sees_one_moment_while_the_writer_goes_on(database: Database) -> None:
    with database.reading() as before:
        assert names(before) == []
        with database.writing() as connection:
            add(connection, "new")
            with database.reading() as other:
                assert names(other) == []
        assert names(before) == []
        with database.reading() as after:
            assert names(after) == ["new"]


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DataFolderUnusable, match="cannot be written"), database.reading() as connection:
        add(connection, "x")


def test_a_write_that_could_not_begin_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallylight.db.sqlite.BUSY_S", 0.01)
    first, second = open_database(tmp_path / "two.sqlite"), open_database(tmp_path / "two.sqlite")
    for _ in range(2):
        with first.writing(), pytest.raises(DataFolderBusy), second.writing():
            pass
    with second.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with first.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0
    first.close()
    second.close()


def test_threads_take_turns_at_writing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(journal_clock), {"id": 1, "epoch": "e", "tally": 0})
    together = threading.Barrier(8)

    def count(_number: int) -> None:
        together.wait()
        for _ in range(10):
            with database.writing() as connection:
                tally = connection.execute(select(journal_clock.c.tally)).scalar_one()
                connection.execute(update(journal_clock).values(tally=tally + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(8)))
    with database.reading() as connection:
        assert connection.execute(select(journal_clock.c.tally)).scalar_one() == 80


def test_more_threads_than_connections_may_read(database: Database) -> None:
    def read(_number: int) -> int:
        with database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(raw_texts)).scalar_one())

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(read, range(200))) == [0] * 200


def test_the_settings_that_promises_rest_on(database: Database) -> None:
    def setting(name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()

    with database.writing() as connection:
        found = [setting(name) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]
    assert found == ["wal", 1, 1, 10_000]


def test_foreign_keys_hold(database: Database) -> None:
    fact = {"session_id": "none", "seq": 1, "at": 1.0, "kind": "started", "body": {}}
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(facts), fact)


@pytest.mark.parametrize("made", ["t.sqlite", "new/folder/t.sqlite", "odd %20?&#;'\".sqlite", "caf\udce9.sqlite"])
def test_it_is_made_where_asked(tmp_path: Path, made: str) -> None:
    for _ in range(2):
        database = open_database(tmp_path / made)
        database.close()
    assert (tmp_path / made).is_file()
    assert [path.name for path in (tmp_path / made).parent.iterdir()] == [Path(made).name]


def test_a_url_of_an_sqlite_file(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/t.sqlite").close()
    assert (tmp_path / "t.sqlite").is_file()


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "sqlite://", "sqlite:///:memory:", "://"])
def test_other_urls_are_refused_without_telling_them(url: str) -> None:
    with pytest.raises(BadParameters, match="sqlite:////folder") as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "t.sqlite").write_bytes(b"not a database, but a text " * 100)
    with pytest.raises(DataFolderUnusable, match=r"t\.sqlite is not a database; move it away"):
        open_database(tmp_path / "t.sqlite")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "t.sqlite").mkdir()
    with pytest.raises(DataFolderUnusable, match="cannot be opened; check that its folder exists"):
        open_database(tmp_path / "t.sqlite")


def test_a_file_where_its_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DataFolderUnusable, match="cannot be made: Not a directory; choose another folder"):
        open_database(tmp_path / "data" / "below" / "t.sqlite")


def test_a_damaged_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    open_database(path).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 3 * 4096)
    with pytest.raises(DataFolderUnusable, match="is damaged; put a copy in its place"):
        _use(path)


def _use(path: Path) -> None:
    database = open_database(path)
    try:
        with database.writing() as connection:
            for table in ("alembic_version", "journal_clock", "sessions", "facts", "outcomes"):
                connection.exec_driver_sql(f"SELECT * FROM {table}").all()
                connection.exec_driver_sql("PRAGMA integrity_check").all()
    finally:
        database.close()


def test_other_errors_of_the_driver_pass(database: Database) -> None:
    with pytest.raises(OperationalError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert isinstance(caught.value.orig, sqlite3.OperationalError)
