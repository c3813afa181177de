from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import pytest
from tests.ingest.bench import GatedJournal, SeenHub

from tallylight.db import Writer
from tallylight.errors import DataFolderUnusable, WrongMove
from tallylight.facts import CommitPlanned, Committed, Counted, Discovered, Fact, Moved, Processed, Started, initial
from tallylight.journal import Session
from tallylight.messages import Busy, view
from tallylight.model import Outcome, OutcomeKind, Parameters, Status
from tallylight.recorder import Recorder
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0
PARAMETERS = Parameters(directories=("/pictures",))
BEGIN: tuple[Fact, ...] = (
    Started(at=NOW),
    Moved(at=NOW, status=Status.PROCESSING),
    Discovered(at=NOW, files=100, bytes=10_000),
    Counted(at=NOW),
)


def processed(at: float = NOW, file: str = "a.png") -> Processed:
    return Processed(at=at, outcome=Outcome(root="/pictures", file=file, kind=OutcomeKind.EXTRACTED, bytes=100))


@dataclass
class Desk:
    journal: GatedJournal
    hub: SeenHub
    clock: ManualClock
    recorder: Recorder
    runner: anyio.CancelScope

    def shut(self) -> None:
        """Hold every write from now on."""
        self.journal.gate.clear()

    def open(self) -> None:
        self.journal.gate.set()

    async def append_begun(self, count: int) -> None:
        """Return once so many appends were begun."""
        with anyio.fail_after(10):
            while len(self.journal.appended) < count:
                await anyio.lowlevel.checkpoint()

    @property
    def shown(self) -> list[int]:
        return [update.seq for update in self.hub.updates]


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """A recorder at work on a session without facts."""
    journal, hub, clock, writer = GatedJournal(), SeenHub(), ManualClock(NOW), Writer()
    session = Session(
        session_id="s", epoch="abcdef", created_at=NOW, parameters=PARAMETERS, state=initial("s", PARAMETERS), tally=0
    )
    journal.create(session)
    recorder = Recorder(session, journal=journal, write=writer.run, hub=hub, clock=clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(recorder.run)
        yield Desk(journal, hub, clock, recorder, tasks.cancel_scope)
        journal.gate.set()
        tasks.cancel_scope.cancel()
    await writer.aclose()


async def test_a_fact_is_durable_and_visible_when_record_returns() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        assert desk.journal.session("s").state == desk.recorder.state
        assert desk.recorder.state.seq == 4
        (update,) = desk.hub.updates
        assert (update.key, update.epoch, update.seq, update.final) == ("s", "abcdef", 4, False)
        assert update.tally == desk.journal.tally() > 0
        assert update.state == view(desk.recorder.state, desk.recorder.state.at)


async def test_nothing_is_visible_before_it_is_durable() -> None:
    async with open_desk() as desk:
        desk.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.recorder.record, *BEGIN)
            await desk.append_begun(1)
            await anyio.wait_all_tasks_blocked()
            assert desk.hub.updates == []
            assert desk.recorder.state.seq == 0
            assert desk.recorder.update().seq == 0
            desk.open()
        assert desk.shown == [4]


async def test_what_comes_during_a_write_makes_one_next_write() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        desk.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.recorder.record, processed(file="first.png"))
            await desk.append_begun(2)
            for number in range(20):
                tasks.start_soon(desk.recorder.record, processed(file=f"{number}.png"))
            await anyio.wait_all_tasks_blocked()
            desk.open()
        assert [len(batch) for batch in desk.journal.appended] == [4, 1, 20]
        assert desk.shown == [4, 5, 25]
        files = [item.outcome.file for item in desk.journal.items("s")]
        assert files == ["first.png", *(f"{number}.png" for number in range(20))]


async def test_a_lone_fact_waits_for_nobody() -> None:
    async with open_desk() as desk:
        with anyio.fail_after(5):
            for number in range(5):
                await desk.recorder.record(Discovered(at=NOW, files=number))
        assert [len(batch) for batch in desk.journal.appended] == [1] * 5


async def test_facts_recorded_together_stay_together() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        assert [fact for _, fact in desk.journal.facts("s")] == list(BEGIN)


async def test_recording_nothing_is_nothing() -> None:
    async with open_desk() as desk:
        with anyio.fail_after(1):
            await desk.recorder.record()
        assert desk.journal.appended == []


