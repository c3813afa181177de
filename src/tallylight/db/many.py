"""Inserts many rows at the speed of the driver.

SQLAlchemy's own way copies and checks each row's mapping and looks each value's type up anew, which for an outcome's
dozens of columns takes longer than SQLite takes to store it. What its dialect knows is asked once here: the statement,
and what turns a column's values into the driver's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import JSON, Connection, Dialect, Table, func, insert, select, text
from sqlalchemy.types import TypeEngine

from tallylight.db import postgres
from tallylight.db.upsert import keeping, updating
from tallylight.encoding import encoded

#: From so many rows on PostgreSQL takes them in one statement: of a few, preparing it is most of the work.
_MANY: Final = 4

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Insert:
    """One statement and how rows become its parameters."""

    sql: str
    names: tuple[str, ...]  #: of the columns, in the statement's order
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]  #: by place, where values need one
    is_positional: bool = True
    is_copy: bool = False

    def values(self, rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        """Of each row, what the driver takes."""
        # Of one name alone it picks no tuple, but that column's value.
        picked = map(itemgetter(*self.names) if len(self.names) > 1 else self._only, rows)
        return map(self._processed, picked) if self.processors else picked

    def parameters(self, rows: Sequence[Row]) -> list[Any]:
        values = self.values(rows)
        return list(values) if self.is_positional else [dict(zip(self.names, row, strict=True)) for row in values]

    def _only(self, row: Row) -> tuple[Any]:
        return (row[self.names[0]],)

    def _processed(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, process in self.processors:
            values[place] = process(values[place])
        return tuple(values)


def insert_many(
    connection: Connection, table: Table, rows: Sequence[Row], *, keep: bool = False, is_encoded: bool = False
) -> None:
    """Add rows; all have the columns of the first. With `keep`, a row that is already there stays as it is. JSON is
    encoded here, unless the rows have it as text already (`is_encoded`).

    Raises as `Connection.execute` does, and ValueError for a value that its column's type refuses.
    """
    if len(rows) >= _MANY and connection.dialect.name == "postgresql":
        statement = _unnesting if keep else _copying
        _insert_at_once(connection, statement(connection.dialect, table, tuple(rows[0]), is_encoded=is_encoded), rows)
    elif rows:
        _run(connection, _prepared(connection.dialect, table, tuple(rows[0]), keep=keep, is_encoded=is_encoded), rows)


def insert_tuples(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, keep: bool = False
) -> None:
    """Add rows of which each holds the values of these columns, in their order and as the driver takes them (JSON as
    its text): nothing is looked at on the way. With `keep`, a row that is already there stays as it is.

    Raises as `Connection.execute` does.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        if keep:
            sql = _unnesting(connection.dialect, table, columns, is_encoded=True).sql
            connection.exec_driver_sql(sql, tuple(map(list, zip(*rows, strict=True))))
        else:
            postgres.copy(connection, _copying(connection.dialect, table, columns, is_encoded=True).sql, rows)
    else:
        connection.exec_driver_sql(_positional(connection.dialect, table, columns, keep=keep), list(rows))


def insert_or_update_many(
    connection: Connection, table: Table, key: str, rows: Sequence[Row], *, is_encoded: bool = False
) -> None:
    """Add rows, or set the other columns of those that have their `key`; all have the same columns. Otherwise as
    `insert_many`.
    """
    if rows:
        _run(connection, _prepared(connection.dialect, table, tuple(rows[0]), key=key, is_encoded=is_encoded), rows)


def next_ids(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """So many numbers for the primary key of new rows, rising, that no row ever had. Only inside the transaction that
    uses them.
    """
    (column,) = table.primary_key.columns
    if connection.dialect.name == "postgresql":
        taken = func.nextval(func.pg_get_serial_sequence(table.name, column.name))
        return connection.scalars(select(taken).select_from(func.generate_series(1, count))).all()
    newest = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    after = connection.scalar(newest, {"name": table.name}) or 0
    return range(after + 1, after + count + 1)


def _insert_at_once(connection: Connection, prepared: _Insert, rows: Sequence[Row]) -> None:
    if prepared.is_copy:
        postgres.copy(connection, prepared.sql, prepared.values(rows))
    else:
        connection.exec_driver_sql(prepared.sql, tuple(map(list, zip(*prepared.values(rows), strict=True))))


def _run(connection: Connection, prepared: _Insert, rows: Sequence[Row]) -> None:
    connection.exec_driver_sql(prepared.sql, prepared.parameters(rows))


# Each is asked for with every append of a session; a process has one or two dialects and a handful of tables.
@lru_cache(maxsize=64)
def _prepared(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    *,
    keep: bool = False,
    key: str = "",
    is_encoded: bool = False,
) -> _Insert:
    statement = updating(dialect, table, key) if key else keeping(dialect, table) if keep else insert(table)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    # A statement of many columns is never without parameters.
    names = tuple(compiled.positiontup or columns) if compiled.positional else columns
    return _Insert(str(compiled), names, _processors(dialect, table, names, is_encoded=is_encoded), compiled.positional)


@lru_cache(maxsize=64)
def _positional(dialect: Dialect, table: Table, columns: tuple[str, ...], *, keep: bool) -> str:
    quoted = dialect.identifier_preparer
    named = ", ".join(quoted.quote(name) for name in columns)
    places = ", ".join("?" for _ in columns)
    sql = f"INSERT INTO {quoted.format_table(table)} ({named}) VALUES ({places})"  # noqa: S608 (our names)
    return f"{sql} ON CONFLICT DO NOTHING" if keep else sql


@lru_cache(maxsize=64)
def _copying(dialect: Dialect, table: Table, columns: tuple[str, ...], *, is_encoded: bool) -> _Insert:
    quoted = dialect.identifier_preparer
    named = ", ".join(quoted.quote(name) for name in columns)
    sql = f"COPY {quoted.format_table(table)} ({named}) FROM STDIN"
    return _Insert(sql, columns, _processors(dialect, table, columns, is_encoded=is_encoded), is_copy=True)


@lru_cache(maxsize=64)
def _unnesting(dialect: Dialect, table: Table, columns: tuple[str, ...], *, is_encoded: bool) -> _Insert:
    """COPY knows no conflicts. This takes an array of each column."""
    quoted = dialect.identifier_preparer
    named = ", ".join(quoted.quote(name) for name in columns)
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in columns)
    sql = f"INSERT INTO {quoted.format_table(table)} ({named}) SELECT * FROM unnest({arrays})"  # noqa: S608 (our names)
    sql += " ON CONFLICT DO NOTHING"
    return _Insert(sql, columns, _processors(dialect, table, columns, is_encoded=is_encoded))


def _processors(
    dialect: Dialect, table: Table, names: Sequence[str], *, is_encoded: bool
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    types = [(place, table.c[name].type) for place, name in enumerate(names)]
    needing = [(place, own) for place, own in types if not (is_encoded and isinstance(own, JSON))]
    found = ((place, _processor(dialect, own)) for place, own in needing)
    return tuple((place, process) for place, process in found if process is not None)


def _processor(dialect: Dialect, own: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(own, JSON):
        return _json_or_null if own.none_as_null else encoded
    return own.dialect_impl(dialect).bind_processor(dialect)


def _json_or_null(value: Any) -> str | None:
    return None if value is None else encoded(value)
