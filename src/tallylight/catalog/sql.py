"""The catalog in a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from tallylight.catalog import sql_undo
from tallylight.catalog.contract import CommitItem, Known, Medium, Refused
from tallylight.catalog.matching import by_likeness, hash_of, nearest, page, plain_order
from tallylight.catalog.prepared import Prepared, in_order, prepare, refusal
from tallylight.catalog.rows import keyword_rows, media_row, medium_of, text_rows
from tallylight.catalog.search import Order, Search
from tallylight.catalog.sql_search import counted, found
from tallylight.db.database import Database
from tallylight.db.raw_texts import chunked, keep, sweep
from tallylight.db.tables import media, media_keywords, media_texts
from tallylight.db.upsert import insert_or_update
from tallylight.errors import NotFound
from tallylight.model import Json

#: Rows that are held in memory while many are gone through.
_STREAMED: Final = 10_000
#: What a row's own values can be to blame for; anything else is the database's trouble and ends the batch.
_BAD_ROW: Final = (ValueError, TypeError, OverflowError, IntegrityError, DataError, InterfaceError, ProgrammingError)


class SqlCatalog:
    """`Catalog` over the tables of `tallylight.db`. A commit is one transaction of the writing connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        ready, refused = prepare(items)
        with self._database.writing() as connection:
            changed = _changed(connection, ready)
            refused += _store_or_refuse(connection, changed, session_id, at)
        return in_order(refused)

    def undoable(self, session_id: str) -> int:
        with self._database.reading() as connection:
            return sql_undo.count(connection, session_id)

    def overwritten_by(self, session_id: str) -> dict[str, int]:
        with self._database.reading() as connection:
            return sql_undo.overwritten_by(connection, session_id)

    def undo(self, session_id: str, limit: int) -> int:
        with self._database.writing() as connection:
            return sql_undo.put_back(connection, session_id, limit)

    def forget(self, session_id: str) -> None:
        with self._database.writing() as connection:
            sql_undo.forget(connection, session_id)

    def known(self, paths: Sequence[str]) -> dict[str, Known]:
        columns = (media.c.path, media.c.size, media.c.mtime_ns, media.c.sha256)
        found: dict[str, Known] = {}
        with self._database.reading() as connection:
            for chunk in chunked(paths):
                rows = connection.execute(select(*columns).where(media.c.path.in_(chunk)))
                found |= {row.path: Known(row.size, row.mtime_ns, row.sha256) for row in rows}
        return found

    def hashes(self, sha256s: Sequence[str]) -> dict[str, str]:
        first = select(media.c.sha256, func.min(media.c.path).label("path")).group_by(media.c.sha256)
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for chunk in chunked(sha256s):
                rows = connection.execute(first.where(media.c.sha256.in_(chunk)))
                found |= {row.sha256: row.path for row in rows}
        return found

    def contents(self) -> Iterator[str]:
        with self._database.reading() as connection:
            stored = connection.scalars(select(media.c.sha256).where(media.c.sha256.is_not(None)))
            yield from stored.yield_per(_STREAMED)
            yield from sql_undo.contents(connection)

    def count_in_folder(self, folder: str) -> int:
        wanted = folder.rstrip("/") or "/"
        with self._database.reading() as connection:
            query = select(func.count()).select_from(media).where(media.c.folder == wanted)
            return int(connection.execute(query).scalar_one())

    def medium(self, media_id: int) -> Medium:
        with self._database.reading() as connection:
            rows = connection.execute(select(media).where(media.c.media_id == media_id)).all()
            found = _media(connection, rows)
        if not found:
            raise NotFound(f"The catalog holds no file number {media_id}.")
        return found[0]

    def media(self, *, after: int = 0, limit: int = 100) -> list[Medium]:
        query = select(media).where(media.c.media_id > after).order_by(media.c.media_id).limit(max(limit, 0))
        with self._database.reading() as connection:
            return _media(connection, connection.execute(query).all())

    def find(
        self,
        search: Search,
        order: Order | None = None,
        *,
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[int]:
        # Looked up first: its own trouble is told before any other.
        wanted = hash_of(self.medium(search.like.media_id)) if search.like is not None else ""
        with self._database.reading() as connection:
            dialect = connection.dialect.name
            statement = found(search, plain_order(order), descending=descending, dialect=dialect)
            if search.like is None:
                few = statement.offset(offset).limit(None if limit is None else max(limit, 0))
                return [row.media_id for row in connection.execute(few)]
            rows = connection.execute(statement).all()
        hashed = ((row.media_id, row.phash) for row in rows if row.phash is not None)
        alike = nearest(hashed, wanted, search.like.distance)
        ids = by_likeness((row.media_id for row in rows), alike, order, descending=descending)
        return page(ids, offset, limit)

    def count_found(self, search: Search) -> int:
        if search.like is not None:
            return len(self.find(search))
        with self._database.reading() as connection:
            return connection.scalar(counted(search, connection.dialect.name)) or 0

    def media_of(self, media_ids: Sequence[int]) -> list[Medium]:
        known: dict[int, Medium] = {}
        with self._database.reading() as connection:
            for chunk in chunked(list(dict.fromkeys(media_ids))):
                rows = connection.execute(select(media).where(media.c.media_id.in_(chunk))).all()
                known |= {medium.media_id: medium for medium in _media(connection, rows)}
        return [known[media_id] for media_id in media_ids if media_id in known]

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(media)).scalar_one())


