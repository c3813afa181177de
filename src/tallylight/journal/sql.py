"""The journal in a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, update

from tallylight.db.database import Database
from tallylight.db.fence import OPEN, Fence
from tallylight.db.many import insert_many
from tallylight.db.postgres import announcing
from tallylight.db.raw_texts import chunked, keep, sweep
from tallylight.db.tables import facts as facts_table
from tallylight.db.tables import (
    folders,
    hauls,
    journal_clock,
    outcome_texts,
    outcomes,
    sessions,
    tombstones,
)
from tallylight.db.tables import tries as tries_table
from tallylight.db.upsert import insert_or_keep, insert_or_update
from tallylight.facts import Fact, State, without_names
from tallylight.journal import contract
from tallylight.journal.codec import decode
from tallylight.journal.contract import (
    TOMBSTONE_AGE,
    Session,
    Tombstone,
    check_new,
)
from tallylight.journal.epoch import new_epoch
from tallylight.journal.packed import unpacked
from tallylight.journal.previews import Previews
from tallylight.journal.rows import (
    Rows,
    folder_of,
    processed_of,
    rows_of,
    session_of,
    session_row,
    state_columns,
    tombstone_of,
    tombstone_row,
)
from tallylight.journal.sql_outcomes import READ_AT_ONCE, SqlOutcomes, no_session, require
from tallylight.journal.sql_previews import SqlPreviews
from tallylight.model import AT_REST, FolderFound, Haul

HAULS_AT_ONCE: Final = 50

# Statements are built once: an append of one fact would spend most of its time on building them.
_OF_SESSION: Final = sessions.c.session_id == bindparam("of")
_IN_MOTION: Final = sessions.c.status.not_in(sorted(AT_REST))
_TALLY: Final = select(journal_clock.c.tally)
_TICK: Final = update(journal_clock).values(tally=journal_clock.c.tally + 1)
_SESSION: Final = select(sessions).where(_OF_SESSION)
_CHANGE: Final = update(sessions).where(_OF_SESSION)
#: Only where the session stands at the fact before the new ones.
_ADVANCE: Final = _CHANGE.where(sessions.c.seq == bindparam("expected"))
_TAKEN: Final = select(sessions.c.taken).where(_OF_SESSION)
_NEXT_HAUL: Final = (
    select(hauls.c.seq, hauls.c.packed)
    .where(hauls.c.session_id == bindparam("of"), hauls.c.seq > bindparam("after"))
    .order_by(hauls.c.seq)
    .limit(HAULS_AT_ONCE)
)
_NEXT_FOLDERS: Final = (
    select(folders)
    .where(folders.c.session_id == bindparam("of"), folders.c.folder > bindparam("after"))
    .order_by(folders.c.folder)
    .limit(READ_AT_ONCE)
)
_RETRY: Final = (
    update(outcomes)
    .where(outcomes.c.session_id == bindparam("of"), outcomes.c.seq == bindparam("earlier"))
    .values(retried_by=bindparam("later"))
)


class SqlJournal(SqlOutcomes):
    """`Journal` over the tables of `tallylight.db`. A write is one transaction on the database's writing connection.

    With a fence, sessions that are made are its owner's, its writes of others raise LeaseLost, and a session that comes
    to rest is nobody's.
    """

    def __init__(self, database: Database, fence: Fence = OPEN) -> None:
        super().__init__(database)
        self._previews = SqlPreviews(database)
        self._fence = fence
        self._epoch = _read_epoch(database) or _make_clock(database)

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def previews(self) -> Previews:
        return self._previews

    def tally(self) -> int:
        with self._database.reading() as connection:
            return _tally(connection)

    def remember_boot(self, boot_id: str) -> bool:
        with self._database.writing() as connection:
            stored = connection.scalar(select(journal_clock.c.boot_id))
            restarted = stored is not None and stored != boot_id
            epoch = _renew_epochs(connection) if restarted else self._epoch
            connection.execute(update(journal_clock).values(boot_id=boot_id, epoch=epoch))
        self._epoch = epoch
        return restarted

    def create(self, session: Session, facts: Sequence[Fact] = ()) -> None:
        check_new(session, facts)
        rows = rows_of(session.session_id, facts, 1)
        with self._database.writing() as connection:
            row = session_row(session, self._tick(connection)) | {"owner": self._fence.me}
            # What was added is not counted by itself where the database gives rows back, as PostgreSQL does.
            adding = insert_or_keep(connection, sessions).execution_options(preserve_rowcount=True)
            if connection.execute(adding, row).rowcount == 0:
                raise ValueError(f"Session {session.session_id} exists already.")
            _add(connection, rows)

    def append(self, session_id: str, facts: Sequence[Fact], state: State) -> int:
        rows = rows_of(session_id, facts, state.seq - len(facts) + 1)
        with self._database.writing() as connection:
            tally = self._tick(connection)
            self._advance(connection, state, len(facts), tally)
            _add(connection, rows)
            if state.at_rest:
                _sweep_queue(connection, session_id)
        return tally

    def take(self, session_id: str, until: int) -> None:
        with self._database.writing() as connection:
            if connection.execute(self._fence.within(_CHANGE), {"of": session_id, "taken": until}).rowcount == 0:
                self._fence.check(connection, session_id)
                raise no_session(session_id)

    def count_tries(self, session_id: str, tries: Mapping[int, int]) -> None:
        with self._database.writing() as connection:
            self._fence.check(connection, session_id)
            require(connection, session_id)
            for chunk in chunked(list(tries)):
                of_session = tries_table.c.session_id == session_id
                connection.execute(delete(tries_table).where(of_session, tries_table.c.number.in_(chunk)))
            rows = [{"session_id": session_id, "number": number, "count": count} for number, count in tries.items()]
            insert_many(connection, tries_table, rows)
            connection.execute(_CHANGE, {"of": session_id, "taken": 0})

    def hauls(self, session_id: str) -> Iterator[Haul]:
        after = 0
        while True:
            with self._database.reading() as connection:
                require(connection, session_id)
                found = connection.execute(_NEXT_HAUL, {"of": session_id, "after": after}).all()
            yield from (unpacked(row.packed) for row in found)
            if len(found) < HAULS_AT_ONCE:
                return
            after = found[-1].seq

    def folders(self, session_id: str) -> Iterator[FolderFound]:
        after = ""
        while True:
            with self._database.reading() as connection:
                require(connection, session_id)
                found = connection.execute(_NEXT_FOLDERS, {"of": session_id, "after": after}).all()
            yield from (folder_of(row._asdict()) for row in found)
            if len(found) < READ_AT_ONCE:
                return
            after = found[-1].folder

    def taken(self, session_id: str) -> int:
        with self._database.reading() as connection:
            taken: int | None = connection.scalar(_TAKEN, {"of": session_id})
        if taken is None:
            raise no_session(session_id)
        return taken

    def tries(self, session_id: str) -> dict[int, int]:
        with self._database.reading() as connection:
            require(connection, session_id)
            query = select(tries_table.c.number, tries_table.c.count).where(tries_table.c.session_id == session_id)
            return {row.number: row[1] for row in connection.execute(query)}

    def session(self, session_id: str) -> Session:
        with self._database.reading() as connection:
            row = connection.execute(_SESSION, {"of": session_id}).one_or_none()
        if row is None:
            raise no_session(session_id)
        return session_of(row._asdict())

    def sessions(self, *, limit: int = 100, before: float | None = None) -> list[Session]:
        newest_first = select(sessions).order_by(sessions.c.created_at.desc(), sessions.c.session_id.desc())
        if before is not None:
            newest_first = newest_first.where(sessions.c.created_at < before)
        return self._sessions(newest_first.limit(max(limit, 0)))

    def sessions_since(self, tally: int) -> list[Session]:
        return self._sessions(select(sessions).where(sessions.c.tally > tally).order_by(sessions.c.tally))

    def sessions_in_motion(self) -> list[Session]:
        return self._sessions(select(sessions).where(_IN_MOTION).order_by(sessions.c.created_at, sessions.c.session_id))

    def facts(self, session_id: str, after: int = 0) -> Iterator[tuple[int, Fact]]:
        return self._facts(session_id, max(after, 0), self.session(session_id).state.seq)

    def delete(self, session_id: str, at: float) -> Tombstone:
        with self._database.writing() as connection:
            self._fence.check(connection, session_id)
            tombstone = _bury(connection, session_id, at, self._tick(connection))
            of_session = outcome_texts.c.session_id == session_id
            texts = connection.scalars(select(outcome_texts.c.sha256).where(of_session).distinct()).all()
            connection.execute(delete(sessions).where(sessions.c.session_id == session_id))
            sweep(connection, texts)
        return tombstone

    def tombstone(self, session_id: str) -> Tombstone:
        with self._database.reading() as connection:
            found = connection.execute(select(tombstones).where(tombstones.c.session_id == session_id)).one_or_none()
        if found is None:
            raise no_session(session_id)
        return tombstone_of(found._asdict())

    def tombstones_since(self, tally: int) -> list[Tombstone]:
        newer = select(tombstones).where(tombstones.c.tally > tally).order_by(tombstones.c.tally)
        with self._database.reading() as connection:
            rows = connection.execute(newer).all()
        return [tombstone_of(row._asdict()) for row in rows]

    def _tick(self, connection: Connection) -> int:
        connection.execute(_TICK)
        if self._fence.me is None:
            return _tally(connection)
        return int(connection.execute(_TALLY.add_columns(announcing(self._fence.me))).one()[0])

    def _advance(self, connection: Connection, state: State, count: int, tally: int) -> None:
        """Set a session's state, provided that it stands where the new facts begin."""
        place = {"of": state.session_id, "expected": state.seq - count}
        advanced = connection.execute(self._fence.within(_ADVANCE), place | state_columns(state) | {"tally": tally})
        if advanced.rowcount == 0:
            self._fence.check(connection, state.session_id)
            seq = require(connection, state.session_id)
            raise ValueError(f"State at {state.seq}, but {count} facts after {seq} were given.")

    def _sessions(self, query: Any) -> list[Session]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [session_of(row._asdict()) for row in rows]

    def _facts(self, session_id: str, after: int, last: int) -> Iterator[tuple[int, Fact]]:
        while after < last:
            until = min(after + READ_AT_ONCE, last)
            with self._database.reading() as connection:
                require(connection, session_id)
                facts = _read_facts(connection, session_id, after, until)
            yield from facts
            after = until


