from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, func, select
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from tallylight.db import Database, open_database
from tallylight.db.many import _prepared, insert_many, next_ids
from tallylight.db.tables import first_contents, media, raw_texts, replaced

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


# --- on every database --------------------------------------------------------------------------------------------


def text_row(number: int) -> dict[str, Any]:
    return {"sha256": f"{number:064}", "zlib": bytes([number, 0, 255])}


@pytest.fixture
def anywhere(database_address: str) -> Iterator[Database]:
    database = open_database(database_address)
    yield database
    database.close()


@pytest.mark.parametrize("count", [1, 3, 4, 300])
@pytest.mark.parametrize("keep", [False, True])
def test_few_rows_and_many_are_the_same(anywhere: Database, count: int, *, keep: bool) -> None:
    rows = [text_row(number % 256) | {"sha256": f"{number:064}"} for number in range(count)]
    with anywhere.writing() as connection:
        insert_many(connection, raw_texts, rows, keep=keep)
        stored = connection.execute(select(raw_texts).order_by(raw_texts.c.sha256)).all()
    assert [{"sha256": row.sha256, "zlib": bytes(row.zlib)} for row in stored] == rows


def test_many_rows_of_which_one_is_there(anywhere: Database) -> None:
    rows = [text_row(number) for number in range(10)]
    with anywhere.writing() as connection:
        insert_many(connection, raw_texts, rows[:1])
    with pytest.raises(IntegrityError), anywhere.writing() as connection:
        insert_many(connection, raw_texts, rows)
    with anywhere.writing() as connection:
        insert_many(connection, raw_texts, rows, keep=True)
        assert connection.scalar(select(func.count()).select_from(raw_texts)) == 10


def test_a_value_out_of_range_among_many_rows_leaves_the_connection_usable(anywhere: Database) -> None:
    rows = [{"preview_id": 1, "sha256": bytes([number]), "seq": 2**70} for number in range(9)]
    with anywhere.writing() as connection:
        attempt = connection.begin_nested()
        with pytest.raises((OverflowError, DBAPIError)):
            insert_many(connection, first_contents, rows)
        attempt.rollback()
        insert_many(connection, raw_texts, [text_row(number) for number in range(9)])


def test_json_that_is_encoded_already_is_stored_as_it_is(anywhere: Database) -> None:
    rows = [{"session_id": "s", "path": f"/{n}", "medium": '{"a":1}', "keywords": "[]"} for n in range(5)]
    with anywhere.writing() as connection:
        insert_many(connection, replaced, rows, is_encoded=True)
        insert_many(connection, replaced, [rows[0] | {"path": "/x", "medium": None, "keywords": [1]}])
        stored = connection.execute(select(replaced.c.medium, replaced.c.keywords).order_by(replaced.c.path)).all()
    assert [tuple(row) for row in stored] == [({"a": 1}, [])] * 5 + [(None, [1])]


def test_numbers_that_no_row_ever_had(anywhere: Database) -> None:
    with anywhere.writing() as connection:
        first = list(next_ids(connection, media, 3))
    assert first == sorted(set(first))
    with anywhere.writing() as connection:
        assert list(next_ids(connection, media, 0)) == []
