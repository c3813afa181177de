"""Sessions in a journal without an ingest: their outcomes made up, everything else as it would be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

import anyio

from tallylight.clock import SystemClock
from tallylight.db import Writer
from tallylight.facts import Counted, Discovered, Fact, Moved, Processed, Started, initial, reduce_all
from tallylight.ingest.ports import Write
from tallylight.journal import Journal, Session
from tallylight.journal.epoch import new_epoch
from tallylight.live import Hub
from tallylight.model import Outcome, Parameters, Status
from tallylight.recorder import Recorder

NOW: Final = 1_800_000_000.0
#: As long as a real one: it stands in every row.
SESSION: Final = "5d4b1c1e-6a51-4a5c-9a83-0f6f3c1b2a7d"
#: Outcomes in one append, as a recorder writes them when they come fast.
_APPENDED: Final = 256


def journaled(journal: Journal, session_id: str, outcomes: Iterable[Outcome], count: int, root: str) -> None:
    """Put a session into the journal that is completed and has these outcomes."""
    parameters = Parameters(directories=(root,))
    session = Session(
        session_id=session_id,
        epoch=new_epoch(),
        created_at=NOW,
        parameters=parameters,
        state=initial(session_id, parameters),
    )
    journal.create(session)
    state, numbers = session.state, iter(range(1, count + 1))
    for facts in _appends(iter(outcomes), numbers, count):
        state = reduce_all(state, facts)
        journal.append(session_id, facts, state)


@asynccontextmanager
async def recording(journal: Journal, session: Session) -> AsyncIterator[tuple[Recorder, Write]]:
    """The record of this session at work, with nobody following, and the writer it shares."""
    writer, clock = Writer(), SystemClock()
    async with Hub(clock, tally=journal.tally()).running() as hub:
        recorder = Recorder(session, journal=journal, write=writer.run, hub=hub, clock=clock)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(recorder.run)
            yield recorder, writer.run
            tasks.cancel_scope.cancel()
    await writer.aclose()


def _appends(outcomes: Iterator[Outcome], numbers: Iterator[int], count: int) -> Iterator[list[Fact]]:
    yield [
        Started(at=NOW),
        Moved(at=NOW, status=Status.PROCESSING),
        Discovered(at=NOW, files=count, bytes=0),
        Counted(at=NOW),
    ]
    while some := list(islice(outcomes, _APPENDED)):
        yield [Processed(at=NOW, outcome=one, number=next(numbers)) for one in some]
    yield [Moved(at=NOW, status=Status.COMPLETED)]