@pytest.mark.parametrize("company", [(), (Discovered(at=NOW, files=7),)])
async def test_a_wrong_move_leaves_no_trace(company: tuple[Fact, ...]) -> None:
    async with open_desk() as desk:
        await desk.recorder.record(Started(at=NOW))
        with pytest.raises(WrongMove):
            await desk.recorder.record(*company, Moved(at=NOW, status=Status.COMMITTED))
        await desk.recorder.record(Discovered(at=NOW, files=1))
        assert [len(batch) for batch in desk.journal.appended] == [1, 1]
        assert (desk.recorder.state.seq, desk.recorder.state.files) == (2, 1)


async def test_a_move_is_judged_by_what_is_on_its_way_too() -> None:
    async with open_desk() as desk:
        desk.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.recorder.record, *BEGIN)
            await desk.append_begun(1)
            tasks.start_soon(desk.recorder.record, Moved(at=NOW, status=Status.COMPLETED))
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(WrongMove):
                await desk.recorder.record(Moved(at=NOW, status=Status.CANCELLED))
            desk.open()
        assert desk.recorder.state.status is Status.COMPLETED


async def test_a_failed_write_reaches_everyone_who_waits_for_it() -> None:
    failed: list[str] = []

    async def record(desk: Desk, name: str) -> None:
        with anyio.CancelScope(shield=True):  # the failing recorder cancels the group that both stand in
            try:
                await desk.recorder.record(Discovered(at=NOW, files=1))
            except DataFolderUnusable:
                failed.append(name)

    async def fail() -> None:
        async with open_desk() as desk:
            desk.shut()
            desk.journal.fail_when = lambda _facts: True
            async with anyio.create_task_group() as tasks:
                for name in "abc":
                    tasks.start_soon(record, desk, name)
                await anyio.wait_all_tasks_blocked()
                assert desk.hub.updates == []
                desk.open()

    with pytest.raises(ExceptionGroup) as caught:
        await fail()
    assert sorted(failed) == ["a", "b", "c"]
    assert caught.group_contains(DataFolderUnusable)


async def test_a_cancelled_caller_leaves_its_facts_standing() -> None:
    async with open_desk() as desk:
        desk.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.recorder.record, *BEGIN)
            await desk.append_begun(1)
            tasks.cancel_scope.cancel()
        desk.open()
        await desk.hub.saw(lambda update: update.seq == 4)
        await desk.recorder.record(processed())
        assert desk.journal.session("s").state.seq == 5


# --- the message between facts -----------------------------------------------------------------------------------


async def test_a_moving_session_is_told_anew_once_a_second() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        for second in (1, 2, 3):
            await desk.clock.advance(0.9)
            assert len(desk.hub.updates) == second
            await desk.clock.advance(0.1)
            assert len(desk.hub.updates) == second + 1
        assert desk.shown == [4, 4, 4, 4]
        assert [update.state["t"] - NOW for update in desk.hub.updates] == pytest.approx([0, 1, 2, 3])
        assert [update.state["elapsed_s"] for update in desk.hub.updates] == [0, 1, 2, 3]
        assert len(desk.journal.appended) == 1, "a refresh is no fact"


async def test_a_session_whose_facts_flow_is_told_its_rates_with_them() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        for _ in range(12):
            await desk.clock.advance(0.25)
            await desk.recorder.record(processed(at=desk.clock.now()))
        assert desk.shown == list(range(4, 17)), "each message has a new fact"
        elapsed = [update.state["elapsed_s"] for update in desk.hub.updates]
        assert elapsed == pytest.approx([0, 0, 0, 0.8, 0.8, 0.8, 1.5, 1.5, 1.5, 2.2, 2.2, 2.2, 3.0])


async def test_the_first_second_without_a_fact_is_told() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        await desk.clock.advance(0.8)
        await desk.recorder.record(processed(at=desk.clock.now()))
        await desk.clock.advance(0.9)
        assert desk.shown == [4, 5]
        await desk.clock.advance(0.1)
        assert desk.shown == [4, 5, 5]
        assert desk.hub.updates[-1].state["elapsed_s"] == 1.8


async def test_a_question_for_the_state_takes_no_refresh_away() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        await desk.clock.advance(0.9)
        desk.recorder.update(desk.clock.now())
        await desk.clock.advance(0.1)
        assert desk.shown == [4, 4]


