"""What another process writes to the journal, told to the readers of this one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio
import pytest
from tests.contract.journal_suite import append, begun, extracted, new_session, processed
from tests.ingest.bench import SeenHub

from tallylight.facts import Counted, Discovered, Moved, Started
from tallylight.ingest.ports import Answer, Args, Record
from tallylight.journal import Tombstone
from tallylight.journal.memory import MemoryJournal
from tallylight.live import Update, Wish
from tallylight.mirror import Mirror
from tallylight.model import Status
from tallylight.recorder import Recorder
from tallylight.testing import ManualClock

pytestmark = pytest.mark.anyio


@dataclass
class Here:
    """One process with its mirror; the test writes for the other."""

    journal: MemoryJournal = field(default_factory=MemoryJournal)
    hub: SeenHub = field(default_factory=lambda: SeenHub(is_sole=False))
    clock: ManualClock = field(default_factory=ManualClock)
    running: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mirror = Mirror(
            journal=self.journal,
            hub=self.hub,
            clock=self.clock,
            record_of=self.running.get,
            deleted=_deleted,
            heard=lambda _seconds: True,
        )

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(update.key, update.seq) for update in self.hub.updates]

    @asynccontextmanager
    async def recording(self, session_id: str) -> AsyncIterator[Recorder]:
        """A session that this process works on."""

        async def write(function: Callable[[*Args], Answer], *args: *Args) -> Answer:
            await anyio.lowlevel.checkpoint()
            return function(*args)

        session = self.journal.session(session_id)
        recorder = Recorder(session, journal=self.journal, write=write, hub=self.hub, clock=self.clock)
        self.running[session_id] = self.mirror.recording(recorder)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(recorder.run)
            yield recorder
            tasks.cancel_scope.cancel()
        del self.running[session_id]


def _deleted(tombstone: Tombstone) -> Update:
    return Update(key=tombstone.session_id, epoch=tombstone.epoch, seq=99, state={}, final=True, tally=tombstone.tally)


@pytest.fixture
async def here() -> Here:
    return Here()


def end(here: Here, session_id: str) -> None:
    append(here.journal, session_id, Counted(at=3.0), Moved(at=3.0, status=Status.COMPLETED))


async def test_what_others_write_is_published_to_the_end(here: Here) -> None:
    begun(here.journal, "s-1", Started(at=1.0), Discovered(at=1.0, files=2), Moved(at=1.0, status=Status.PROCESSING))
    await here.mirror.look()
    append(here.journal, "s-1", *processed(extracted()))
    await here.mirror.look()
    await here.mirror.look()
    assert here.told == [("s-1", 3), ("s-1", 4)], "and nothing twice"
    assert here.hub.updates[-1].state["processed_files"] == 1
    end(here, "s-1")
    await here.mirror.look()
    assert [update.final for update in here.hub.updates] == [False, False, True]
    assert here.hub.tally == here.journal.tally()


async def test_a_session_that_moves_is_told_of_once_a_second(here: Here) -> None:
    begun(here.journal, "s-1", Started(at=1.0), Discovered(at=1.0, files=9), Moved(at=1.0, status=Status.PROCESSING))
    await here.mirror.look()
    first = here.hub.updates[-1].state
    for _ in range(3):
        await here.clock.advance(1)
        append(here.journal, "s-1", *processed(extracted()))
        await here.mirror.look()
    await here.clock.advance(0.5)
    await here.mirror.look()
    assert len(here.told) == 4, "half a second later there is nothing new"
    await here.clock.advance(0.5)
    await here.mirror.look()
    assert here.told[-2:] == [("s-1", 6), ("s-1", 6)]
    assert here.hub.updates[-1].state["t"] > first["t"]


async def test_who_follows_outcomes_is_told_them_from_the_journal(here: Here) -> None:
    begun(here.journal, "s-1", Started(at=1.0), Discovered(at=1.0, files=9), Moved(at=1.0, status=Status.PROCESSING))
    await here.mirror.look()
    here.hub.join(Wish(only="s-1", outcomes=True))
    append(here.journal, "s-1", *processed(extracted("a.png"), extracted("b.png")))
    await here.mirror.look()
    append(here.journal, "s-1", *processed(extracted("c.png")))
    await here.mirror.look()
    told = [[entry.body["file"] for entry in update.entries] for update in here.hub.updates]
    assert told == [[], ["a.png", "b.png"], ["c.png"]]


async def test_of_a_session_that_begins_meanwhile_no_outcome_is_left_out(here: Here) -> None:
    here.hub.join(Wish(outcomes=True))
    here.journal.create(replace(new_session("s-1"), created_at=here.clock.now()))
    append(here.journal, "s-1", Started(at=1.0), *processed(extracted("a.png")))
    await here.mirror.look()
    assert [entry.body["file"] for entry in here.hub.updates[-1].entries] == ["a.png"]


async def test_its_own_sessions_are_left_to_their_recorders(here: Here) -> None:
    begun(here.journal, "s-1", Started(at=1.0))
    async with here.recording("s-1") as recorder:
        await recorder.record(Moved(at=1.0, status=Status.PROCESSING))
        await here.mirror.look()
        await recorder.record(Counted(at=2.0), Moved(at=2.0, status=Status.COMPLETED))
    # At rest by now, and told of by its recorder, though the mirror has not been there since.
    await here.mirror.look()
    assert [update.final for update in here.hub.updates] == [False, True]
    assert here.hub.tally == here.journal.tally()


async def test_a_position_never_runs_ahead_of_what_others_wrote(here: Here) -> None:
    begun(here.journal, "theirs", Started(at=1.0))
    begun(here.journal, "ours", Started(at=1.0))
    await here.mirror.look()
    before = here.hub.tally
    append(here.journal, "theirs", Moved(at=2.0, status=Status.PROCESSING))
    async with here.recording("ours") as recorder:
        await recorder.record(Moved(at=2.0, status=Status.PROCESSING))
        assert here.hub.updates[-1].tally == before + 2
        assert here.hub.tally == before, "a reader that came back with more would miss theirs"
        await here.mirror.look()
        assert here.hub.tally == before + 2
        # Durable, and not published yet.
        append(here.journal, "ours", *processed(extracted()))
        append(here.journal, "theirs", *processed(extracted()))
        await here.mirror.look()
        assert here.told[-1] == ("theirs", 3)
        assert here.hub.tally == before + 2


async def test_a_session_that_was_lost_is_followed_from_then_on(here: Here) -> None:
    begun(here.journal, "s-1", Started(at=1.0))
    async with here.recording("s-1"):
        append(here.journal, "s-1", Moved(at=2.0, status=Status.PROCESSING))
        await here.mirror.look()
        assert here.told == []
    await here.mirror.look()
    assert here.told == [("s-1", 2)]


async def test_deletions_are_told_once_whoever_made_them(here: Here) -> None:
    for name in ("theirs", "ours"):
        begun(here.journal, name, Started(at=1.0))
    await here.mirror.look()
    here.journal.delete("theirs", at=5.0)
    here.mirror.bury(here.journal.delete("ours", at=5.0))
    await here.mirror.look()
    await here.mirror.look()
    ends = [update.key for update in here.hub.updates if update.final]
    assert sorted(ends) == ["ours", "theirs"]
