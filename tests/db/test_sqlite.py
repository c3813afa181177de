from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, MetaData, Table, insert, select

from tallylight.db.sqlite import engine_for_writing, translated
from tallylight.errors import DataFolderBusy, DataFolderUnusable

PATH = Path("/data/t.sqlite")


def driver_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (sqlite3.SQLITE_FULL, "is full"),
        (sqlite3.SQLITE_READONLY, "cannot be written"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "cannot be written"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_IOERR_WRITE, "refuses to read or write"),
        (sqlite3.SQLITE_NOTADB, "not a database"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
    ],
)
def test_what_a_person_can_act_on_is_told(code: int, told: str) -> None:
    error = translated(driver_error(code), PATH)
    assert isinstance(error, DataFolderUnusable)
    assert told in str(error)
    assert str(PATH) in str(error)


def test_another_writer_is_told_apart() -> None:
    assert isinstance(translated(driver_error(sqlite3.SQLITE_BUSY), PATH), DataFolderBusy)


def test_the_rest_passes() -> None:
    assert translated(driver_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), PATH) is None
    assert translated(sqlite3.OperationalError("no code"), PATH) is None
    assert translated(KeyError("x"), PATH) is None


def test_json_is_compact_and_strict(tmp_path: Path) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("body", JSON))
    engine = engine_for_writing(tmp_path / "t.sqlite")
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(table), {"body": {"é": [1, 2.5, None]}})
        assert connection.exec_driver_sql("SELECT body FROM t").scalar_one() == '{"é":[1,2.5,null]}'
        assert connection.execute(select(table.c.body)).scalar_one() == {"é": [1, 2.5, None]}
        with pytest.raises(ValueError, match="not JSON compliant"):
            connection.execute(insert(table), {"body": float("nan")})
    engine.dispose()


def test_a_change_of_the_schema_is_part_of_its_transaction(tmp_path: Path) -> None:
    engine = engine_for_writing(tmp_path / "t.sqlite")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.rollback()
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
    engine.dispose()


def test_a_second_process_waits_and_then_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallylight.db.sqlite.BUSY_S", 0.01)
    first, second = engine_for_writing(tmp_path / "t.sqlite"), engine_for_writing(tmp_path / "t.sqlite")
    second.connect().close()
    with first.begin(), pytest.raises(DataFolderBusy, match="Another process is writing"), second.begin():
        pass
    with second.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    first.dispose()
    second.dispose()
