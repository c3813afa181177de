"""The catalog in a database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select, update

from tallylight.catalog import sql_commit, sql_facets, sql_undo
from tallylight.catalog.contract import CommitItem, Holder, Known, KnownFile, Medium, Rated, Refused, Reread
from tallylight.catalog.facets import MOST_COUNTED, Facets
from tallylight.catalog.matching import by_likeness, hash_of, page, plain_order
from tallylight.catalog.prepared import in_order, prepare, rated_item, reread_item
from tallylight.catalog.rows import medium_of, rated_row, tier_of
from tallylight.catalog.search import Order, Search
from tallylight.catalog.sql_search import counted, found, plain
from tallylight.db.among import among
from tallylight.db.database import Database
from tallylight.db.fence import OPEN, Fence
from tallylight.db.raw_texts import chunked
from tallylight.db.tables import catalog_clock, media, media_keywords, media_texts, mounts, raw_texts
from tallylight.errors import NotFound
from tallylight.model import Json, RawText

if TYPE_CHECKING:
    from tallylight.catalog.sql_alike import Hashes

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


class SqlCatalog:
    """`Catalog` over the tables of `tallylight.db`. A commit is one transaction of the writing connection.

    With a fence, committing or undoing a session that is not its owner's raises LeaseLost.
    """

    def __init__(self, database: Database, fence: Fence = OPEN) -> None:
        self._database = database
        self._fence = fence
        self._alike: Hashes | None = None

    def commit(self, session_id: str, items: Sequence[CommitItem], at: float) -> list[Refused]:
        ready, refused = prepare(items)
        with self._database.writing() as connection:
            self._fence.check(connection, session_id)
            refused += sql_commit.store_or_refuse(
                connection, ready, partial(sql_commit.write, session_id=session_id, at=at)
            )
        return in_order(refused)

    def reread(self, items: Sequence[Reread]) -> list[Refused]:
        anew = {item.media_id: item for item in items}
        with self._database.writing() as connection:
            stored = _media(connection, _rows(connection, list(anew)))
            texts = _texts(connection, list(anew))
            ready, refused = prepare(
                reread_item(medium, texts.get(medium.media_id, ()), anew[medium.media_id]) for medium in stored
            )
            refused += sql_commit.store_or_refuse(connection, ready, sql_commit.rewrite)
        return in_order(refused)

    def rate(self, media_ids: Sequence[int], said: Mapping[str, int | bool | None], at: float) -> int:
        by_id = media.c.media_id == bindparam("of")
        with self._database.writing() as connection:
            stored = _media(connection, _rows(connection, media_ids))
            texts = _texts(connection, media_ids)
            ready, _ = prepare(rated_item(one, texts.get(one.media_id, ()), said, at) for one in stored)
            sql_commit.tick(connection, ready)
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
            sql_commit.tick(connection, count)
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
        with self._database.reading() as connection:
            rows = connection.execute(select(media.c.path, *of_file).where(among(connection, media.c.path, paths)))
            return {row[0]: Known(*row[1:5], tier_of(row.tier)) for row in rows}

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
            sql_commit.mark(connection, session_id, paths, at)

    def mark_found(self, session_id: str, paths: Sequence[str]) -> None:
        with self._database.writing() as connection:
            sql_commit.mark(connection, session_id, paths, None)

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
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).where(among(connection, media.c.path, paths), is_rated))
            return {
                path: Rated(score=score, favourite=favourite, provenance=provenance)
                for path, score, favourite, provenance in rows
            }

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
        if search.like is None:
            with self._database.reading() as connection:
                statement = found(search, plain_order(order), descending=descending, dialect=connection.dialect.name)
                few = statement.offset(offset).limit(None if limit is None else max(limit, 0))
                return [row.media_id for row in connection.execute(few)]
        # Looked up first: its own trouble is told before any other.
        wanted = hash_of(self.medium(search.like.media_id))
        with self._database.reading() as connection:
            alike = self._hashes().near(connection, wanted, search.like.distance)
            ids = _sorted(connection, alike, search, plain_order(order), descending=descending)
        return page(by_likeness(ids, alike, order, descending=descending), offset, limit)

    def count_found(self, search: Search) -> int:
        if search.like is not None:
            return len(self.find(search))
        with self._database.reading() as connection:
            return connection.scalar(counted(search, connection.dialect.name)) or 0

    def facets(self, search: Search, most: int = MOST_COUNTED) -> Facets:
        only = None if search.like is None else self.find(search)
        with self._database.reading() as connection:
            return sql_facets.facets(connection, search, most, only)

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

    def _hashes(self) -> Hashes:
        if self._alike is None:
            from tallylight.catalog.sql_alike import Hashes  # noqa: PLC0415 (loads numpy)

            self._alike = Hashes()
        return self._alike


def _sorted(
    connection: Connection, alike: Collection[int], search: Search, order: Order, *, descending: bool
) -> list[int]:
    """Those of these media that have what else is asked for, in order."""
    if order is Order.ADDED and replace(search, like=None) == Search():
        return sorted(alike, reverse=descending)
    statement = found(search, order, descending=descending, dialect=connection.dialect.name)
    rows = connection.execute(statement.where(among(connection, media.c.media_id, list(alike))))
    return [row.media_id for row in rows]


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
