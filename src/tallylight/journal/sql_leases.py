"""Who works on which session, in a database that several processes share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Double, Row, bindparam, cast, delete, exists, func, select, update

from tallylight.db.database import Database
from tallylight.db.raw_texts import chunked
from tallylight.db.tables import owners, sessions
from tallylight.db.upsert import insert_or_update
from tallylight.errors import NotFound
from tallylight.journal.leases import LEASE, Owner, elsewhere, is_free

#: Seconds after which nothing is kept of an owner that is dead and owns nothing.
FORGOTTEN: Final = 86_400.0

#: The database's clock: those of several machines differ.
_NOW: Final = cast(func.extract("epoch", func.clock_timestamp()), Double)
_FOUND: Final = (
    select(sessions.c.session_id, sessions.c.owner, owners.c.leased_until, owners.c.host, owners.c.pid, owners.c.url)
    .add_columns(owners.c.folder, _NOW.label("now"))
    .join_from(sessions, owners, owners.c.owner == sessions.c.owner, isouter=True)
)
#: Waits for a write of its owner that is under way, or for another that claims it, and holds off the next. The owner is
#: looked up after that, by a statement of its own: a join would still see the one of before the wait.
_HELD: Final = select(1).where(sessions.c.session_id == bindparam("of")).with_for_update(of=sessions, key_share=True)


class SqlLeases:
    """`Leases` over the tables of `tallylight.db`. None of them waits for anybody's long write."""

    def __init__(self, database: Database, me: Owner, lease: float = LEASE) -> None:
        self._database = database
        self._me = me
        self._lease = lease

    def tell(self, url: str) -> None:
        """Say from now on that this process is reached there."""
        self._me = replace(self._me, url=url)
        self.renew(())

    def renew(self, working_on: Collection[str]) -> set[str]:
        me = self._me
        row: dict[str, Any] = {"owner": me.owner, "host": me.host, "pid": me.pid, "url": me.url, "folder": me.folder}
        row["leased_until"] = _NOW + self._lease
        with self._database.leasing() as connection:
            connection.execute(insert_or_update(connection, owners, "owner").values(row))
            found = _found(connection, working_on)
        return {row.session_id for row in found if row.owner not in {None, me.owner}}

    def claim(self, session_id: str) -> bool:
        with self._database.leasing() as connection:
            if connection.execute(_HELD, {"of": session_id}).one_or_none() is None:
                raise NotFound(f"There is no session {session_id}; `tallylight sessions` lists them.")
            (found,) = _found(connection, [session_id])
            if not self._is_free(found):
                names = ("owner", "host", "pid", "url", "folder")
                raise elsewhere(session_id, Owner(**{name: getattr(found, name) for name in names}))
            own = update(sessions).where(sessions.c.session_id == session_id).values(owner=self._me.owner)
            connection.execute(own)
        return bool(found.owner != self._me.owner)

    def free(self, session_ids: Collection[str]) -> set[str]:
        with self._database.leasing() as connection:
            return {row.session_id for row in _found(connection, session_ids) if self._is_free(row)}

    def release(self, session_id: str) -> None:
        is_ours = (sessions.c.session_id == session_id) & (sessions.c.owner == self._me.owner)
        with self._database.leasing() as connection:
            connection.execute(update(sessions).where(is_ours).values(owner=None))

    def leave(self) -> None:
        with self._database.leasing() as connection:
            connection.execute(update(sessions).where(sessions.c.owner == self._me.owner).values(owner=None))
            owns_nothing = ~exists().where(sessions.c.owner == owners.c.owner)
            is_over = (owners.c.owner == self._me.owner) | (owners.c.leased_until < _NOW - FORGOTTEN)
            connection.execute(delete(owners).where(is_over, owns_nothing))

    def _is_free(self, row: Row[Any]) -> bool:
        return is_free(row.owner, row.leased_until, self._me.owner, row.now)


def _found(connection: Connection, session_ids: Collection[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for chunk in chunked(list(session_ids)):
        found += connection.execute(_FOUND.where(sessions.c.session_id.in_(chunk)))
    return found
