"""Inserts many rows at the speed of the driver.

SQLAlchemy's own way copies and checks each row's mapping and looks each value's type up anew, which for an outcome's
dozens of columns takes longer than SQLite takes to store it. What its dialect knows is asked once here: the statement,
and what turns a column's values into the driver's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

from tallylight.db.upsert import keeping


@dataclass(frozen=True, slots=True)
class _Insert:
    """One statement and how rows become its parameters."""

    sql: str
    names: tuple[str, ...]  #: of the columns, in the statement's order
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]  #: by place, where values need one
    is_positional: bool

    def parameters(self, row: Mapping[str, Any]) -> Any:
        values = [row[name] for name in self.names]
        for place, process in self.processors:
            values[place] = process(values[place])
        return tuple(values) if self.is_positional else dict(zip(self.names, values, strict=True))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: bool = False) -> None:
    """Add rows; all have the columns of the first. With `keep`, a row that is already there stays as it is.

    Raises as `Connection.execute` does, and ValueError for a value that its column's type refuses.
    """
    if rows:
        prepared = _prepared(connection.dialect, table, tuple(rows[0]), keep)
        connection.exec_driver_sql(prepared.sql, [prepared.parameters(row) for row in rows])


# Each is asked for with every append of a session; a process has one or two dialects and a handful of tables.
@lru_cache(maxsize=64)
def _prepared(dialect: Dialect, table: Table, columns: tuple[str, ...], keep: bool) -> _Insert:
    statement = keeping(dialect, table) if keep else insert(table)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    # A statement of many columns is never without parameters.
    names = tuple(compiled.positiontup or columns) if compiled.positional else columns
    processors = ((place, _processor(dialect, table, name)) for place, name in enumerate(names))
    needed = tuple((place, process) for place, process in processors if process is not None)
    return _Insert(str(compiled), names, needed, compiled.positional)


def _processor(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