async def test_a_session_at_rest_is_not_told_anew() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN, Moved(at=NOW, status=Status.COMPLETED))
        assert desk.hub.updates[-1].final
        await desk.clock.advance(5.0)
        assert len(desk.hub.updates) == 1


async def test_a_refresh_shows_nothing_that_is_not_durable() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        desk.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.recorder.record, processed())
            await desk.append_begun(2)
            await desk.clock.advance(1.0)
            assert desk.shown == [4, 4]
            desk.open()


async def test_the_pace_and_the_time_left() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        assert "eta_s" not in desk.recorder.message()
        await desk.clock.advance(2.0)
        await desk.recorder.record(*(processed(at=desk.clock.now()) for _ in range(20)))
        message = desk.recorder.message(desk.clock.now())
        assert (message["files_per_s"], message["bytes_per_s"], message["eta_s"]) == (10.0, 1000.0, 8.0)


async def test_no_time_left_is_told_while_the_total_is_unknown() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN[:3])
        await desk.clock.advance(2.0)
        await desk.recorder.record(processed(at=desk.clock.now()))
        message = desk.recorder.message(desk.clock.now())
        assert message["files_per_s"] == 0.5
        assert "eta_s" not in message


async def test_a_commit_has_a_pace_of_its_own() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(
            *BEGIN, Moved(at=NOW, status=Status.COMPLETED), Moved(at=NOW, status=Status.COMMITTING)
        )
        await desk.recorder.record(CommitPlanned(at=NOW, total=100))
        await desk.clock.advance(1.0)
        await desk.recorder.record(Committed(at=desk.clock.now(), done=39, failures=(("a.png", "Odd."),)))
        message = desk.recorder.message(desk.clock.now())
        assert (message["files_per_s"], message["eta_s"], message["progress"]) == (40.0, 1.5, 40)


async def test_the_current_file_is_asked_for_each_message() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        names = iter(["one.png", "two.png"])
        desk.recorder.current_file = lambda: next(names)
        assert desk.recorder.message()["current_file"] == "one.png"
        assert desk.recorder.message()["current_file"] == "two.png"


async def test_what_workers_are_on_is_asked_for_with_the_pace_and_kept_in_between() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        asked = iter([[Busy("one.png", NOW)], [Busy("two.png", NOW + 2)]])
        desk.recorder.busy = lambda: next(asked)
        assert "workers" not in desk.recorder.message()
        assert desk.recorder.message(NOW + 1.0)["workers"] == [{"file": "one.png", "s": 1.0}]
        await desk.recorder.record(processed(at=NOW + 1.2))
        assert desk.recorder.message()["workers"] == [{"file": "one.png", "s": 1.0}], "a patch holds counts alone"
        await desk.recorder.record(processed(at=NOW + 2.5))
        assert desk.recorder.message()["workers"] == [{"file": "two.png", "s": 0.5}]


async def test_what_is_recorded_while_or_after_the_journal_fails_waits_for_nothing() -> None:
    refused: list[str] = []

    async def record(desk: Desk, name: str) -> None:
        with anyio.CancelScope(shield=True):
            with pytest.raises(DataFolderUnusable):
                await desk.recorder.record(Discovered(at=NOW, files=1))
            refused.append(name)

    async def fail() -> None:
        async with open_desk() as desk:
            desk.shut()
            desk.journal.fail_when = lambda _facts: True
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(record, desk, "in the batch that fails")
                await desk.append_begun(1)
                tasks.start_soon(record, desk, "in the one after it")
                await anyio.wait_all_tasks_blocked()
                desk.open()
                with anyio.CancelScope(shield=True):
                    while len(refused) < 2:
                        await anyio.lowlevel.checkpoint()
                    await record(desk, "later")

    with pytest.raises(ExceptionGroup), anyio.fail_after(10):
        await fail()
    assert sorted(refused) == ["in the batch that fails", "in the one after it", "later"]


async def test_an_unsaved_fact_is_shown_and_not_written() -> None:
    async with open_desk() as desk:
        await desk.recorder.record(*BEGIN)
        desk.recorder.publish_unsaved(Moved(at=NOW + 1, status=Status.ERROR, code="internal", message="Sorry."))
        update = desk.hub.updates[-1]
        assert (update.seq, update.final, update.state["error"]["message"]) == (4, True, "Sorry.")
        assert desk.recorder.state.status is Status.ERROR
        assert desk.journal.session("s").state.seq == 4
