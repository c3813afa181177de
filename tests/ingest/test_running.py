from __future__ import annotations

import logging

import anyio
import pytest
from tests.ingest.bench import GatedJournal, SeenHub

from tallylight.db import Writer
from tallylight.errors import BadFolder, DataFolderUnusable
from tallylight.facts import Moved, Started, initial
from tallylight.ingest.running import GO_ON, Running, Work, innermost
from tallylight.journal import Session
from tallylight.model import Parameters, Status
from tallylight.recorder import Recorder
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio

STARTED = Started(at=1.0)


class Life:
    """One `Running` over a journal that a test can let fail."""

    def __init__(self, work: Work | None = None) -> None:
        parameters = Parameters(directories=("/pictures",))
        self.journal, self.hub, self.writer = GatedJournal(), SeenHub(), Writer()
        self.session = Session(
            session_id="s", epoch="abcdef", created_at=1.0, parameters=parameters, state=initial("s", parameters)
        )
        self.journal.create(self.session)
        clock = ManualClock()
        self.record = Recorder(self.session, journal=self.journal, write=self.writer.run, hub=self.hub, clock=clock)
        self.running = Running(
            self.session, self.record, work or self.complete, clock.now, failed=Status.ERROR, halted=Status.CANCELLED
        )

    @classmethod
    def waiting(cls, *, halted: Status | None) -> Life:
        """One whose work goes on until it is stopped."""
        life = cls()
        life.running = Running(life.session, life.record, life.wait, lambda: 9.0, failed=Status.ERROR, halted=halted)
        return life

    async def move(self, status: Status) -> None:
        await self.record.record(Moved(at=2.0, status=status))

    async def complete(self) -> Moved:
        await self.move(Status.PROCESSING)
        return Moved(at=3.0, status=Status.COMPLETED)

    async def wait(self) -> Moved:
        await self.move(Status.PROCESSING)
        await anyio.sleep_forever()
        raise AssertionError

    async def live(self) -> None:
        """A whole life, to its end."""
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._live)
        await self.writer.aclose()

    async def _live(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        await self.running.live(STARTED, task_status=task_status)

    @property
    def stored(self) -> Status:
        return self.journal.session("s").state.status


async def test_work_that_ends_well() -> None:
    life = Life()
    await life.live()
    assert life.stored is life.record.state.status is Status.COMPLETED
    assert not life.running.is_broken
    with anyio.fail_after(1):
        await life.running.finished()


async def test_it_has_started_once_the_first_fact_is_durable() -> None:
    life = Life()
    async with anyio.create_task_group() as tasks:
        await tasks.start(life._live)
        assert [type(fact) for _, fact in life.journal.facts("s")][:1] == [Started]
    await life.writer.aclose()


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (BadFolder("/pictures has gone; plug the disk in."), "bad_folder", "/pictures has gone; plug the disk in."),
        (RuntimeError("a bug"), "internal", "RuntimeError('a bug')"),
        (ExceptionGroup("", [ExceptionGroup("", [BadFolder("Gone.")])]), "bad_folder", "Gone."),
    ],
)
async def test_work_that_fails_says_so_and_takes_nothing_along(error: Exception, code: str, words: str) -> None:
    async def work() -> Moved:
        raise error

    life = Life(work)
    await life.live()
    state = life.journal.session("s").state
    assert (state.status, state.code) == (Status.ERROR, code)
    assert words in state.message


async def test_the_unforeseen_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> Moved:
        raise RuntimeError("a bug")

    with caplog.at_level(logging.ERROR):
        await Life(work).live()
    assert "session s failed" in caplog.text
    assert "a bug" in caplog.text


async def test_halted_work_ends_where_it_should() -> None:
    life = Life.waiting(halted=Status.CANCELLED)
    async with anyio.create_task_group() as tasks:
        await tasks.start(life._live)
        await life.hub.saw(lambda update: update.state["status"] == "processing")
        await life.running.halt()
        assert life.stored is Status.CANCELLED
    await life.writer.aclose()


