"""INSERT … ON CONFLICT: the one statement that each database's dialect has to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert_or_update(connection: Connection, table: Table, key: str) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that, where a row with this `key` exists, sets that row's other columns instead. The primary key
    stays.
    """
    return updating(connection.dialect, table, key)


def updating(dialect: Dialect, table: Table, key: str) -> sqlite.Insert | postgresql.Insert:
    """As `insert_or_update`, where there is no connection yet."""
    statement = _insert(dialect, table)
    fresh = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key and column.name != key
    }
    return statement.on_conflict_do_update(index_elements=[key], set_=fresh)


def insert_or_keep(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves a row that is already there as it is."""
    return keeping(connection.dialect, table)


def keeping(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """As `insert_or_keep`, where there is no connection yet."""
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect.name != "postgresql":
        return sqlite.insert(table)
    # A fifth of the time that loading SQLAlchemy takes, so only where it is used.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)
