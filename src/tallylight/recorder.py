"""Where a session's facts go: journal.append → reduce → message → hub.publish. Durable, then visible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import anyio

from tallylight import messages
from tallylight.clock import Clock
from tallylight.facts import WAITING, Committed, Fact, Processed, State, Undone, reduce, reduce_all
from tallylight.ingest.ports import Write
from tallylight.ingest.rate import RateEstimator
from tallylight.journal import Journal, Session
from tallylight.live import Entry, Hub, Update
from tallylight.model import Json, Status

#: Seconds between two messages of a session that has no new fact: its rate and time left still change.
REFRESH: Final = 1.0
#: Seconds after which a message with a new fact brings new rates along. Less than a refresh, so that a session whose
#: facts flow needs none: one more message a second, and one that takes the slot which the next fact would have had.
SOON: Final = 0.7
#: What a refresh may come early by: wall time, which facts carry, and the clock that is slept by differ a little.
_EARLY: Final = 0.02


class _Batch:
    """Facts that are written together."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.done = anyio.Event()
        self.error: BaseException | None = None


class Recorder:
    """The record of one session in motion (`ingest.ports.Record`).

    Group commit without a timer: what is recorded while a batch is being written makes the next batch, so a lone fact
    waits for nobody and a flood is written in few, large transactions.
    """

    def __init__(self, session: Session, *, journal: Journal, write: Write, hub: Hub, clock: Clock) -> None:
        self.current_file: Callable[[], str] = str
        self.busy: Callable[[], Sequence[messages.Busy]] = tuple
        self._session = session
        self._journal = journal
        self._write = write
        self._hub = hub
        self._clock = clock
        self._durable = session.state
        self._ahead = session.state
        self._tally = session.tally
        self._batch = _Batch()
        self._failed: BaseException | None = None
        self._something = anyio.Event()
        self._rate = RateEstimator(clock.now())
        self._pace = messages.Pace()
        self._busy: Sequence[messages.Busy] = ()
        self._paced_at = clock.now()
        self._told_pace_of = self._paced_at  #: the newest that readers were told

    @property
    def state(self) -> State:
        return self._durable

    @property
    def tally(self) -> int:
        """Of its newest write that was published."""
        return self._tally

    async def record(self, *facts: Fact) -> None:
        if not facts:
            return
        if self._failed is not None:
            raise self._failed
        # Folded before anything is queued: a move that is not allowed must leave no trace.
        self._ahead = reduce_all(self._ahead, facts)
        batch = self._batch
        batch.facts += facts
        self._something.set()
        await batch.done.wait()
        if batch.error is not None:
            raise batch.error

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._refreshing)
            while True:
                await self._something.wait()
                await self._write_batch()

    def update(self, now: float | None = None, entries: tuple[Entry, ...] = ()) -> Update:
        """The newest durable state as the hub wants it; `now` refreshes its rate and elapsed time."""
        state = self._durable
        return Update(
            key=state.session_id,
            epoch=self._session.epoch,
            seq=state.seq,
            state=self.message(now),
            final=state.at_rest,
            tally=self._tally,
            entries=entries,
        )

    def message(self, now: float | None = None) -> Json:
        """The newest durable state as a message."""
        state = self._durable
        if state.at_rest or state.status in WAITING:
            return messages.view(state, state.at if now is None else now)
        if now is not None or state.at - self._paced_at >= SOON:
            self._paced_at = state.at if now is None else now
            self._pace = self._rate.pace(self._paced_at, *left(state))
            self._busy = self.busy()
        # Rates, elapsed time and what workers are on move about once a second, so that the patches between hold counts
        # alone.
        return messages.view(state, self._paced_at, self._pace, self.current_file(), self._busy)

    def publish_unsaved(self, fact: Fact) -> None:
        # Under the number of the newest durable fact: whoever comes back with it goes on from what is stored.
        self._durable = replace(reduce(self._durable, fact), seq=self._durable.seq)
        self._publish(self.update())

    async def _write_batch(self) -> None:
        batch, self._batch = self._batch, _Batch()
        self._something = anyio.Event()
        state = self._ahead
        try:
            self._tally = await self._write(self._journal.append, state.session_id, batch.facts, state)
        except Exception as error:
            batch.error = error
            self._give_up(error)
            raise
        else:
            first, self._durable = self._durable.seq + 1, state
            self._note(batch.facts)
            self._publish(self.update(entries=self._entries(batch.facts, first)))
        finally:
            batch.done.set()

    def _give_up(self, error: BaseException) -> None:
        """Nothing more is written, so whoever recorded something meanwhile, or will, must not wait for it."""
        self._failed = self._batch.error = error
        self._batch.done.set()

    def _entries(self, facts: list[Fact], first: int) -> tuple[Entry, ...]:
        """The outcomes among facts numbered from `first`, for the second lane, as long as anybody follows it."""
        if not self._hub.wants_entries:
            return ()
        numbered = enumerate(facts, first)
        return tuple(
            Entry(seq, messages.entry(seq, fact.outcome)) for seq, fact in numbered if isinstance(fact, Processed)
        )

    def _note(self, facts: list[Fact]) -> None:
        """Tell the rate what was finished, in one go."""
        finished = [(1, fact.outcome.bytes) for fact in facts if isinstance(fact, Processed)]
        finished += [(fact.done + len(fact.failures), 0) for fact in facts if isinstance(fact, Committed)]
        finished += [(fact.done, 0) for fact in facts if isinstance(fact, Undone)]
        if finished:
            self._rate.note(facts[-1].at, sum(files for files, _ in finished), sum(size for _, size in finished))

    def _publish(self, update: Update) -> None:
        self._told_pace_of = self._paced_at
        self._hub.publish(update)

    async def _refreshing(self) -> None:
        pause = REFRESH
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + pause)
            now = self._clock.now()
            pause = self._told_pace_of + REFRESH - now
            # Further off than a whole refresh: wall time was set back.
            if _EARLY < pause <= REFRESH:
                continue
            pause = REFRESH
            if not self._durable.at_rest and self._durable.status not in WAITING:
                self._publish(self.update(now))


def left(state: State) -> tuple[int | None, int]:
    """Files (None while the total is not known) and bytes still to do, in whichever phase."""
    if state.status is Status.COMMITTING:
        return state.commit_total - state.commit_done - state.commit_errors, 0
    if state.status is Status.UNDOING:
        return state.undo_total - state.undo_done, 0
    if state.retry_total:
        return state.retry_total - state.retry_done, 0
    files = state.files - state.processed if state.total_final else None
    return files, max(0, state.bytes_total - state.bytes_done)
