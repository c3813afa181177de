"""INSERT … ON CONFLICT: the one statement that each database's dialect has to itself."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_update(connection: Connection, table: Table, key: str) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that, where a row with this `key` exists, sets that row's other columns instead. The primary key
    stays.
    """
    statement = _insert(connection, table)
    fresh = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key and column.name != key
    }
    return statement.on_conflict_do_update(index_elements=[key], set_=fresh)


def insert_or_keep(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves a row that is already there as it is."""
    return _insert(connection, table).on_conflict_do_nothing()


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
