"""The databases that tests run on: a file, and a schema of its own on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from tallylight.db import Database, open_database

#: URL of a database in which schemas may be made. CI sets it; a PostgreSQL that then cannot be reached is a failure.
POSTGRES = os.environ.get("TALLYLIGHT_TEST_POSTGRES", "")
KINDS = ("sqlite", "postgresql")


@contextmanager
def address(kind: str, folder: Path) -> Iterator[str]:
    """Where an empty database of this kind is, while the context is open; skips the test where there is none."""
    if kind == "sqlite":
        yield str(folder / "tallylight.sqlite")
        return
    if not POSTGRES:
        pytest.skip("no PostgreSQL: set TALLYLIGHT_TEST_POSTGRES to the URL of one")
    with _schema() as url:
        yield url


@contextmanager
def _schema() -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    engine = create_engine(make_url(POSTGRES).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        yield make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()


@pytest.fixture(params=KINDS)
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database, one kind after the other."""
    with address(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """An open database that has its tables, one kind after the other."""
    database = open_database(database_address)
    yield database
    database.close()


Open = Callable[[], Database]


@pytest.fixture
def opening(database_address: str) -> Iterator[Open]:
    """Opens the same database, as often as it is called, as processes do one after the other."""
    opened: list[Database] = []

    def open_again() -> Database:
        opened.append(open_database(database_address))
        return opened[-1]

    yield open_again
    for database in opened:
        database.close()