def _read_epoch(database: Database) -> str | None:
    with database.reading() as connection:
        epoch: str | None = connection.scalar(select(journal_clock.c.epoch))
    return epoch


def _make_clock(database: Database) -> str:
    with database.writing() as connection:
        # Another process may have been quicker.
        connection.execute(insert_or_keep(connection, journal_clock), {"id": 1, "epoch": new_epoch(), "tally": 0})
        return str(connection.scalar(select(journal_clock.c.epoch)))


def _tally(connection: Connection) -> int:
    tally: int = connection.execute(_TALLY).scalar_one()
    return tally


def _renew_epochs(connection: Connection) -> str:
    """Renew those of the sessions in motion; returns the journal's own new one."""
    for session_id in connection.scalars(select(sessions.c.session_id).where(_IN_MOTION)).all():
        connection.execute(_CHANGE, {"of": session_id, "epoch": new_epoch()})
    return new_epoch()


def _bury(connection: Connection, session_id: str, at: float, tally: int) -> Tombstone:
    """Leave a session's tombstone, and clear those away that have stood long enough."""
    row = connection.execute(_SESSION, {"of": session_id}).one_or_none()
    if row is None:
        raise no_session(session_id)
    session = session_of(row._asdict())
    tombstone = Tombstone(
        session_id=session_id,
        epoch=session.epoch,
        state=without_names(session.state),
        deleted_at=at,
        tally=tally,
    )
    outdated = tombstones.c.deleted_at < at - TOMBSTONE_AGE
    newest = select(tombstones.c.session_id).order_by(tombstones.c.tally.desc()).limit(contract.MOST_TOMBSTONES - 1)
    connection.execute(delete(tombstones).where(outdated | tombstones.c.session_id.not_in(newest)))
    connection.execute(insert_or_update(connection, tombstones, "session_id"), tombstone_row(tombstone))
    return tombstone


