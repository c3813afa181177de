"""Presets in a database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from tallylight.db.database import Database
from tallylight.db.tables import presets
from tallylight.db.upsert import insert_or_update
from tallylight.model import Parameters
from tallylight.presets.contract import MOST_PRESETS, Preset
from tallylight.presets.sentences import missing, too_many


class SqlPresets:
    """`Presets` over the tables of `tallylight.db`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Preset]:
        with self._database.reading() as connection:
            rows = connection.execute(select(presets)).all()
        # Not by the database: each sorts text by a rule of its own.
        return sorted((_preset(row) for row in rows), key=lambda preset: preset.name)

    def one(self, name: str) -> Preset:
        with self._database.reading() as connection:
            row = connection.execute(select(presets).where(presets.c.name == name)).first()
        if row is None:
            raise missing(name)
        return _preset(row)

    def save(self, preset: Preset) -> bool:
        row = {"name": preset.name, "parameters": preset.parameters.as_json(), "saved_at": preset.saved_at}
        with self._database.writing() as connection:
            is_new = connection.execute(select(presets.c.name).where(presets.c.name == preset.name)).first() is None
            count = connection.execute(select(func.count()).select_from(presets)).scalar_one()
            if is_new and count >= MOST_PRESETS:
                raise too_many()
            connection.execute(insert_or_update(connection, presets, "name"), row)
        return is_new

    def remove(self, name: str) -> None:
        with self._database.writing() as connection:
            gone = connection.execute(delete(presets).where(presets.c.name == name))
        if not gone.rowcount:
            raise missing(name)


def _preset(row: Any) -> Preset:
    return Preset(name=row.name, parameters=Parameters.from_json(row.parameters), saved_at=row.saved_at)
