"""The databases that tests run on: a file, and a schema of its own on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, insert, make_url, text

from tallylight.db import Database, open_database
from tallylight.db.tables import FIRST_OF_CATALOG, catalog_clock, metadata

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
        # The server outlives the tests, so that none of them shows what its disk keeps.
        options = {"options": f"-csearch_path={name} -csynchronous_commit=off"}
        yield make_url(POSTGRES).update_query_dict(options).render_as_string(False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()


#: Leaves what a new database has, and begins to count anew, in one go. (TRUNCATE takes as long as making them.)
_EMPTY: Final = ";".join(
    [
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        insert(catalog_clock).values(FIRST_OF_CATALOG).compile(compile_kwargs={"literal_binds": True}).string,
        "SELECT setval(pg_get_serial_sequence('media', 'media_id'), 1, false)",
        "SELECT setval(pg_get_serial_sequence('previews', 'preview_id'), 1, false)",
    ]
)


@pytest.fixture(scope="session")
def emptied() -> Iterator[Callable[[], str]]:
    """Gives the address of a PostgreSQL database as a new one is: always the same one, which takes a tenth
    of the time of making one.
    """
    with address("postgresql", Path()) as url:
        open_database(url).close()
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:

            def empty() -> str:
                connection.exec_driver_sql(_EMPTY)
                return url

            yield empty
        engine.dispose()


@pytest.fixture(params=KINDS)
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database as a new one is, one kind after the other."""
    if request.param == "postgresql":
        yield request.getfixturevalue("emptied")()
        return
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
