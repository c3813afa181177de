"""What is newest of each session, for readers: those who come, those who come back, those who come back too late."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from anyio import to_thread

from tallylight.clock import Clock
from tallylight.errors import NotFound
from tallylight.facts import State
from tallylight.ingest.supervisor import Supervisor
from tallylight.journal import Journal, Session, Tombstone
from tallylight.live import Hub, Update, outcomes_event, replay_after
from tallylight.messages import entry, view
from tallylight.recorder import Recorder

log: Final = logging.getLogger(__name__)

#: Outcomes that a reader which comes back is told at most; one that missed more is told to ask for the items.
REPLAY_WINDOW: Final = 10_000
#: Outcomes in one write of a replay.
REPLAY_CHUNK: Final = 500
#: The status that readers are told of a session that was deleted.
DELETED: Final = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What a reader of one session missed in the second lane."""

    known: int  #: seq up to which it knows the outcomes once it was told
    frames: tuple[bytes, ...] = ()
    pruned: bool = False  #: more than is told again


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """Tells sessions from their records, where this process works on them, else from the journal."""

    clock: Clock
    journal: Journal
    hub: Hub
    supervisor: Supervisor

    async def session(self, session_id: str) -> Session:
        """A session as the journal has it, which may be a moment older than its record. Raises NotFound."""
        return await to_thread.run_sync(self.journal.session, session_id)

    async def state(self, session_id: str) -> State:
        """A session's newest durable state. Raises NotFound."""
        record = self.supervisor.record_of(session_id)
        return record.state if record is not None else (await self.session(session_id)).state

    async def update(self, session_id: str) -> Update:
        """A session's newest update, whether it moves or rests. Raises NotFound."""
        record = self.supervisor.record_of(session_id)
        if isinstance(record, Recorder):
            return record.update(self.clock.now())
        return self._resting(await self.session(session_id))

    async def update_for(self, session_id: str, last_event_id: str) -> Update:
        """`update` for a reader who comes back with this position: one who was told of a session that has been deleted
        since is told so. For all others there is no such session. Raises NotFound.
        """
        try:
            return await self.update(session_id)
        except NotFound:
            gone = deleted(await to_thread.run_sync(self.journal.tombstone, session_id))
            if replay_after(last_event_id, gone) is None:
                raise
            return gone

    async def missed(self, last_event_id: str, update: Update) -> Missed:
        """The outcomes that a reader of one session missed, from the journal. A fresh reader has missed nothing."""
        after = replay_after(last_event_id, update)
        if after is None or after >= update.seq:
            return Missed(known=update.seq)
        return await to_thread.run_sync(self._missed, update, after)

    def _missed(self, update: Update, after: int) -> Missed:
        try:
            items = self.journal.items(update.key, after=after, limit=REPLAY_WINDOW + 1)
        except NotFound:
            # Deleted, and its outcomes with it. Being told so counts as one more fact, which nobody has missed.
            return Missed(known=update.seq, pruned=after + (update.state["status"] == DELETED) < update.seq)
        if len(items) > REPLAY_WINDOW:
            return Missed(known=update.seq, pruned=True)
        entries = [entry(item.seq, item.outcome) for item in items]
        chunks = [entries[start : start + REPLAY_CHUNK] for start in range(0, len(entries), REPLAY_CHUNK)]
        known = max(update.seq, items[-1].seq if items else 0)
        return Missed(known=known, frames=tuple(outcomes_event(update.key, chunk) for chunk in chunks))

    async def updates(self, after: int | None, named: tuple[str, ...], rested_since: float | None) -> list[Update]:
        """What a shared stream begins with: the sessions not at rest, those named, those with a fact after the tally
        `after` or deleted after it, and those that came to rest or were deleted since `rested_since` (wall time); each
        once, oldest write first.
        """
        published = self.hub.tally
        buried, found = await to_thread.run_sync(self._read, after, named, rested_since)
        # A deletion that is durable and not yet published is on its way to this reader already.
        updates = [deleted(tombstone) for tombstone in buried if tombstone.tally <= published]
        return sorted([*updates, *map(self.newest, found)], key=lambda update: update.tally)

    def _read(
        self, after: int | None, named: tuple[str, ...], rested_since: float | None
    ) -> tuple[list[Tombstone], list[Session]]:
        # Tombstones first: a session that is deleted in between is then told by neither, and published to the reader.
        return self._tombstones(after, rested_since), self._sessions(after, named, rested_since)

    def _tombstones(self, after: int | None, rested_since: float | None) -> list[Tombstone]:
        if after is not None:
            return self.journal.tombstones_since(after)
        if rested_since is not None:
            return [tombstone for tombstone in self.journal.tombstones_since(0) if tombstone.deleted_at >= rested_since]
        return []

    def _sessions(self, after: int | None, named: tuple[str, ...], rested_since: float | None) -> list[Session]:
        sessions = {session.session_id: session for session in self.journal.sessions_in_motion()}
        if after is not None:
            sessions |= {session.session_id: session for session in self.journal.sessions_since(after)}
        if rested_since is not None:
            recent = self.journal.sessions_since(0)
            sessions |= {session.session_id: session for session in recent if session.state.at >= rested_since}
        for session_id in named:
            try:
                sessions[session_id] = self.journal.session(session_id)
            except NotFound:
                log.info("a reader named session %s, which there is not", session_id)
        return list(sessions.values())

    def newest(self, session: Session) -> Update:
        """The newest update of a session that was just read: its record's, where it is in motion."""
        record = self.supervisor.record_of(session.session_id)
        return record.update(self.clock.now()) if isinstance(record, Recorder) else self._resting(session)

    def _resting(self, session: Session) -> Update:
        return Update(
            key=session.session_id,
            epoch=session.epoch,
            seq=session.state.seq,
            state=view(session.state, self.clock.now()),
            final=session.state.at_rest,
            tally=session.tally,
        )


def deleted(tombstone: Tombstone) -> Update:
    """The last that is told of a session: as if its deletion were one more fact."""
    seq, at = tombstone.state.seq + 1, tombstone.deleted_at
    return Update(
        key=tombstone.session_id,
        epoch=tombstone.epoch,
        seq=seq,
        state={**view(tombstone.state, at), "status": DELETED, "seq": seq, "t": round(at, 3)},
        final=True,
        tally=tombstone.tally,
    )