async def test_halted_before_it_began_it_is_cancelled_all_the_same() -> None:
    life = Life()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(life.running.halt)
        await anyio.lowlevel.checkpoint()
        await tasks.start(life._live)
    await life.writer.aclose()
    assert life.stored is Status.CANCELLED


async def test_halted_work_may_leave_nothing() -> None:
    life = Life.waiting(halted=None)
    async with anyio.create_task_group() as tasks:
        await tasks.start(life._live)
        await life.hub.saw(lambda update: update.state["status"] == "processing")
        await life.running.halt()
    await life.writer.aclose()
    assert life.stored is Status.PROCESSING


async def test_abandoned_work_leaves_nothing() -> None:
    life = Life.waiting(halted=Status.CANCELLED)
    async with anyio.create_task_group() as tasks:
        await tasks.start(life._live)
        await life.hub.saw(lambda update: update.state["status"] == "processing")
        with anyio.fail_after(5):
            await life.running.abandon()
    await life.writer.aclose()
    assert life.stored is Status.PROCESSING
    assert not any(update.final for update in life.hub.updates)


async def test_halting_what_has_finished_changes_nothing() -> None:
    life = Life()
    await life.live()
    with anyio.fail_after(1):
        await life.running.halt()
    assert life.stored is Status.COMPLETED


async def test_a_stopping_server_leaves_the_session_in_motion() -> None:
    life = Life.waiting(halted=Status.CANCELLED)
    async with anyio.create_task_group() as tasks:
        await tasks.start(life._live)
        await life.hub.saw(lambda update: update.state["status"] == "processing")
        tasks.cancel_scope.cancel()
    await life.writer.aclose()
    assert life.stored is Status.PROCESSING
    with anyio.fail_after(1):
        await life.running.finished()


@pytest.mark.parametrize("failing", [Status.PROCESSING, Status.COMPLETED])
async def test_a_journal_that_fails_ends_the_session_in_sight_alone(failing: Status) -> None:
    life = Life()
    life.journal.fail_when = lambda facts: any(isinstance(fact, Moved) and fact.status is failing for fact in facts)
    with anyio.fail_after(5):
        await life.live()
    assert life.running.is_broken
    assert life.stored is not Status.ERROR, "it could not be written"
    shown = life.hub.updates[-1]
    assert (shown.state["status"], shown.final) == ("error", True)
    assert shown.state["error"] == {"code": "data_folder_unusable", "message": f"The disk is full; make room.{GO_ON}"}


async def test_a_session_that_another_process_took_over_is_not_shown_as_failed() -> None:
    life = Life()

    async def is_ours() -> bool:
        await anyio.lowlevel.checkpoint()
        return False

    life.running = Running(
        life.session,
        life.record,
        life.complete,
        lambda: 9.0,
        failed=Status.ERROR,
        halted=Status.CANCELLED,
        is_ours=is_ours,
    )
    life.journal.fail_when = lambda facts: any(isinstance(fact, Moved) for fact in facts)
    with anyio.fail_after(5):
        await life.live()
    assert not life.running.is_broken
    assert [update.state["status"] for update in life.hub.updates] == ["starting"]


async def test_a_journal_that_fails_at_once_fails_the_command() -> None:
    life = Life()
    life.journal.fail_when = lambda _facts: True
    with pytest.raises(ExceptionGroup) as caught, anyio.fail_after(5):
        await life.live()
    assert isinstance(innermost(caught.value), DataFolderUnusable)
    assert life.hub.updates == []
    with anyio.fail_after(1):
        await life.running.finished()
    await life.writer.aclose()


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_innermost(depth: int) -> None:
    cause: Exception = ValueError("the cause")
    error = cause
    for _ in range(depth):
        error = ExceptionGroup("", [error, KeyError("another")])
    assert innermost(error) is cause
