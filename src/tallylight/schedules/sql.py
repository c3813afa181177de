"""Schedules in a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tallylight.db.database import Database
from tallylight.db.raw_texts import chunked
from tallylight.db.tables import schedule_looks, schedules
from tallylight.schedules.contract import PENDING_S, Look, Schedule
from tallylight.schedules.sentences import missing, taken


class SqlSchedules:
    """`Schedules` over the tables of `tallylight.db`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Schedule]:
        query = select(schedules).order_by(schedules.c.created_at, schedules.c.schedule_id)
        with self._database.reading() as connection:
            return [Schedule(**row._mapping) for row in connection.execute(query)]

    def one(self, schedule_id: str) -> Schedule:
        with self._database.reading() as connection:
            row = connection.execute(select(schedules).where(schedules.c.schedule_id == schedule_id)).first()
        if row is None:
            raise missing(schedule_id)
        return Schedule(**row._mapping)

    def add(self, schedule: Schedule) -> None:
        row = {name: getattr(schedule, name) for name in schedule.__slots__}
        try:
            with self._database.writing() as connection:
                connection.execute(insert(schedules), row)
        except IntegrityError as error:
            raise taken(schedule.folder) from error

    def remove(self, schedule_id: str) -> None:
        with self._database.writing() as connection:
            gone = connection.execute(delete(schedules).where(schedules.c.schedule_id == schedule_id))
        if not gone.rowcount:
            raise missing(schedule_id)

    def claim(self, schedule_id: str, ran_at: float | None, at: float) -> bool:
        before = schedules.c.ran_at.is_(None) if ran_at is None else schedules.c.ran_at == ran_at
        mine = update(schedules).where(schedules.c.schedule_id == schedule_id, before).values(ran_at=at)
        with self._database.writing() as connection:
            return connection.execute(mine).rowcount == 1

    def note(self, schedule_id: str, trouble: str = "") -> None:
        with self._database.writing() as connection:
            own = update(schedules).where(schedules.c.schedule_id == schedule_id)
            connection.execute(own.values(trouble=trouble))

    def looks(self, schedule_id: str, paths: Sequence[str], now: float) -> dict[str, Look]:
        with self._database.reading() as connection:
            return _taken(connection, schedule_id, paths, now)

    def take(self, schedule_id: str, looks: Mapping[str, Look], at: float) -> dict[str, Look]:
        own = schedule_looks.c.schedule_id == schedule_id
        # Locked (where there are several processes), so that two do not both find the same file free.
        mine = select(schedules.c.schedule_id).where(schedules.c.schedule_id == schedule_id).with_for_update()
        with self._database.writing() as connection:
            if connection.scalar(mine) is None:
                return {}
            taken = _taken(connection, schedule_id, list(looks), at)
            fresh = {path: look for path, look in looks.items() if taken.get(path) != look}
            for chunk in chunked(list(fresh)):
                connection.execute(delete(schedule_looks).where(own, schedule_looks.c.path.in_(chunk)))
                rows = [{"schedule_id": schedule_id, "path": path, "at": at, **_row(fresh[path])} for path in chunk]
                connection.execute(insert(schedule_looks), rows)
        return fresh

    def started(self, schedule_id: str, session_id: str, at: float) -> None:
        own = update(schedules).where(schedules.c.schedule_id == schedule_id)
        with self._database.writing() as connection:
            connection.execute(own.values(session_id=session_id, trouble=""))
            connection.execute(update(schedule_looks).where(*_pending(schedule_id, at)).values(session_id=session_id))

    def give_back(self, schedule_id: str, at: float) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(schedule_looks).where(*_pending(schedule_id, at)))

    def keep_only(self, schedule_id: str, paths: Collection[str]) -> None:
        own = schedule_looks.c.schedule_id == schedule_id
        with self._database.writing() as connection:
            known = connection.scalars(select(schedule_looks.c.path).where(own)).all()
            for chunk in chunked([path for path in known if path not in paths]):
                connection.execute(delete(schedule_looks).where(own, schedule_looks.c.path.in_(chunk)))


def _row(look: Look) -> dict[str, int]:
    return {"size": look.size, "mtime_ns": look.mtime_ns}


def _pending(schedule_id: str, at: float) -> tuple[ColumnElement[bool], ...]:
    looks = schedule_looks.c
    return looks.schedule_id == schedule_id, looks.session_id.is_(None), looks.at == at


def _taken(connection: Connection, schedule_id: str, paths: Sequence[str], now: float) -> dict[str, Look]:
    looks = schedule_looks.c
    counts = or_(looks.session_id.is_not(None), looks.at > now - PENDING_S)
    query = select(schedule_looks).where(looks.schedule_id == schedule_id, counts)
    found: dict[str, Look] = {}
    for chunk in chunked(paths):
        rows = connection.execute(query.where(looks.path.in_(chunk)))
        found |= {row.path: Look(row.size, row.mtime_ns) for row in rows}
    return found
