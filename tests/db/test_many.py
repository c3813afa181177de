from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, select
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from tallylight.db import Database, open_database
from tallylight.db.many import _prepared, insert_many

METADATA = MetaData()
THINGS = Table(
    "things",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("text", Text),
    Column("body", JSON, nullable=False, server_default="{}"),
    Column("raw", LargeBinary),
    Column("flag", Boolean),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "t.sqlite")
    with database.writing() as connection:
        METADATA.create_all(connection)
    yield database
    database.close()


def thing(number: int, **further: Any) -> dict[str, Any]:
    return {"id": number, "text": "é", "body": {"a": [1]}, "raw": b"\0\xff", "flag": True, **further}


def stored(connection: Connection) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(select(THINGS).order_by(THINGS.c.id))]


def test_rows_come_back_as_they_were(database: Database) -> None:
    rows = [thing(1), thing(2, text=None, body={}, raw=None, flag=None), thing(3, body=[], flag=False)]
    with database.writing() as connection:
        insert_many(connection, THINGS, rows)
        assert stored(connection) == rows


def test_no_rows_are_nothing(database: Database) -> None:
    with database.writing() as connection:
        insert_many(connection, THINGS, [])
        assert stored(connection) == []


def test_columns_that_are_not_named_have_their_defaults(database: Database) -> None:
    with database.writing() as connection:
        insert_many(connection, THINGS, [{"text": "a", "id": 7}, {"id": 8, "text": "b"}])
        assert [(row["id"], row["text"], row["body"]) for row in stored(connection)] == [(7, "a", {}), (8, "b", {})]


def test_a_row_that_is_there_is_refused_or_kept(database: Database) -> None:
    with database.writing() as connection:
        insert_many(connection, THINGS, [thing(1)])
    with pytest.raises(IntegrityError), database.writing() as connection:
        insert_many(connection, THINGS, [thing(2), thing(1)])
    with database.writing() as connection:
        insert_many(connection, THINGS, [thing(1, text="another"), thing(3)], keep=True)
        assert stored(connection) == [thing(1), thing(3)]


@pytest.mark.parametrize(
    ("bad", "said"), [({"body": float("nan")}, "not JSON compliant"), ({"text": "\ud800"}, "surrogates")]
)
def test_a_value_that_has_no_place_is_a_value_error_and_nothing_is_stored(
    database: Database, bad: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said), database.writing() as connection:
        insert_many(connection, THINGS, [thing(1), thing(2, **bad)])
    with database.reading() as connection:
        assert stored(connection) == []


def test_a_row_without_one_of_the_columns_is_refused(database: Database) -> None:
    with pytest.raises(KeyError, match="text"), database.writing() as connection:
        insert_many(connection, THINGS, [{"id": 1, "text": "a"}, {"id": 2}])


def test_a_dialect_that_names_its_parameters_gets_mappings() -> None:
    prepared = _prepared(registry.load("postgresql.psycopg")(), THINGS, ("id", "body"), keep=True)
    assert prepared.sql.endswith("ON CONFLICT DO NOTHING")
    assert "%(body)s" in prepared.sql
    assert prepared.parameters([{"id": 1, "body": {"a": 1}}]) == [{"id": 1, "body": '{"a":1}'}]
