from __future__ import annotations

import pytest
from tests.contract.schedules_suite import SchedulesContract, schedule
from tests.databases import Open, database, database_address, emptied, opening

from tallylight.db import Database
from tallylight.schedules import Look, Schedules
from tallylight.schedules.memory import MemorySchedules
from tallylight.schedules.sql import SqlSchedules

__all__ = ["database", "database_address", "emptied", "opening"]


class TestMemorySchedules(SchedulesContract):
    @pytest.fixture
    def schedules(self) -> Schedules:
        return MemorySchedules()


class TestSqlSchedules(SchedulesContract):
    @pytest.fixture
    def schedules(self, database: Database) -> Schedules:
        return SqlSchedules(database)

    def test_everything_survives_the_process(self, opening: Open) -> None:
        SqlSchedules(opening()).add(schedule(1))
        SqlSchedules(opening()).take("s-1", {"/a": Look(1, 2)}, 1.0)
        assert SqlSchedules(opening()).looks("s-1", ["/a"], 2.0) == {"/a": Look(1, 2)}
