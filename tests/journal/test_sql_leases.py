"""Two processes on one PostgreSQL, in this one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from tests.contract.catalog_suite import item
from tests.contract.journal_suite import LIFE, append, begun, extracted, processed
from tests.databases import address

from tallylight.catalog.sql import SqlCatalog
from tallylight.db import Database, open_database
from tallylight.db.fence import Fence
from tallylight.db.tables import media, owners, replaced
from tallylight.errors import LeaseLost, NotFound, OwnedElsewhere
from tallylight.journal.leases import Owner
from tallylight.journal.sql import SqlJournal
from tallylight.journal.sql_leases import SqlLeases


@dataclass(frozen=True, kw_only=True)
class Process:
    """What one of several processes has open."""

    me: Owner
    database: Database
    journal: SqlJournal
    catalog: SqlCatalog
    leases: SqlLeases

    def dies(self) -> None:
        """Its lease has run out, by the database's clock."""
        with self.database.leasing() as connection:
            own = text("UPDATE owners SET leased_until = extract(epoch FROM clock_timestamp()) WHERE owner = :me")
            connection.execute(own, {"me": self.me.owner})

    def owns(self) -> set[str]:
        with self.database.reading() as connection:
            own = text("SELECT session_id FROM sessions WHERE owner = :me")
            return set(connection.scalars(own, {"me": self.me.owner}))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    opened: list[Database] = []

    def start_one() -> Process:
        me = Owner(pid=len(opened) + 1)
        database = open_database(url)
        opened.append(database)
        leases = SqlLeases(database, me)
        leases.renew(())
        fence = Fence(me.owner)
        journal, catalog = SqlJournal(database, fence), SqlCatalog(database, fence)
        return Process(me=me, database=database, journal=journal, catalog=catalog, leases=leases)

    with address("postgresql", tmp_path) as url:
        yield start_one
        for database in opened:
            database.close()


@pytest.fixture
def one(start: Callable[[], Process]) -> Process:
    return start()


@pytest.fixture
def other(start: Callable[[], Process], one: Process) -> Process:
    return start()


def test_who_makes_a_session_owns_it_until_it_rests(one: Process, other: Process) -> None:
    begun(one.journal, "s-1", *processed(extracted()))
    assert one.owns() == {"s-1"}
    assert other.leases.free(["s-1"]) == set()
    with pytest.raises(OwnedElsewhere, match="process 1 on"):
        other.leases.claim("s-1")
    begun(one.journal, "s-2", *LIFE)
    assert one.journal.session("s-2").state.at_rest
    assert one.owns() == {"s-1"}
    assert other.leases.free(["s-1", "s-2"]) == {"s-2"}
    assert other.leases.claim("s-2") is True
    assert other.leases.claim("s-2") is False
    with pytest.raises(OwnedElsewhere, match="process 2 on"):
        one.leases.claim("s-2")
    other.leases.release("s-2")
    one.leases.release("s-2")
    assert one.leases.claim("s-2") is True


def test_an_unknown_session_is_nobodys(one: Process) -> None:
    with pytest.raises(NotFound):
        one.leases.claim("s-1")
    assert one.leases.free(["s-1"]) == set()


def test_a_dead_owner_loses_its_sessions_and_may_not_write_any_more(one: Process, other: Process) -> None:
    begun(one.journal, "s-1", *processed(extracted()))
    one.dies()
    append(one.journal, "s-1", *processed(extracted("b.png")))  # nobody has taken it yet
    assert other.leases.free(["s-1"]) == {"s-1"}
    assert other.leases.claim("s-1") is True
    before = (one.journal.tally(), one.journal.session("s-1"))
    writes: list[Callable[[], object]] = [
        lambda: append(one.journal, "s-1", *processed(extracted("c.png"))),
        lambda: one.journal.take("s-1", 5),
        lambda: one.journal.count_tries("s-1", {1: 1}),
        lambda: one.journal.delete("s-1", 9.0),
        lambda: one.catalog.commit("s-1", [item("/pictures/1.png", 1)], 1.0),
        lambda: one.catalog.undo("s-1", 10),
    ]
    for write in writes:
        with pytest.raises(LeaseLost):
            write()
    assert (one.journal.tally(), one.journal.session("s-1")) == before
    with one.database.reading() as connection:
        for table in (media, replaced):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    # It lives on, and learns what it lost.
    assert one.leases.renew(["s-1"]) == {"s-1"}
    assert one.leases.renew([]) == set()
    with pytest.raises(OwnedElsewhere):
        one.leases.claim("s-1")
    append(other.journal, "s-1", *processed(extracted("c.png")))


