"""Empty databases with all tables, of either kind: files, and schemas of a PostgreSQL that are dropped afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from tallylight.db import Database, open_database


@contextmanager
def empty(kind: str, scratch: Path, postgres: str) -> Iterator[tuple[str, Database]]:
    """A database and where it is: the path of a file, or a URL."""
    with _address(kind, scratch, postgres) as address:
        database = open_database(address)
        try:
            yield address, database
        finally:
            database.close()


@contextmanager
def _address(kind: str, scratch: Path, postgres: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex}"
    if kind == "sqlite":
        yield str(scratch / name / "tallylight.db")
        return
    url = make_url(postgres).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        plain = make_url(postgres).update_query_dict({"options": f"-csearch_path={name}"})
        yield plain.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()
