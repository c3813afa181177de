"""Schedules on a clock that the test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from tests.ingest.bench import Bench, make, open_bench

from tallylight.db import Writer
from tallylight.engine.inline import InlineEngine
from tallylight.errors import BadFolder, BadParameters
from tallylight.facts import State
from tallylight.ingest.discover import is_media
from tallylight.ingest.fresh import Sight
from tallylight.ingest.scheduler import Scheduler, Scheduling, due, new_schedule
from tallylight.model import Status
from tallylight.roots import Roots
from tallylight.schedules import Schedule
from tallylight.schedules.memory import MemorySchedules
from tallylight.testing import ManualClock, PacedEngine

pytestmark = pytest.mark.anyio

#: More than a file needs to stand still, in seconds.
A_MOMENT = 12.0
#: Less than that, so that what grows from step to step never stands still.
STEP = 4.0


@dataclass
class Served:
    """A server's part that runs schedules, on a bench."""

    bench: Bench
    schedules: MemorySchedules
    writer: Writer
    told: list[anyio.abc.ObjectSendStream[Collection[str]]] = field(default_factory=list)
    is_remote: bool = False

    @property
    def clock(self) -> ManualClock:
        return self.bench.clock

    def schedule(self, rule: str, **fields: Any) -> Schedule:
        known = {"schedule_id": "s-1", "folder": str(self.bench.root), "auto_commit": False}
        schedule = Schedule(**{**known, "rule": rule, "created_at": self.clock.now(), **fields})
        self.schedules.add(schedule)
        return schedule

    def scheduler(self, tasks: anyio.abc.TaskGroup, skip: tuple[str, ...] = ()) -> Scheduler:
        sight = Sight(
            roots=self.bench.roots,
            catalog=self.bench.catalog,
            schedules=self.schedules,
            skip=skip,
            wanted=is_media,
        )
        scheduling = Scheduling(
            sight=sight,
            journal=self.bench.journal,
            supervisor=self.bench.supervisor,
            write=self.writer.run,
            clock=self.clock,
            changes=self._changes,
            must_poll=lambda _folders: self.is_remote,
            zone=UTC,
        )
        return Scheduler(scheduling, tasks)

    async def _changes(
        self, _folders: list[str], _poll: bool, _wanted: Callable[[str], bool]
    ) -> AsyncIterator[Collection[str]]:
        send, receive = anyio.create_memory_object_stream[Collection[str]](10)
        self.told.append(send)
        async with send, receive:
            async for paths in receive:
                yield paths

    def states(self) -> list[State]:
        """Of all sessions, the oldest first."""
        return [self.bench.state(session.session_id) for session in reversed(self.bench.journal.sessions())]

    async def passes(self, seconds: float) -> None:
        """Let time pass, a little at a time, so that what threads do falls in between."""
        end = self.clock.monotonic() + seconds
        step = max(STEP, seconds / 40)
        with anyio.fail_after(40):
            while self.clock.monotonic() < end:
                await self._turn(step)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something is so."""
        with anyio.fail_after(40):
            while not condition():
                await self._turn(STEP)

    async def rests(self, count: int) -> list[State]:
        """Let time pass until there are so many sessions, all at rest and seen through."""
        await self.until(lambda: len(self.states()) >= count and all(state.at_rest for state in self.states()))
        await self.passes(A_MOMENT)
        assert len(self.states()) == count
        return self.states()

    async def _turn(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        # Several things are asked of threads, one after the other, until the next wait.
        for _ in range(30):
            await to_thread.run_sync(lambda: None)


@asynccontextmanager
async def served(root: Path, **fields: Any) -> AsyncIterator[Served]:
    async with open_bench(root, **fields) as bench:
        writer = Writer()
        yield Served(bench, MemorySchedules(), writer)
        await writer.aclose()


@asynccontextmanager
async def running(it: Served, count: int = 1, **fields: Any) -> AsyncIterator[Scheduler]:
    """So many processes that run the same schedules."""
    async with anyio.create_task_group() as tasks:
        schedulers = [it.scheduler(tasks, **fields) for _ in range(count)]
        for scheduler in schedulers:
            tasks.start_soon(scheduler.run)
        yield schedulers[0]
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("auto_commit", [True, False])
async def test_what_is_new_makes_one_session_and_nothing_makes_none(tmp_path: Path, auto_commit: bool) -> None:
    make(tmp_path, ["a.png", "day/b.png", "bad.png", "note.txt"])
    async with served(tmp_path) as it:
        schedule = it.schedule("every 15m", auto_commit=auto_commit)
        async with running(it):
            (state,) = await it.rests(1)
            assert (state.status, state.processed) == (Status.COMMITTED if auto_commit else Status.COMPLETED, 3)
            assert it.bench.catalog.count() == (2 if auto_commit else 0)
            assert it.schedules.one(schedule.schedule_id).session_id == state.session_id
            await it.passes(3600)
            assert len(it.states()) == 1, "also the file that cannot be read is taken once"
            make(tmp_path / "later", ["c.png"])
            await it.passes(901)
            assert [one.files for one in await it.rests(2)] == [3, 1]


async def test_a_file_that_changed_is_taken_again(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        it.schedule("every 1m")
        async with running(it):
            await it.rests(1)
            make(tmp_path, ["a.png"], mtime_ns=5)
            await it.passes(61)
            await it.rests(2)


async def test_what_grows_is_left_for_the_next_look(tmp_path: Path) -> None:
    make(tmp_path, ["a.png", "copying/b.png"])
    async with served(tmp_path) as it:
        it.schedule("every 10m", auto_commit=True)
        async with running(it):

            def grow() -> bool:
                with (tmp_path / "copying" / "b.png").open("ab") as file:
                    file.write(b"more")
                return bool(it.states())

            await it.until(grow)
            assert it.clock.monotonic() >= 60, "it waits a while for what lies below"
            await it.rests(1)
            await it.passes(600)
            states = await it.rests(2)
            assert states[-1].status is Status.COMMITTED
        assert it.bench.catalog.count() == 2


async def test_a_time_of_day_is_waited_for_and_a_missed_one_made_up_for_once(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        # It is 2027-01-15 08:00 UTC there.
        schedule = it.schedule("daily 09:00", auto_commit=True)
        async with running(it):
            await it.passes(3500)
            assert it.states() == []
            await it.passes(101)
            await it.rests(1)
        assert due(it.schedules.one(schedule.schedule_id), it.clock.now(), UTC) == 1_800_000_000 + 25 * 3600
        # Three days nobody was there.
        await it.clock.advance(3 * 86_400)
        make(tmp_path, ["b.png"])
        async with running(it):
            await it.rests(2)
            make(tmp_path, ["c.png"])
            await it.passes(1800)
            assert len(it.states()) == 2, "once, and then at its time"


async def test_a_session_that_is_still_going_is_not_started_twice(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    engine = PacedEngine(InlineEngine())
    async with served(tmp_path, engine=engine) as it:
        schedule = it.schedule("every 1m", auto_commit=True)
        async with running(it) as scheduler:
            await it.until(lambda: scheduler.is_busy(schedule.schedule_id) and bool(it.states()))
            make(tmp_path, ["b.png"])
            await it.passes(600)
            assert len(it.states()) == 1
            engine.open()
            assert [state.status for state in await it.rests(2)] == [Status.COMMITTED] * 2
            assert not scheduler.is_busy(schedule.schedule_id)


async def test_what_the_disk_tells_is_taken_once_it_stands_still(tmp_path: Path) -> None:
    make(tmp_path, ["there.png"])
    async with served(tmp_path) as it:
        it.schedule("events", auto_commit=True)
        async with running(it):
            await it.rests(1)
            make(tmp_path / "new", ["a.png", "b.png"])
            begun = it.clock.monotonic()
            await it.told[0].send({str(tmp_path / "new")})
            states = await it.rests(2)
            assert states[1].files == 2
            assert it.clock.monotonic() - begun >= 5
            await it.told[0].send({str(tmp_path / "new" / "a.png")})
            await it.passes(60)
            assert len(it.states()) == 2, "touched, and the same as before"
            make(tmp_path / "untold", ["c.png"])
            await it.passes(3700)
            await it.rests(3)
            make(tmp_path, ["gone.png"])
            await it.told[0].send({str(tmp_path / "gone.png")})
            (tmp_path / "gone.png").unlink()
            await it.passes(60)
            assert len(it.states()) == 3


async def test_a_network_folder_is_looked_at_every_minute(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        it.is_remote = True
        it.schedule("events", auto_commit=True)
        async with running(it):
            await it.rests(1)
            make(tmp_path, ["b.png"])
            await it.passes(61)
            await it.rests(2)
            assert it.told == []


@pytest.mark.parametrize("rule", ["every 1m", "events"])
async def test_two_processes_take_each_file_once(tmp_path: Path, rule: str) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        it.schedule(rule)
        async with running(it, 2):
            await it.rests(1)
            make(tmp_path, ["b.png"])
            for told in it.told:
                await told.send({str(tmp_path / "b.png")})
            await it.passes(61)
            await it.rests(2)


async def test_the_data_folder_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, ["data/thumbnails/ab/x.jpg"])
    async with served(tmp_path) as it:
        it.schedule("events")
        async with running(it, skip=(f"{tmp_path}/data",)):
            await it.until(lambda: bool(it.told))
            await it.told[0].send({f"{tmp_path}/data/thumbnails/ab/x.jpg", f"{tmp_path}/data"})
            await it.passes(60)
            assert it.states() == []


@pytest.mark.parametrize("rule", ["every 1m", "events"])
async def test_a_folder_that_is_gone_is_told_and_comes_back(tmp_path: Path, rule: str) -> None:
    root = tmp_path / "root"
    make(root, ["a.png"])
    async with served(root) as it:
        schedule = it.schedule(rule)
        root.rename(tmp_path / "away")
        async with running(it):
            await it.until(lambda: "does not exist" in it.schedules.one(schedule.schedule_id).trouble)
            (tmp_path / "away").rename(root)
            await it.rests(1)
            await it.until(lambda: not it.schedules.one(schedule.schedule_id).trouble)


async def test_what_fails_unforeseen_is_logged_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        schedule = it.schedule("every 1m")

        def broken(*_: object) -> None:
            raise RuntimeError("no answer")

        monkeypatch.setattr(it.bench.catalog, "known", broken)
        async with running(it):
            await it.until(lambda: "unforeseen" in it.schedules.one(schedule.schedule_id).trouble)
            assert "no answer" in caplog.text
            monkeypatch.undo()
            await it.rests(1)


async def test_schedules_come_and_go_while_it_runs(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it, running(it) as scheduler:
        await it.passes(60)
        schedule = it.schedule("every 1m")
        scheduler.changed()
        await it.rests(1)
        it.schedules.remove(schedule.schedule_id)
        make(tmp_path, ["b.png"])
        await it.passes(180)
        assert len(it.states()) == 1, "noticed also where nobody told of it"


async def test_what_an_earlier_process_left_is_committed(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    async with served(tmp_path) as it:
        state = await it.bench.run(auto_commit=True)
        by_hand = await it.bench.run()
        it.schedule("daily 00:00", auto_commit=True, session_id=state.session_id)
        async with running(it):
            await it.until(lambda: it.bench.state(state.session_id).status is Status.COMMITTED)
            await it.passes(60)
        assert it.bench.state(by_hand.session_id).status is Status.COMPLETED


async def test_a_session_that_was_stopped_is_not_committed(tmp_path: Path) -> None:
    make(tmp_path, ["a.png"])
    engine = PacedEngine(InlineEngine())
    async with served(tmp_path, engine=engine) as it:
        it.schedule("every 1m", auto_commit=True)
        async with running(it):
            await it.until(lambda: bool(it.states()))
            await it.bench.supervisor.cancel(it.states()[0].session_id)
            (state,) = await it.rests(1)
            assert state.status is Status.CANCELLED
            await it.passes(180)
            assert len(it.states()) == 1, "whoever stopped it does not want it again at once"


def test_a_schedule_is_checked_before_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    roots = Roots((str(tmp_path / "root"),))
    making = partial(new_schedule, roots, auto_commit=False, now=1.0)
    assert making(f"{tmp_path}/root/../root", "EVERY 5m").folder == f"{tmp_path}/root"
    with pytest.raises(BadFolder, match="outside the folders"):
        making(str(tmp_path), "events")
    with pytest.raises(BadFolder, match="does not exist"):
        making(f"{tmp_path}/root/x", "events")
    with pytest.raises(BadParameters, match="no time to look"):
        making(f"{tmp_path}/root", "now and then")