def test_a_takeover_waits_for_the_write_that_is_under_way(one: Process, other: Process) -> None:
    begun(one.journal, "s-1", *processed(extracted()))
    one.dies()
    claimed = threading.Event()

    def claim() -> None:
        other.leases.claim("s-1")
        claimed.set()

    thread = threading.Thread(target=claim)
    with one.database.writing() as connection:
        Fence(one.me.owner).check(connection, "s-1")
        thread.start()
        _one_waits_for_a_row(one.database)
        assert not claimed.is_set()
    thread.join()
    assert claimed.is_set()
    with pytest.raises(LeaseLost):
        one.journal.take("s-1", 1)


def _one_waits_for_a_row(database: Database) -> None:
    waits = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND query LIKE 'SELECT 1%FROM sessions%FOR NO KEY UPDATE%'"
    )
    while True:
        with database.reading() as connection:
            if connection.scalar(waits):
                return


def test_of_many_that_want_a_dead_owners_session_one_gets_it(one: Process, start: Callable[[], Process]) -> None:
    begun(one.journal, "s-1", *processed(extracted()))
    one.dies()
    others, got, refused = [start() for _ in range(4)], [], []

    def claim(process: Process) -> None:
        try:
            got.append(process.leases.claim("s-1"))
        except OwnedElsewhere as error:
            refused.append(error)

    threads = [threading.Thread(target=claim, args=(process,)) for process in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, len(refused)) == ([True], 3)


def test_who_leaves_owns_nothing_and_is_forgotten(one: Process, other: Process) -> None:
    begun(one.journal, "s-1", *processed(extracted()))
    one.leases.tell("http://127.0.0.1:1")
    with pytest.raises(OwnedElsewhere) as caught:
        other.leases.claim("s-1")
    assert caught.value.url == "http://127.0.0.1:1"
    one.leases.leave()
    with one.database.reading() as connection:
        assert connection.scalars(select(owners.c.pid)).all() == [2]
    assert other.leases.claim("s-1") is True


def test_the_lease_counts_from_the_databases_clock(one: Process) -> None:
    with one.database.reading() as connection:
        left = text("SELECT leased_until - extract(epoch FROM clock_timestamp()) FROM owners")
        assert 10 < float(connection.scalar(left) or 0) <= 20


def test_two_commits_at_once_over_the_same_files_are_both_whole(one: Process, other: Process) -> None:
    """Paths in opposite orders, texts in common: what would deadlock, or sweep away what the other one needs."""
    begun(one.journal, "s-1")
    begun(other.journal, "s-2")
    paths = [f"/pictures/{number}.png" for number in range(30)]
    failures: list[Exception] = []

    def commit(process: Process, session_id: str, order: list[str]) -> None:
        try:
            for begin in range(0, len(order), 5):
                items = [item(path, seq) for seq, path in enumerate(order[begin : begin + 5], 1)]
                assert process.catalog.commit(session_id, items, 1.0) == []
        except Exception as error:  # noqa: BLE001 (told below, outside the thread)
            failures.append(error)

    threads = [
        threading.Thread(target=commit, args=(one, "s-1", paths)),
        threading.Thread(target=commit, args=(other, "s-2", paths[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert one.catalog.count() == 30
    assert {medium.path for medium in one.catalog.media(limit=100)} == set(paths)
