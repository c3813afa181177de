"""The catalog in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from tallylight.catalog import sql_undo
from tallylight.catalog.contract import CommitItem, Holder, Known, KnownFile, Medium, Rated, Refused, Reread
from tallylight.catalog.matching import by_likeness, hash_of, nearest, page, plain_order
from tallylight.catalog.prepared import Prepared, in_order, prepare, rated_item, refusal, reread_item
from tallylight.catalog.rows import keyword_rows, media_row, medium_of, rated_row, reread_row, text_rows, tier_of
from tallylight.catalog.search import Order, Search
from tallylight.catalog.sql_search import counted, found, plain
from tallylight.db.database import Database
from tallylight.db.fence import OPEN, Fence
from tallylight.db.raw_texts import chunked, keep, sweep
from tallylight.db.tables import catalog_clock, media, media_keywords, media_texts, mounts, raw_texts
from tallylight.db.upsert import insert_or_update
from tallylight.errors import NotFound
from tallylight.model import Json, RawText

#: Stores a batch, all or none.
_Write = Callable[[Connection, Sequence[Prepared]], None]

#: Rows that are held in memory while many are gone through.
_STREAMED: Final = 10_000
#: The columns of a `KnownFile`, in its order.
_KNOWN_FILE: Final = ("name", "size", "mtime_ns", "extractor_version", "tier", "missing_since")
_IN_FOLDER: Final = select(*(media.c[name] for name in _KNOWN_FILE)).where(media.c.folder == bindparam("of"))
_IN_FOLDERS: Final = (
    select(*(media.c[name] for name in _KNOWN_FILE), media.c.folder)
    .where(media.c.folder.in_(bindparam("these", expanding=True)))
    .limit(bindparam("most"))
)
#: What a row's own values can be to blame for; anything else is the database's trouble and ends the batch.
_BAD_ROW: Final = (ValueError, TypeError, OverflowError, IntegrityError, DataError, InterfaceError, ProgrammingError)


class SqlCatalog:
    """`Catalog` over the tables of `tallylight.db`. A commit is one transaction of the writing connection.

    With a fence, committing or undoing a session that is not its owner's raises LeaseLost.
    """

    def __init__(self, database: Database, fence: Fence = OPEN) -> None:
        self._database = database
        self._fence = fence

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        ready, refused = prepare(items)
        with self._database.writing() as connection:
            self._fence.check(connection, session_id)
            changed = _changed(connection, ready)
            _tick(connection, changed)
            refused += _store_or_refuse(connection, changed, partial(_write, session_id=session_id, at=at))
        return in_order(refused)

    def reread(self, items: Sequence[Reread]) -> list[Refused]:
        anew = {item.media_id: item for item in items}
        with self._database.writing() as connection:
            stored = _media(connection, _rows(connection, list(anew)))
            texts = _texts(connection, list(anew))
            ready, refused = prepare(
                reread_item(medium, texts.get(medium.media_id, ()), anew[medium.media_id]) for medium in stored
            )
            changed = _changed(connection, ready)
            _tick(connection, changed)
            refused += _store_or_refuse(connection, changed, _rewrite)
        return in_order(refused)

    def rate(self, media_ids: Sequence[int], said: Mapping[str, int | bool | None], at: float) -> int:
        by_id = media.c.media_id == bindparam("of")
        with self._database.writing() as connection:
            stored = _media(connection, _rows(connection, media_ids))
            texts = _texts(connection, media_ids)
            ready, _ = prepare(rated_item(one, texts.get(one.media_id, ()), said, at) for one in stored)
            _tick(connection, ready)
            if ready:
                connection.execute(
                    update(media).where(by_id), [{"of": one.item.seq, **rated_row(one)} for one in ready]
                )
        return len(ready)

    def texts(self, media_ids: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        with self._database.reading() as connection:
            return _texts(connection, media_ids)

    def undoable(self, session_id: str) -> int:
        with self._database.reading() as connection:
            return sql_undo.count(connection, session_id)

    def overwritten_by(self, session_id: str) -> dict[str, int]:
        with self._database.reading() as connection:
            return sql_undo.overwritten_by(connection, session_id)

    def out_of_reach(self, session_id: str) -> int:
        with self._database.reading() as connection:
            return sql_undo.out_of_reach(connection, session_id)

    def undo(self, session_id: str, limit: int) -> int:
        with self._database.writing() as connection:
            self._fence.check(connection, session_id)
            count = sql_undo.put_back(connection, session_id, limit)
            _tick(connection, count)
        return count

    def forget(self, session_id: str) -> None:
        with self._database.writing() as connection:
            sql_undo.forget(connection, session_id)

    def version(self) -> int:
        with self._database.reading() as connection:
            version: int = connection.execute(select(catalog_clock.c.version)).scalar_one()
        return version

    def digests(self, paths: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for chunk in chunked(paths):
                rows = connection.execute(select(media.c.path, media.c.digest).where(media.c.path.in_(chunk)))
                found |= {row.path: row.digest for row in rows}
        return found

    def known(self, paths: Sequence[str]) -> dict[str, Known]:
        of_file = (media.c.size, media.c.mtime_ns, media.c.sha256, media.c.extractor_version, media.c.tier)
        found: dict[str, Known] = {}
        with self._database.reading() as connection:
            for chunk in chunked(paths):
                rows = connection.execute(select(media.c.path, *of_file).where(media.c.path.in_(chunk)))
                found |= {row[0]: Known(*row[1:5], tier_of(row.tier)) for row in rows}
        return found

    def in_folder(self, folder: str) -> Iterator[KnownFile]:
        with self._database.reading() as connection:
            # The driver's own rows, in a third of the time.
            yield from cast("Iterator[KnownFile]", connection.execute(_IN_FOLDER, {"of": folder}).cursor)

    def in_folders(self, folders: Sequence[str], most: int) -> dict[str, list[KnownFile]] | None:
        found: dict[str, list[KnownFile]] = {}
        with self._database.reading() as connection:
            for chunk in chunked(folders):
                asked = {"these": list(chunk), "most": most + 1}
                for row in cast("Iterator[Any]", connection.execute(_IN_FOLDERS, asked).cursor):
                    found.setdefault(row[-1], []).append(row[:-1])
        return found if sum(map(len, found.values())) <= most else None

    def folders_below(self, directory: str) -> list[str]:
        with self._database.reading() as connection:
            folder = plain(media.c.folder, connection.dialect.name)
            top = directory.rstrip("/")
            # What comes after the slash is the zero: between them lie those and no others.
            is_below = and_(folder >= f"{top}/", folder < f"{top}0")
            query = select(media.c.folder).where(or_(media.c.folder == (top or "/"), is_below)).distinct()
            return sorted(connection.scalars(query))

    def media_at(self, paths: Sequence[str]) -> dict[str, Medium]:
        with self._database.reading() as connection:
            chunks = (select(media).where(media.c.path.in_(chunk)) for chunk in chunked(paths))
            rows = [row for query in chunks for row in connection.execute(query)]
            return {medium.path: medium for medium in _media(connection, rows)}

    def holders(self, sha256s: Sequence[str]) -> dict[str, list[Holder]]:
        query = select(media.c.sha256, media.c.path, media.c.missing_since)
        found: dict[str, list[Holder]] = {}
        with self._database.reading() as connection:
            for chunk in chunked(sha256s):
                for sha256, *holder in connection.execute(query.where(media.c.sha256.in_(chunk))):
                    found.setdefault(sha256, []).append(Holder(*holder))
        return {sha256: sorted(holders) for sha256, holders in found.items()}

    def mark_missing(self, session_id: str, paths: Sequence[str], at: float) -> None:
        with self._database.writing() as connection:
            _mark(connection, session_id, paths, media.c.missing_since.is_(None), at)

    def mark_found(self, session_id: str, paths: Sequence[str]) -> None:
        with self._database.writing() as connection:
            _mark(connection, session_id, paths, media.c.missing_since.is_not(None), None)

    def mounts(self, directories: Sequence[str]) -> dict[str, str]:
        with self._database.reading() as connection:
            rows = connection.execute(select(mounts).where(mounts.c.directory.in_(directories)))
            return {row.directory: row.mount_point for row in rows}

    def remember_mounts(self, places: Mapping[str, str]) -> None:
        rows = [{"directory": directory, "mount_point": mount_point} for directory, mount_point in places.items()]
        with self._database.writing() as connection:
            connection.execute(delete(mounts).where(mounts.c.directory.in_(list(places))))
            if rows:
                connection.execute(insert(mounts), rows)

    def ratings(self, paths: Sequence[str]) -> dict[str, Rated]:
        columns = (media.c.path, media.c.score, media.c.favourite, media.c.provenance)
        is_rated = or_(media.c.score.is_not(None), media.c.favourite.is_not(None))
        found: dict[str, Rated] = {}
        with self._database.reading() as connection:
            for chunk in chunked(paths):
                for row in connection.execute(select(*columns).where(media.c.path.in_(chunk), is_rated)):
                    said = Rated(score=row.score, favourite=row.favourite, provenance=row.provenance)
                    found[row.path] = said
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
            found = _media(connection, _rows(connection, [media_id]))
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


def _tick(connection: Connection, changes: object) -> None:
    """Raise the version where there are changes."""
    if changes:
        connection.execute(update(catalog_clock).values(version=catalog_clock.c.version + 1))


def _mark(
    connection: Connection, session_id: str, paths: Sequence[str], needs_it: ColumnElement[bool], at: float | None
) -> None:
    for chunk in chunked(paths):
        wanted = list(connection.scalars(select(media.c.path).where(media.c.path.in_(chunk), needs_it)))
        _tick(connection, wanted)
        sql_undo.keep(connection, session_id, wanted)
        # A mark is this session's word: what an earlier one wrote cannot be undone from under it.
        marked = update(media).where(media.c.path.in_(wanted)).values(missing_since=at, session_id=session_id)
        connection.execute(marked)


def _changed(connection: Connection, batch: Sequence[Prepared]) -> list[Prepared]:
    """Those that are not stored just as they are, at a path where a file is."""
    stored: dict[str, str] = {}
    is_there = media.c.missing_since.is_(None)
    for chunk in chunked([prepared.item.path for prepared in batch]):
        rows = connection.execute(select(media.c.path, media.c.digest).where(media.c.path.in_(chunk), is_there))
        stored |= {row.path: row.digest for row in rows}
    return [prepared for prepared in batch if stored.get(prepared.item.path) != prepared.digest]


def _store_or_refuse(connection: Connection, batch: Sequence[Prepared], write: _Write) -> list[Refused]:
    """Store all at once; where that fails, one by one, to find the culprits."""
    try:
        _store(connection, batch, write)
    except _BAD_ROW:
        return [refused for prepared in batch if (refused := _store_one(connection, prepared, write)) is not None]
    return []


def _store_one(connection: Connection, prepared: Prepared, write: _Write) -> Refused | None:
    try:
        _store(connection, [prepared], write)
    except _BAD_ROW as error:
        return refusal(prepared.item, error)
    return None


def _store(connection: Connection, batch: Sequence[Prepared], write: _Write) -> None:
    """Write a batch, all or none."""
    if not batch:
        return
    attempt = connection.begin_nested()
    try:
        write(connection, batch)
    except _BAD_ROW:
        # Any other error may have ended the whole transaction (a full disk does), and the savepoint with it.
        attempt.rollback()
        raise
    attempt.commit()


def _write(connection: Connection, batch: Sequence[Prepared], session_id: str, at: float) -> None:
    paths = [prepared.item.path for prepared in batch]
    moved = {one.item.moved_from: one.item.path for one in batch if one.item.moved_from}
    sql_undo.keep(connection, session_id, [*paths, *moved])
    _move(connection, moved)
    rows = [media_row(prepared, session_id, at) for prepared in batch]
    connection.execute(insert_or_update(connection, media, "path"), rows)
    ids = _ids(connection, paths)
    _replace_keywords(connection, list(ids.values()), keyword_rows(batch, ids))
    _replace_texts(connection, batch, ids)


def _move(connection: Connection, moved: Mapping[str, str]) -> None:
    """Give media their new paths, where those are free; what else changes of them is written as of any other."""
    if not moved:
        return
    taken = _ids(connection, list(moved.values()))
    rows = [{"of": before, "to": after} for before, after in moved.items() if after not in taken]
    if rows:
        connection.execute(update(media).where(media.c.path == bindparam("of")).values(path=bindparam("to")), rows)


def _rewrite(connection: Connection, batch: Sequence[Prepared]) -> None:
    """Of rows that are there already, replace what their texts say; an item's `seq` is its media_id here."""
    by_id = media.c.media_id == bindparam("of")
    connection.execute(update(media).where(by_id), [{"of": one.item.seq, **reread_row(one)} for one in batch])
    ids = {prepared.item.path: prepared.item.seq for prepared in batch}
    _replace_keywords(connection, list(ids.values()), keyword_rows(batch, ids))


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


