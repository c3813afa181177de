"""What only PostgreSQL does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from tests.contract.catalog_suite import item
from tests.contract.journal_suite import begun, extracted, processed
from tests.databases import address

from tallylight.catalog.sql import SqlCatalog
from tallylight.db import Database, open_database
from tallylight.db.fence import Fence
from tallylight.db.tables import raw_texts
from tallylight.errors import DatabaseUnusable
from tallylight.journal.sql import SqlJournal


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with address("postgresql", tmp_path) as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.close()


@pytest.mark.parametrize("user", ["nobody-of-this-name", "nobody:secret"])
def test_a_server_that_does_not_answer_is_told_without_its_password(user: str) -> None:
    with pytest.raises(DatabaseUnusable, match=r"127\.0\.0\.1/db cannot be reached .* --database") as caught:
        open_database(f"postgresql://{user}@127.0.0.1:1/db")
    assert "secret" not in str(caught.value)


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match="cannot be written"), database.reading() as connection:
        connection.execute(insert(raw_texts), {"sha256": "x", "zlib": b""})


def test_a_reader_sees_one_moment_while_the_writer_goes_on(database: Database) -> None:
    count = select(func.count()).select_from(raw_texts)
    with database.reading() as before:
        assert before.scalar(count) == 0
        with database.writing() as connection:
            connection.execute(insert(raw_texts), {"sha256": "x", "zlib": b""})
        assert before.scalar(count) == 0
    with database.reading() as after:
        assert after.scalar(count) == 1


def test_two_processes_that_upgrade_at_once_both_find_every_table(url: str) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for database in opened:
        with database.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(raw_texts)) == 0
        database.close()


def test_connections_that_the_server_ended_are_replaced(database: Database) -> None:
    journal = SqlJournal(database)
    begun(journal, "s-1", *processed(extracted()))
    _end_connections(database)
    assert journal.session("s-1").state.seq == 1
    assert journal.delete("s-1", at=1.0).session_id == "s-1"


def _end_connections(database: Database) -> None:
    """As a restart of the server does, but for those of other tests."""
    with database.writing() as writer, database.reading() as one, database.reading() as other:
        own = {_process_of(connection) for connection in (writer, one, other)}
    with database.reading() as connection:
        for process in own - {_process_of(connection)}:
            # With a time it waits until the process has gone; else a ping may still get through.
            ended = text("SELECT pg_terminate_backend(:process, 10000)")
            assert connection.scalar(ended, {"process": process})


def _process_of(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_a_path_too_long_for_an_index_is_refused_alone(database: Database) -> None:
    catalog = SqlCatalog(database)
    endless = "/pictures/" + "".join(f"{number:08x}/" for number in range(100_000, 101_500)) + "a.png"
    (refused,) = catalog.commit("s-1", [item("/pictures/1.png", 1), item(endless, 2), item("/pictures/3.png", 3)], 1.0)
    assert refused.seq == 2
    assert catalog.count() == 2


def test_processes_write_one_at_a_time(url: str, database: Database) -> None:
    other, wrote = open_database(url), threading.Event()

    def write() -> None:
        with other.writing() as connection:
            connection.execute(insert(raw_texts), {"sha256": "y", "zlib": b""})
            wrote.set()

    thread = threading.Thread(target=write)
    with database.writing() as connection:
        connection.execute(insert(raw_texts), {"sha256": "x", "zlib": b""})
        thread.start()
        _one_waits(database)
        assert not wrote.is_set()
    thread.join()
    assert wrote.is_set()
    other.close()


def _one_waits(database: Database) -> None:
    """Return once another process waits for its turn to write."""
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :schema")
    schema = text("SELECT hashtext(current_schema())::bigint & 4294967295")
    while True:
        with database.reading() as connection:
            if connection.scalar(waits, {"schema": connection.scalar(schema)}):
                return


def test_a_process_that_stands_still_in_the_middle_of_a_write_holds_up_nobody_for_long(database: Database) -> None:
    with database.writing() as connection:
        # As long as it is here it would keep the turn of all others.
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "10s"
    with database.leasing() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "10s"


def test_a_write_that_stood_still_is_rolled_back_and_told_in_a_sentence(url: str) -> None:
    database = open_database(url)

    def stand_still() -> None:
        with database.writing() as connection:
            connection.execute(insert(raw_texts), {"sha256": "x", "zlib": b""})
            connection.execute(text("SET idle_in_transaction_session_timeout = 1"))
            _ended(url, _process_of(connection))
            connection.execute(insert(raw_texts), {"sha256": "y", "zlib": b""})

    with pytest.raises(DatabaseUnusable, match=r"try again|--database"):
        stand_still()
    with database.writing() as connection:
        assert connection.scalar(select(func.count()).select_from(raw_texts)) == 0
    database.close()


def _ended(url: str, process: int) -> None:
    """Return once a process of the server has ended."""
    other = open_database(url)
    there = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :process")
    while True:
        with other.reading() as connection:
            if not connection.scalar(there, {"process": process}):
                break
    other.close()


def test_a_listener_hears_others_and_not_itself(url: str, database: Database) -> None:
    ours, theirs = SqlJournal(database, Fence("me")), SqlJournal(database, Fence("they"))
    assert database.heard(0, "me") is False
    begun(ours, "s-1", *processed(extracted()))
    assert database.heard(0, "me") is False
    begun(theirs, "s-2", *processed(extracted()))
    assert database.heard(30, "me") is True
    # However many writes there were, hearing of some of them once more is all it costs.
    while database.heard(0, "me"):
        pass
    theirs.delete("s-2", at=1.0)
    assert database.heard(30, "me") is True


def test_a_listener_whose_connection_was_ended_listens_again(url: str, database: Database) -> None:
    database.heard(0, "me")
    listening = text(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE query LIKE 'LISTEN%' AND query LIKE :channel"
    )
    with database.reading() as connection:
        channel = connection.scalar(text("SELECT 'tallylight_' || to_hex(hashtext(current_schema()))"))
        assert connection.scalars(listening, {"channel": f"%{channel}%"}).all() == [True]
    with pytest.raises(DatabaseUnusable, match="cannot be reached"):
        database.heard(5, "me")
    database.heard(0, "me")
    begun(SqlJournal(database, Fence("they")))
    assert database.heard(30, "me") is True
