"""Shows the sessions that other processes work on: what they wrote to the journal, to the readers of this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import to_thread

from tallylight.clock import Clock
from tallylight.facts import WAITING, State
from tallylight.ingest.again import again_and_again
from tallylight.ingest.ports import Record
from tallylight.ingest.rate import RateEstimator
from tallylight.journal import Journal, Session, Tombstone
from tallylight.live import Entry, Hub, Update
from tallylight.messages import Pace, entry, view
from tallylight.recorder import Recorder, left

#: Seconds between two looks where nobody is heard: rates and elapsed time change, and an announcement may be lost.
LONGEST: Final = 1.0
#: Seconds between two looks where somebody is: a reader is written to no more often.
SHORTEST: Final = 0.05
#: Outcomes told after one look; what is more comes with the next.
MOST_ENTRIES: Final = 2_000
#: Deletions remembered as told.
_MOST_BURIED: Final = 1_000


@dataclass(frozen=True, slots=True)
class News:
    """What the journal holds that was written after some tally, and the tally up to which nothing is left out."""

    tally: int
    sessions: list[Session]
    tombstones: list[Tombstone]


class Mirror:
    """Follows the journal. All on the event loop.

    It also counts for the hub: a position given to readers of the shared stream must not run ahead of what others
    wrote, or a reader that comes back with it would miss that.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        hub: Hub,
        clock: Clock,
        record_of: Callable[[str], Record | None],
        deleted: Callable[[Tombstone], Update],
        heard: Callable[[float], bool],
    ) -> None:
        self._journal = journal
        self._hub = hub
        self._clock = clock
        self._record_of = record_of
        self._deleted = deleted
        self._heard = heard
        self._followed: dict[str, _Followed] = {}
        self._recorders: dict[str, Recorder] = {}  #: of this process, until all that they published is behind
        self._buried: deque[int] = deque(maxlen=_MOST_BURIED)
        self._since = clock.now()
        self._thread = anyio.CapacityLimiter(1)

    async def run(self) -> None:
        """Look whenever another process has written, until cancelled."""
        await again_and_again(self._hear, self._clock, SHORTEST, after_trouble=LONGEST)

    async def _hear(self) -> None:
        # A thread of its own: it waits there nearly always.
        await to_thread.run_sync(self._heard, LONGEST, limiter=self._thread, abandon_on_cancel=True)
        await self.look()

    async def look(self) -> None:
        """Publish what others wrote since the last look."""
        news = await to_thread.run_sync(self._read, self._hub.tally)
        for tombstone in news.tombstones:
            self._followed.pop(tombstone.session_id, None)
            self.bury(tombstone)
        reached, fresh = news.tally, set()
        for session in news.sessions:
            recorder, is_ours = self._recorders.get(session.session_id), self._is_ours(session.session_id)
            if recorder is not None and recorder.tally >= session.tally:
                continue
            if is_ours:
                # About to be published.
                reached = min(reached, session.tally - 1)
            else:
                fresh.add(session.session_id)
                await self._follow(session)
        self._refresh(fresh)
        self._forget_recorders(reached)
        self._hub.reached(reached)

    def recording(self, recorder: Recorder) -> Recorder:
        """Note that this process publishes what this recorder writes."""
        self._recorders[recorder.state.session_id] = recorder
        return recorder

    def bury(self, tombstone: Tombstone) -> None:
        """Publish a deletion, whoever's, unless that was done."""
        if tombstone.tally not in self._buried:
            self._buried.append(tombstone.tally)
            self._hub.publish(self._deleted(tombstone))

    def _read(self, after: int) -> News:
        # The tally first: what is written meanwhile is read too, and once more the next time.
        tally = self._journal.tally()
        if tally == after:
            return News(tally, [], [])
        return News(tally, self._journal.sessions_since(after), self._journal.tombstones_since(after))

    async def _follow(self, session: Session) -> None:
        followed = self._followed.get(session.session_id)
        if followed is None:
            # Of a new one no outcome was told yet.
            until = 0 if session.created_at >= self._since else session.state.seq
            followed = self._followed[session.session_id] = _Followed(session, self._clock.now(), until)
        elif followed.session.tally == session.tally:
            return
        entries: tuple[Entry, ...] = ()
        if self._hub.wants_entries:
            entries = await to_thread.run_sync(self._entries, session, followed.entries_until)
        followed.note(session, entries)
        self._hub.publish(followed.update(self._clock.now(), entries))
        if session.state.at_rest:
            del self._followed[session.session_id]

    def _entries(self, session: Session, after: int) -> tuple[Entry, ...]:
        items = self._journal.items(session.session_id, after=after, limit=MOST_ENTRIES)
        return tuple(Entry(item.seq, entry(item.seq, item.outcome)) for item in items if item.seq <= session.state.seq)

    def _is_ours(self, session_id: str) -> bool:
        return self._record_of(session_id) is not None

    def _forget_recorders(self, reached: int) -> None:
        over = (
            session_id
            for session_id, recorder in self._recorders.items()
            if recorder.tally <= reached and not self._is_ours(session_id)
        )
        for session_id in list(over):
            del self._recorders[session_id]

    def _refresh(self, fresh: set[str]) -> None:
        """Tell the others of those that move once a second, as their own processes do; forget those that are ours."""
        now = self._clock.now()
        for session_id, followed in list(self._followed.items()):
            if self._is_ours(session_id):
                del self._followed[session_id]
            elif session_id not in fresh and followed.is_due(now):
                self._hub.publish(followed.update(now))


class _Followed:
    """A session in motion elsewhere."""

    def __init__(self, session: Session, now: float, entries_until: int) -> None:
        self.session = session
        self.entries_until = entries_until  #: outcomes up to this number were told, or nobody asked for them
        self._rate = RateEstimator(now)
        self._told_at = now

    def note(self, session: Session, entries: tuple[Entry, ...]) -> None:
        """It stands there now."""
        before, state = self.session.state, session.state
        self._rate.note(state.at, max(0, _done(state) - _done(before)), max(0, state.bytes_done - before.bytes_done))
        is_cut_short = len(entries) == MOST_ENTRIES
        self.session, self.entries_until = session, entries[-1].seq if is_cut_short else state.seq

    def is_due(self, now: float) -> bool:
        state = self.session.state
        return state.status not in WAITING and not 0 <= now - self._told_at < LONGEST

    def update(self, now: float, entries: tuple[Entry, ...] = ()) -> Update:
        session, state = self.session, self.session.state
        self._told_at = now
        moves = not state.at_rest and state.status not in WAITING
        pace = self._rate.pace(now, *left(state)) if moves else Pace()
        return Update(
            key=session.session_id,
            epoch=session.epoch,
            seq=state.seq,
            state=view(state, now, pace),
            final=state.at_rest,
            tally=session.tally,
            entries=entries,
        )


def _done(state: State) -> int:
    return state.processed + state.commit_done + state.commit_errors + state.undo_done