def _rows(connection: Connection, ids: Sequence[int]) -> list[Row[tuple[object, ...]]]:
    """The rows of `media` with these ids."""
    chunks = (select(media).where(media.c.media_id.in_(chunk)) for chunk in chunked(ids))
    return [row for query in chunks for row in connection.execute(query)]


def _texts(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
    query = select(media_texts.c.media_id, media_texts.c.key, raw_texts.c.sha256, raw_texts.c.zlib)
    query = query.join(raw_texts, raw_texts.c.sha256 == media_texts.c.sha256)
    query = query.order_by(media_texts.c.media_id, media_texts.c.position)
    found: dict[int, list[RawText]] = {}
    for chunk in chunked(ids):
        for row in connection.execute(query.where(media_texts.c.media_id.in_(chunk))):
            found.setdefault(row.media_id, []).append(RawText(row.key, row.sha256, row.zlib))
    return {media_id: tuple(texts) for media_id, texts in found.items()}


def _media(connection: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> list[Medium]:
    by_id = {row["media_id"]: row for row in (row._asdict() for row in rows)}
    keywords: dict[int, list[Json]] = {media_id: [] for media_id in by_id}
    for chunk in chunked(list(by_id)):
        query = select(media_keywords).where(media_keywords.c.media_id.in_(chunk))
        for row in connection.execute(query.order_by(media_keywords.c.media_id, media_keywords.c.position)):
            keywords[row.media_id].append({"text": row.text, "weight": row.weight, "source": row.source})
    return [medium_of(row, keywords[media_id]) for media_id, row in by_id.items()]
