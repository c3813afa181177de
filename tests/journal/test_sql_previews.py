from __future__ import annotations

import pytest
from sqlalchemy import func, select
from tests.contract.journal_suite import extracted
from tests.contract.previews_suite import PreviewsContract, filled, seqs, settle
from tests.databases import Open

from tallylight.db import Database
from tallylight.db.tables import first_contents, previewed, previews
from tallylight.journal import Choice, Journal
from tallylight.journal import sql_previews as room
from tallylight.journal.previews import Decided
from tallylight.journal.sql import SqlJournal


class TestSqlPreviews(PreviewsContract):
    @pytest.fixture
    def journal(self, database: Database) -> Journal:
        return SqlJournal(database)


def test_what_is_set_aside_is_there_after_a_restart(opening: Open) -> None:
    database = opening()
    before = filled(SqlJournal(database), extracted("a.png"), extracted("b.png"))
    settle(before, Decided(1, "new"), Decided(2, "new"))
    before.set_aside("s-1", Choice(seqs=(2,)), aside=True)
    before.refuse("s-1", {1: "It is odd."})
    standing = before.standing("s-1")
    database.close()
    after = SqlJournal(opening()).previews
    assert after.standing("s-1") == standing
    assert seqs(after, Choice(set_aside=True)) == [2]
    assert seqs(after, Choice(refused=True)) == [1]


def test_many_files_are_set_aside_a_part_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_AT_ONCE", 3)
    before = filled(SqlJournal(database), *(extracted(f"{number}.png") for number in range(10)))
    settle(before, *(Decided(seq, "new" if seq % 2 else "changed") for seq in range(1, 11)))
    assert before.set_aside("s-1", Choice(effects=("new",)), aside=True) == 5
    assert before.set_aside("s-1", Choice(named=lambda file: file < "5"), aside=True) == 2
    assert before.standing("s-1").set_aside == {"changed": 2, "new": 5}
    assert before.set_aside("s-1", Choice(), aside=False) == 7


def test_nothing_of_a_deleted_session_stays(database: Database) -> None:
    journal = SqlJournal(database)
    before = filled(journal, extracted("a.png"))
    before.first_of("s-1", {1: "aa" * 32})
    settle(before, Decided(1, "new"))
    journal.delete("s-1", at=1.0)
    with database.reading() as connection:
        for table in (previews, previewed, first_contents):
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name
