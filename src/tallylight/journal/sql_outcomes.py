"""The outcomes of sessions in a database: the half of the journal that is only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, func, select

from tallylight.db.among import among
from tallylight.db.database import Database
from tallylight.db.tables import NOT_EXTRACTED, outcome_texts, outcomes, raw_texts, sessions
from tallylight.errors import NotFound
from tallylight.journal.contract import Item, StoredText
from tallylight.journal.rows import inflated, item_of
from tallylight.journal.sql_previews import with_code
from tallylight.model import OutcomeKind, RawText, Reason
from tallylight.roots import absolute

#: Facts read in one go: a reader of a long session holds no transaction open between them.
READ_AT_ONCE: Final = 1000

# Built once, as in `journal.sql`.
_SEQ: Final = select(sessions.c.seq).where(sessions.c.session_id == bindparam("of"))
_NEXT_HASHED: Final = (
    select(outcomes.c.seq, outcomes.c.root, outcomes.c.file, outcomes.c.sha256)
    .where(outcomes.c.session_id == bindparam("of"), outcomes.c.seq > bindparam("after"))
    .where(outcomes.c.kind == OutcomeKind.EXTRACTED.value, outcomes.c.sha256.is_not(None))
    .where(outcomes.c.retried_by.is_(None))
    .order_by(outcomes.c.seq)
    .limit(READ_AT_ONCE)
)
_ITEM: Final = select(outcomes).where(outcomes.c.session_id == bindparam("of"), outcomes.c.seq == bindparam("number"))


class SqlOutcomes:
    """What `Journal` promises of outcomes, over the tables of `tallylight.db`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def paths(self, session_id: str) -> Iterator[str]:
        query = select(outcomes.c.root, outcomes.c.file).where(outcomes.c.session_id == session_id)
        with self._database.reading() as connection:
            require(connection, session_id)
            for root, file in connection.execute(query).yield_per(10 * READ_AT_ONCE):
                yield absolute(root, file)

    def hashed(self, session_id: str) -> Iterator[tuple[str, str]]:
        after = 0
        while True:
            with self._database.reading() as connection:
                require(connection, session_id)
                found = connection.execute(_NEXT_HASHED, {"of": session_id, "after": after}).all()
            yield from ((absolute(row.root, row.file), row.sha256) for row in found)
            if len(found) < READ_AT_ONCE:
                return
            after = found[-1].seq

    def numbers(self, session_id: str) -> Iterator[int]:
        with self._database.reading() as connection:
            require(connection, session_id)
            return iter(connection.scalars(select(outcomes.c.number).where(outcomes.c.session_id == session_id)).all())

    def items(
        self,
        session_id: str,
        *,
        kind: OutcomeKind | None = None,
        code: Reason | None = None,
        conflicts: bool = False,
        after: int = 0,
        limit: int = 100,
    ) -> list[Item]:
        query = select(outcomes).where(outcomes.c.session_id == session_id, outcomes.c.seq > after)
        query = query.where(outcomes.c.retried_by.is_(None))
        if kind is not None:
            query = query.where(_of_kind(kind))
        if code is not None:
            query = query.where(with_code(code))
        if conflicts:
            # PostgreSQL compares no JSON, but keeps its text as it was written.
            query = query.where(cast(outcomes.c.conflicts, Text) != "[]")
        with self._database.reading() as connection:
            require(connection, session_id)
            rows = connection.execute(query.order_by(outcomes.c.seq).limit(max(limit, 0))).all()
        return [item_of(row._asdict()) for row in rows]

    def failures(self, session_id: str) -> dict[Reason, int]:
        many = func.count().label("many")
        query = select(outcomes.c.code, many).where(outcomes.c.session_id == session_id, _of_kind(OutcomeKind.FAILED))
        query = query.where(outcomes.c.retried_by.is_(None), outcomes.c.code.is_not(None)).group_by(outcomes.c.code)
        with self._database.reading() as connection:
            require(connection, session_id)
            found = connection.execute(query.order_by(many.desc(), outcomes.c.code)).all()
        return {Reason(code): count for code, count in found}

    def contents(self, session_id: str) -> Iterator[str]:
        hashed = select(outcomes.c.sha256).where(outcomes.c.session_id == session_id, outcomes.c.sha256.is_not(None))
        hashed = hashed.where(outcomes.c.retried_by.is_(None))
        with self._database.reading() as connection:
            require(connection, session_id)
            yield from connection.scalars(hashed).yield_per(10 * READ_AT_ONCE)

    def retried(self, session_id: str) -> dict[int, int]:
        # Only what failed is retried, and of that there is an index.
        failed = (outcomes.c.session_id == session_id) & _of_kind(OutcomeKind.FAILED)
        query = select(outcomes.c.seq, outcomes.c.retried_by).where(failed, outcomes.c.retried_by.is_not(None))
        with self._database.reading() as connection:
            require(connection, session_id)
            return {row.seq: row.retried_by for row in connection.execute(query)}

    def item(self, session_id: str, seq: int) -> Item:
        with self._database.reading() as connection:
            return _item(connection, session_id, seq)

    def texts(self, session_id: str, seq: int) -> list[StoredText]:
        with self._database.reading() as connection:
            _item(connection, session_id, seq)
            texts = _raw_texts(connection, session_id, [seq])
        return inflated(texts.get(seq, []))

    def raw_texts(self, session_id: str, seqs: Sequence[int]) -> dict[int, list[RawText]]:
        with self._database.reading() as connection:
            require(connection, session_id)
            return _raw_texts(connection, session_id, seqs)


def no_session(session_id: str) -> NotFound:
    return NotFound(f"There is no session {session_id}; `tallylight sessions` lists them.")


def require(connection: Connection, session_id: str) -> int:
    """The stored seq of a session."""
    seq: int | None = connection.scalar(_SEQ, {"of": session_id})
    if seq is None:
        raise no_session(session_id)
    return seq


def _of_kind(kind: OutcomeKind) -> ColumnElement[bool]:
    of_kind = outcomes.c.kind == kind.value
    return of_kind if kind is OutcomeKind.EXTRACTED else of_kind & NOT_EXTRACTED


def _item(connection: Connection, session_id: str, seq: int) -> Item:
    row = connection.execute(_ITEM, {"of": session_id, "number": seq}).one_or_none()
    if row is None:
        require(connection, session_id)
        raise NotFound(f"Session {session_id} has no item {seq}; its items list has the numbers.")
    return item_of(row._asdict())


def _raw_texts(connection: Connection, session_id: str, seqs: Sequence[int]) -> dict[int, list[RawText]]:
    query = (
        select(outcome_texts.c.seq, outcome_texts.c.key, raw_texts.c.sha256, raw_texts.c.zlib)
        .join_from(outcome_texts, raw_texts)
        .where(outcome_texts.c.session_id == session_id, among(connection, outcome_texts.c.seq, seqs))
        .order_by(outcome_texts.c.seq, outcome_texts.c.position)
    )
    found: dict[int, list[RawText]] = {}
    for row in connection.execute(query):
        found.setdefault(row.seq, []).append(RawText(row.key, row.sha256, row.zlib))
    return found