def _changed(connection: Connection, batch: Sequence[Prepared]) -> list[Prepared]:
    """Those that are not stored just as they are."""
    stored: dict[str, str] = {}
    for chunk in chunked([prepared.item.path for prepared in batch]):
        rows = connection.execute(select(media.c.path, media.c.digest).where(media.c.path.in_(chunk)))
        stored |= {row.path: row.digest for row in rows}
    return [prepared for prepared in batch if stored.get(prepared.item.path) != prepared.digest]


def _store_or_refuse(connection: Connection, batch: Sequence[Prepared], session_id: str, at: float) -> list[Refused]:
    """Store all at once; where that fails, one by one, to find the culprits."""
    try:
        _store(connection, batch, session_id, at)
    except _BAD_ROW:
        return [
            refused for prepared in batch if (refused := _store_one(connection, prepared, session_id, at)) is not None
        ]
    return []


def _store_one(connection: Connection, prepared: Prepared, session_id: str, at: float) -> Refused | None:
    try:
        _store(connection, [prepared], session_id, at)
    except _BAD_ROW as error:
        return refusal(prepared.item, error)
    return None


def _store(connection: Connection, batch: Sequence[Prepared], session_id: str, at: float) -> None:
    """Add or replace these rows with their keywords and texts, all or none."""
    if not batch:
        return
    attempt = connection.begin_nested()
    try:
        _write(connection, batch, session_id, at)
    except _BAD_ROW:
        # Any other error may have ended the whole transaction (a full disk does), and the savepoint with it.
        attempt.rollback()
        raise
    attempt.commit()


def _write(connection: Connection, batch: Sequence[Prepared], session_id: str, at: float) -> None:
    sql_undo.keep(connection, session_id, [prepared.item.path for prepared in batch])
    rows = [media_row(prepared, session_id, at) for prepared in batch]
    connection.execute(insert_or_update(connection, media, "path"), rows)
    ids = _ids(connection, [prepared.item.path for prepared in batch])
    _replace_keywords(connection, list(ids.values()), keyword_rows(batch, ids))
    _replace_texts(connection, batch, ids)


def _ids(connection: Connection, paths: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for chunk in chunked(paths):
        rows = connection.execute(select(media.c.path, media.c.media_id).where(media.c.path.in_(chunk)))
        ids |= {row.path: row.media_id for row in rows}
    return ids


def _replace_keywords(connection: Connection, ids: Sequence[int], rows: Sequence[Json]) -> None:
    for chunk in chunked(ids):
        connection.execute(delete(media_keywords).where(media_keywords.c.media_id.in_(chunk)))
    if rows:
        connection.execute(insert(media_keywords), rows)


def _replace_texts(connection: Connection, batch: Sequence[Prepared], ids: dict[str, int]) -> None:
    before: set[str] = set()
    for chunk in chunked(list(ids.values())):
        of_these = media_texts.c.media_id.in_(chunk)
        before |= set(connection.scalars(select(media_texts.c.sha256).where(of_these)))
        connection.execute(delete(media_texts).where(of_these))
    if rows := text_rows(batch, ids):
        keep(connection, (text for prepared in batch for text in prepared.item.texts))
        connection.execute(insert(media_texts), rows)
    sweep(connection, before)


def _media(connection: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> list[Medium]:
    by_id = {row["media_id"]: row for row in (row._asdict() for row in rows)}
    keywords: dict[int, list[Json]] = {media_id: [] for media_id in by_id}
    for chunk in chunked(list(by_id)):
        query = select(media_keywords).where(media_keywords.c.media_id.in_(chunk))
        for row in connection.execute(query.order_by(media_keywords.c.media_id, media_keywords.c.position)):
            keywords[row.media_id].append({"text": row.text, "weight": row.weight, "source": row.source})
    return [medium_of(row, keywords[media_id]) for media_id, row in by_id.items()]
