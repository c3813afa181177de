from __future__ import annotations

import pytest
from tests.contract.presets_suite import PresetsContract, preset
from tests.databases import Open, database, database_address, opening

from tallylight.db import Database
from tallylight.presets import Presets
from tallylight.presets.memory import MemoryPresets
from tallylight.presets.sql import SqlPresets

__all__ = ["database", "database_address", "opening"]


class TestMemoryPresets(PresetsContract):
    @pytest.fixture
    def presets(self) -> Presets:
        return MemoryPresets()


class TestSqlPresets(PresetsContract):
    @pytest.fixture
    def presets(self, database: Database) -> Presets:
        return SqlPresets(database)

    def test_everything_survives_the_process(self, opening: Open) -> None:
        SqlPresets(opening()).save(preset("a", "/x"))
        assert SqlPresets(opening()).all() == [preset("a", "/x")]
