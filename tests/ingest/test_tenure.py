"""Leases of processes that share a journal in memory, by a clock that is turned by hand."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from tests.ingest.bench import Bench, make, open_bench

from tallylight.engine.inline import InlineEngine
from tallylight.errors import DatabaseUnusable, LeaseLost, OwnedElsewhere, WrongMove
from tallylight.facts import Fact, Moved, Resumed, State
from tallylight.ingest.tenure import LOOK, RENEWAL, Tenure
from tallylight.journal.leases import LEASE, Owner, elsewhere, is_free
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Status
from tallylight.testing import ManualClock, PacedEngine

pytestmark = pytest.mark.anyio


@dataclass
class Book:
    """Who owns what, for all processes of a test."""

    clock: ManualClock
    owner_of: dict[str, str] = field(default_factory=dict)
    leased_until: dict[str, float] = field(default_factory=dict)


@dataclass
class BookLeases:
    """`Leases` in a book."""

    book: Book
    me: str
    fails: bool = False

    def tell(self, url: str) -> None:
        pass

    def renew(self, working_on: Collection[str]) -> set[str]:
        if self.fails:
            raise DatabaseUnusable
        self.book.leased_until[self.me] = self.book.clock.monotonic() + LEASE
        return {each for each in working_on if self.book.owner_of.get(each, self.me) != self.me}

    def claim(self, session_id: str) -> bool:
        if not self._is_free(session_id):
            raise elsewhere(session_id, Owner())
        is_new = self.book.owner_of.get(session_id) != self.me
        self.book.owner_of[session_id] = self.me
        return is_new

    def free(self, session_ids: Collection[str]) -> set[str]:
        if self.fails:
            raise DatabaseUnusable
        return {each for each in session_ids if self._is_free(each)}

    def release(self, session_id: str) -> None:
        if self.book.owner_of.get(session_id) == self.me:
            del self.book.owner_of[session_id]

    def leave(self) -> None:
        for session_id in list(self.book.owner_of):
            self.release(session_id)

    def _is_free(self, session_id: str) -> bool:
        owner = self.book.owner_of.get(session_id)
        until = self.book.leased_until.get(owner) if owner else None
        return is_free(owner, until, self.me, self.book.clock.monotonic())


class SharedJournal(MemoryJournal):
    """One that outlives the process that wrote to it, and remembers the facts."""

    def __init__(self) -> None:
        super().__init__()
        self.appended: list[Fact] = []

    def append(self, session_id: str, facts: list[Fact], state: State) -> int:  # type: ignore[override]
        self.appended += facts
        return super().append(session_id, facts, state)


@pytest.fixture
def book() -> Book:
    return Book(ManualClock())


def tenure(bench: Bench, leases: BookLeases) -> Tenure:
    return Tenure(leases=leases, supervisor=bench.supervisor, clock=leases.book.clock)


async def test_what_a_dead_owner_left_goes_on_once_its_lease_has_run_out(tmp_path: Path, book: Book) -> None:
    make(tmp_path, (f"{number}.png" for number in range(30)))
    journal = SharedJournal()
    one, other = BookLeases(book, "one"), BookLeases(book, "other")
    one.renew(())
    async with open_bench(tmp_path, journal=journal, engine=PacedEngine(InlineEngine()), leases=one) as bench:
        session_id = await bench.start()
        one.claim(session_id)
    assert not journal.session(session_id).state.at_rest, "killed in the middle"
    async with open_bench(tmp_path, journal=journal, leases=other) as bench, anyio.create_task_group() as tasks:
        its = tenure(bench, other)
        tasks.start_soon(its.look)
        await book.clock.advance(LOOK)
        assert bench.supervisor.working_on == frozenset(), "its owner counts as alive"
        with pytest.raises(OwnedElsewhere):
            await bench.supervisor.cancel(session_id)
        with pytest.raises(OwnedElsewhere):
            await bench.supervisor.delete(session_id)
        await book.clock.advance(LEASE)
        await bench.hub.saw(lambda update: update.final)
        await bench.finished(session_id)
        tasks.cancel_scope.cancel()
        state = bench.state(session_id)
        assert (state.status, state.files, state.processed) == (Status.COMPLETED, 30, 30)
        assert sum(isinstance(fact, Resumed) for fact in journal.appended) == 1
        assert book.clock.monotonic() < 30


async def test_a_paused_session_of_a_dead_owner_stays_paused_and_can_be_resumed(tmp_path: Path, book: Book) -> None:
    make(tmp_path, (f"{number}.png" for number in range(30)))
    journal, one, other = SharedJournal(), BookLeases(book, "one"), BookLeases(book, "other")
    async with open_bench(tmp_path, journal=journal, engine=PacedEngine(InlineEngine()), leases=one) as bench:
        session_id = await bench.start()
        one.claim(session_id)
        await bench.supervisor.pause(session_id)
    async with open_bench(tmp_path, journal=journal, leases=other) as bench:
        await bench.supervisor.recover()
        assert book.owner_of == {session_id: "other"}, "its owner never said that it was alive"
        assert bench.state(session_id).status is Status.PAUSED
        await bench.supervisor.resume(session_id)
        await bench.finished(session_id)
        assert bench.state(session_id).status is Status.COMPLETED


async def test_a_lease_is_renewed_as_long_as_its_owner_lives(book: Book, tmp_path: Path) -> None:
    one, other = BookLeases(book, "one"), BookLeases(book, "other")
    async with open_bench(tmp_path, leases=one) as bench, anyio.create_task_group() as tasks:
        one.renew(())
        one.claim("s-1")
        tasks.start_soon(tenure(bench, one).keep)
        for _ in range(20):
            await book.clock.advance(RENEWAL)
            # A thread renews it.
            while book.leased_until["one"] < book.clock.monotonic() + LEASE:
                await anyio.lowlevel.checkpoint()
            assert other.free(["s-1"]) == set()
        tasks.cancel_scope.cancel()


async def test_what_another_took_over_is_given_up_without_a_word(
    tmp_path: Path, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, (f"{number}.png" for number in range(30)))
    one = BookLeases(book, "one")
    async with open_bench(tmp_path, engine=PacedEngine(InlineEngine()), leases=one) as bench:
        session_id = await bench.start()
        before = len(list(bench.journal.facts(session_id)))
        book.owner_of[session_id] = "other"
        with caplog.at_level(logging.WARNING):
            await tenure(bench, one).renew()
            await bench.finished(session_id)
        assert f"session {session_id} was taken over by another process" in caplog.text
        await anyio.wait_all_tasks_blocked()
        assert bench.supervisor.working_on == frozenset()
        assert not any(update.final for update in bench.hub.updates), "nobody is told of an end"
        moves = [fact for _, fact in list(bench.journal.facts(session_id))[before:] if isinstance(fact, Moved)]
        assert all(move.status is Status.PROCESSING for move in moves)


async def test_a_write_that_the_fence_refuses_ends_the_work_and_tells_no_failure(tmp_path: Path) -> None:
    class Fenced(MemoryJournal):
        lost = False

        def append(self, *given: object) -> int:
            if self.lost:
                raise LeaseLost
            return super().append(*given)  # type: ignore[arg-type]

    make(tmp_path, (f"{number}.png" for number in range(30)))
    journal, engine = Fenced(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        await engine.holds()
        journal.lost = True
        engine.open()
        await bench.finished(session_id)
        assert bench.supervisor.record_of(session_id) is None
        assert not any(update.final for update in bench.hub.updates)


async def test_a_session_at_rest_is_nobodys_after_a_command_that_it_refuses(tmp_path: Path, book: Book) -> None:
    make(tmp_path, ["a.png"])
    one = BookLeases(book, "one")
    async with open_bench(tmp_path, leases=one) as bench:
        session_id = await bench.start()
        await bench.finished(session_id)
        for command in (bench.supervisor.undo, bench.supervisor.retry):
            with pytest.raises(WrongMove):
                await command(session_id)
            assert book.owner_of == {}
        await bench.supervisor.commit(session_id)
        await bench.finished(session_id)
        await bench.supervisor.delete(session_id)


async def test_a_session_whose_database_was_away_begins_again(tmp_path: Path) -> None:
    class Away(MemoryJournal):
        is_away = False

        def append(self, *given: object) -> int:
            if self.is_away:
                raise DatabaseUnusable
            return super().append(*given)  # type: ignore[arg-type]

    make(tmp_path, (f"{number}.png" for number in range(30)))
    journal, engine = Away(), PacedEngine(InlineEngine())
    async with open_bench(tmp_path, journal=journal, engine=engine) as bench:
        session_id = await bench.start()
        await engine.holds()
        journal.is_away = True
        engine.open()
        await bench.finished(session_id)
        assert bench.hub.updates[-1].state["error"]["code"] == "database_unusable"
        journal.is_away = False
        await bench.supervisor.recover()
        await bench.finished(session_id)
        assert bench.state(session_id).status is Status.COMPLETED
