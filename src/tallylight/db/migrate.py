"""Bringing the schema up to date."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from tallylight.db.postgres import wait_for_turn
from tallylight.db.tables import FIRST_OF_CATALOG, catalog_clock, metadata

#: The newest revision. Known here so that opening a database that has it, or none, does not load Alembic (a tenth of a
#: second).
NEWEST: Final = "0013"

#: As Alembic makes it. Not among our own tables, which no revision is to drop.
_versions: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(connection: Connection) -> None:
    """Make every table, or change those of an older Tallylight, within the connection's transaction.

    Raises DataFolderUnusable for a database of a newer one.
    """
    found = revision(connection)
    if found != NEWEST and connection.dialect.name == "postgresql":
        wait_for_turn(connection)
        found = revision(connection)
    if found is None:
        make(connection)
    elif found != NEWEST:
        from tallylight.db import revisions  # noqa: PLC0415 (loads Alembic)

        revisions.run(connection, found)


def make(connection: Connection) -> None:
    """Make every table of an empty database, within the connection's transaction: what all revisions one after the
    other make of it, rows included, in a tenth of the time.
    """
    # Not those alone that are missing: a table that somebody else has under one of our names must stop it.
    _versions.create(connection, checkfirst=False)
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(catalog_clock).values(FIRST_OF_CATALOG))
    connection.execute(insert(_versions).values(version_num=NEWEST))


def revision(connection: Connection) -> str | None:
    """Which revision the schema is of; None for an empty database."""
    if not inspect(connection).has_table(_versions.name):
        return None
    found: str | None = connection.scalar(select(_versions.c.version_num))
    return found
