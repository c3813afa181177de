from __future__ import annotations

import pytest
from sqlalchemy import select

from tallylight.db import Database
from tallylight.db.among import among
from tallylight.db.many import insert_many
from tallylight.db.tables import mounts, tries
from tallylight.journal.sql import SqlJournal

ODD = ["/a", "/é", '/"quoted"', r"/back\slash", "/it's", "/%", ""]


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_any_number_of_values(database: Database, count: int) -> None:
    rows = [{"directory": f"/{number}", "mount_point": "/"} for number in range(count + 10)]
    wanted = [f"/{number}" for number in range(count)]
    with database.writing() as connection:
        insert_many(connection, mounts, rows)
        found = connection.scalars(select(mounts.c.directory).where(among(connection, mounts.c.directory, wanted)))
        assert sorted(found) == sorted(wanted)


def test_odd_texts_are_themselves_and_no_others(database: Database) -> None:
    with database.writing() as connection:
        insert_many(connection, mounts, [{"directory": text, "mount_point": "/"} for text in [*ODD, "/b", "\\", "'"]])
        found = connection.scalars(select(mounts.c.directory).where(among(connection, mounts.c.directory, ODD)))
        assert sorted(found) == sorted(ODD)


def test_whole_numbers(database: Database) -> None:
    SqlJournal(database)
    with database.writing() as connection:
        query = select(tries.c.number).where(among(connection, tries.c.number, [2**62, 1]))
        assert list(connection.scalars(query)) == []
