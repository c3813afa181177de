from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import Connection
from sqlalchemy.dialects import registry

from tallylight.db.tables import media, raw_texts
from tallylight.db.upsert import insert_or_keep, insert_or_update


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_each_dialect_has_its_own(name: str) -> None:
    dialect = registry.load(name)()
    connection = cast("Connection", SimpleNamespace(dialect=dialect))
    kept = str(insert_or_keep(connection, raw_texts).compile(dialect=dialect))
    assert kept.endswith("ON CONFLICT DO NOTHING")
    statement = str(insert_or_update(connection, media, "path").compile(dialect=dialect))
    _, _, changed = statement.partition("ON CONFLICT (path) DO UPDATE SET ")
    assert "size = excluded.size" in changed
    assert "media_id" not in changed
    assert "path = excluded" not in changed.replace("path_raw = excluded", "")
