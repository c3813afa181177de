from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.contract.journal_suite import (
    LIFE,
    JournalContract,
    append,
    begun,
    extracted,
    new_session,
    processed,
    raw_text,
)
from tests.databases import Open

from tallylight.db import Database, open_database
from tallylight.db.tables import facts, outcome_texts, outcomes, raw_texts, sessions
from tallylight.errors import DataFolderUnusable
from tallylight.facts import Processed, Started, reduce_all
from tallylight.journal import Journal
from tallylight.journal.sql import SqlJournal
from tallylight.journal.sql_outcomes import READ_AT_ONCE
from tallylight.model import Outcome, OutcomeKind

#: Appends for ever, and says after each what it has been promised.
APPENDER = """
import sys
from tallylight.db import open_database
from tallylight.journal.sql import SqlJournal
from tests.contract.journal_suite import append, begun, extracted, processed

journal = SqlJournal(open_database(sys.argv[1]))
begun(journal)
while True:
    print(append(journal, "s-1", *processed(*(extracted() for _ in range(7)))).seq, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    """One that is an SQLite file, for what only such a one can show."""
    database = open_database(tmp_path / "tallylight.sqlite")
    yield database
    database.close()


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    return SqlJournal(database)


def rows(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (sessions, facts, outcomes, outcome_texts, raw_texts)
        }


class TestSqlJournal(JournalContract):
    @pytest.fixture
    def journal(self, database: Database) -> Journal:
        return SqlJournal(database)


def test_it_is_all_there_after_a_restart(opening: Open) -> None:
    database = opening()
    journal = SqlJournal(database)
    begun(journal, "s-1", *LIFE)
    journal.remember_boot("boot-1")
    begun(journal, "deleted", *LIFE)
    tombstone = journal.delete("deleted", at=5.0)
    before = (journal.epoch, journal.tally(), journal.session("s-1"), list(journal.facts("s-1")))
    database.close()
    database = opening()
    again = SqlJournal(database)
    assert (again.epoch, again.tally(), again.session("s-1"), list(again.facts("s-1"))) == before
    assert again.tombstone("deleted") == tombstone
    assert again.remember_boot("boot-2")
    renewed = again.epoch
    assert renewed != before[0]
    assert SqlJournal(database).epoch == renewed


def test_a_killed_process_keeps_every_write_that_had_returned(database_address: str) -> None:
    command = [sys.executable, "-c", APPENDER, database_address]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as appender:
        assert appender.stdout is not None
        for _ in range(25):
            appender.stdout.readline()
        appender.send_signal(signal.SIGKILL)
        promised = [int(line) for line in appender.stdout.read().splitlines()] or [25 * 7]
    database = open_database(database_address)
    journal = SqlJournal(database)
    state = journal.session("s-1").state
    assert state.seq >= promised[-1] >= 25 * 7
    assert state.seq % 7 == 0
    history = [fact for _, fact in journal.facts("s-1")]
    assert len(history) == state.seq
    assert reduce_all(new_session().state, history) == state
    database.close()


def test_long_histories_are_read_in_pieces_without_gaps(journal: SqlJournal) -> None:
    many = 2 * READ_AT_ONCE + 3
    begun(journal, "s-1", *LIFE[:3], *processed(*(extracted(f"{number}.png") for number in range(many))))
    assert [seq for seq, _ in journal.facts("s-1", after=5)] == list(range(6, many + 4))


def test_delete_leaves_no_row_behind(database: Database, journal: SqlJournal) -> None:
    begun(journal, "s-1", *LIFE, *processed(extracted("a.png", raw_text("own"), raw_text("shared"))))
    begun(journal, "s-2", *processed(extracted("b.png", raw_text("shared"))))
    assert rows(database) == {"sessions": 2, "facts": 10, "outcomes": 5, "outcome_texts": 3, "raw_texts": 2}
    journal.delete("s-1", at=1.0)
    assert rows(database) == {"sessions": 1, "facts": 0, "outcomes": 1, "outcome_texts": 1, "raw_texts": 1}


def test_a_text_is_stored_once(database: Database, journal: SqlJournal) -> None:
    begun(journal, "s-1", *processed(*(extracted(f"{number}.png", raw_text("same")) for number in range(9))))
    append(journal, "s-1", *processed(extracted("again.png", raw_text("same"))))
    counted = rows(database)
    assert (counted["outcome_texts"], counted["raw_texts"]) == (10, 1)


def test_raw_bytes_are_kept_where_a_name_is_not_utf8(database: Database, journal: SqlJournal) -> None:
    begun(journal, "s-1", *processed(extracted(r"caf\xe9.png"), extracted("café.png"), extracted(r"a\x5cxe9.png")))
    with database.reading() as connection:
        raw = connection.scalars(select(outcomes.c.file_raw).order_by(outcomes.c.seq)).all()
    assert raw == [b"caf\xe9.png", None, None]


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(replace(extracted(), media={"ratio": float("nan")}), id="NaN in JSON"),
        pytest.param(replace(extracted(), generation={"prompt": "\ud800"}), id="lone surrogate in JSON"),
        pytest.param(replace(extracted(), message="\udcff"), id="lone surrogate in text"),
        pytest.param(extracted("\ud800.png"), id="lone surrogate in name"),
    ],
)
def test_what_has_no_place_in_a_database_is_a_value_error_and_nothing_is_written(
    journal: SqlJournal, outcome: Outcome
) -> None:
    begun(journal, "s-1", Started(at=1.0))
    before = (journal.session("s-1"), journal.tally(), list(journal.facts("s-1")))
    batch = processed(extracted("good.png"), outcome)
    state = replace(before[0].state, seq=3)
    with pytest.raises(ValueError):  # noqa: PT011 (the encoder's own words)
        journal.append("s-1", batch, state)
    assert (journal.session("s-1"), journal.tally(), list(journal.facts("s-1"))) == before


def test_a_full_disk_says_so_and_writes_nothing(file: Database) -> None:
    journal = SqlJournal(file)
    begun(journal, "s-1", Started(at=1.0))
    _limit_pages(file, 1)
    before = journal.session("s-1")
    batch = [Processed(at=1.0, outcome=extracted("x" * 900)) for _ in range(200)]
    with pytest.raises(DataFolderUnusable, match="is full; free some space"):
        journal.append("s-1", batch, replace(before.state, seq=201))
    assert journal.session("s-1") == before
    assert journal.items("s-1") == []
    _limit_pages(file, 2**30)
    append(journal, "s-1", *batch)
    assert len(journal.items("s-1", limit=1000)) == 200


def _limit_pages(database: Database, pages: int) -> None:
    """SQLite refuses to grow beyond this, in the words of a full disk. It never goes below what there is."""
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_a_row_stays_small(file: Database) -> None:
    journal = SqlJournal(file)
    begun(journal)
    before = _size(file)
    append(journal, "s-1", *processed(*(extracted(f"day_1/gen_{number:06}.png") for number in range(1000))))
    assert (_size(file) - before) / 1000 < 512


def _size(database: Database) -> int:
    with database.reading() as connection:
        pages, page = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
    return int(pages * page)


def test_what_failed_is_found_without_going_through_the_rest(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = SqlJournal(file)
    begun(journal, "s-1", *LIFE, *processed(*(extracted(f"{number}.png") for number in range(100))))
    asked: list[str] = []
    with file.reading() as connection:
        driver: Any = connection.connection.driver_connection
        monkeypatch.setattr(file, "reading", lambda: nullcontext(connection))
        driver.set_trace_callback(asked.append)
        journal.items("s-1", kind=OutcomeKind.FAILED)
        journal.retried("s-1")
        driver.set_trace_callback(None)
        plans = [str(driver.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in asked if "FROM outcomes" in sql]
    assert len(plans) == 2
    assert all("ix_outcomes_session_id_kind_seq (session_id=? AND kind=?" in plan for plan in plans)
