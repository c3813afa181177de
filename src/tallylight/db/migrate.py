"""Bringing the schema up to date."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from tallylight.db.postgres import wait_for_turn

#: The newest revision. Known here so that opening a database that has it does not load Alembic (a tenth of a second).
NEWEST: Final = "0013"

_versions: Final = table("alembic_version", column("version_num"))


def upgrade(connection: Connection) -> None:
    """Make every table, or change those of an older Tallylight, within the connection's transaction.

    Raises DataFolderUnusable for a database of a newer one.
    """
    found = revision(connection)
    if found != NEWEST and connection.dialect.name == "postgresql":
        wait_for_turn(connection)
        found = revision(connection)
    if found != NEWEST:
        from tallylight.db import revisions  # noqa: PLC0415 (loads Alembic)

        revisions.run(connection, found)


def revision(connection: Connection) -> str | None:
    """Which revision the schema is of; None for an empty database."""
    if not inspect(connection).has_table(_versions.name):
        return None
    found: str | None = connection.scalar(select(_versions.c.version_num))
    return found