def _add(connection: Connection, rows: Rows) -> None:
    insert_many(connection, facts_table, rows.facts)
    insert_many(connection, hauls, rows.hauls)
    insert_many(connection, folders, rows.folders, keep=True)
    insert_many(connection, outcomes, rows.outcomes)
    if rows.retried:
        connection.execute(_RETRY, rows.retried)
    keep(connection, rows.texts)
    insert_many(connection, outcome_texts, rows.outcome_texts)


def _sweep_queue(connection: Connection, session_id: str) -> None:
    for table in (hauls, tries_table):
        connection.execute(delete(table).where(table.c.session_id == session_id))
    # A retry that came later would take it for files that were under way when the process ended.
    connection.execute(_CHANGE, {"of": session_id, "taken": 0, "owner": None})


def _read_facts(connection: Connection, session_id: str, after: int, until: int) -> list[tuple[int, Fact]]:
    plain = connection.execute(_span(facts_table, session_id, after, until)).all()
    processed = connection.execute(_span(outcomes, session_id, after, until)).all()
    found: list[tuple[int, Fact]] = [(row.seq, decode(row.kind, row.at, row.body)) for row in plain]
    found += [(row.seq, processed_of(row._asdict())) for row in processed]
    return sorted(found, key=lambda numbered: numbered[0])


def _span(table: Any, session_id: str, after: int, until: int) -> Any:
    return select(table).where(table.c.session_id == session_id, table.c.seq > after, table.c.seq <= until)
