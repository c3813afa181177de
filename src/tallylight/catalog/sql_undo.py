"""What commits replaced, in the catalog's tables: kept with every commit, put back by an undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, func, insert, select

from tallylight.db.among import among
from tallylight.db.many import insert_many
from tallylight.db.raw_texts import chunked, sweep
from tallylight.db.tables import media, media_keywords, media_texts, replaced, replaced_texts
from tallylight.model import Json
from tallylight.roots import raw_bytes

#: Columns of a medium that are kept; `path_raw` follows from the path.
_KEPT: Final = tuple(column for column in media.columns if column.name != "path_raw")
#: What an older version kept nothing of.
_SINCE_0006: Final[Json] = {"extractor_version": 0, "tier": None, "missing_since": None}


def keep(connection: Connection, session_id: str, paths: Sequence[str], standing: Mapping[str, int]) -> None:
    """Keep what stands at these paths, which this session is about to write, or that nothing does; `standing` are the
    ids of what does. What was there before its first write counts, however often it writes.
    """
    known = _kept(connection, session_id, list(standing.values())) if standing else set()
    ids = {media_id: path for path, media_id in standing.items() if path not in known}
    stored = {row["path"]: row for row in _rows(connection, _KEPT, media.c.media_id, list(ids))}
    keywords, texts = _lists(connection, media_keywords, ids), _lists(connection, media_texts, ids)
    rows = [
        {"session_id": session_id, "path": path, "medium": stored.get(path), "keywords": keywords.get(path, [])}
        for path in paths
        if path not in known
    ]
    insert_many(connection, replaced, rows, keep=True)
    of_texts = [{"session_id": session_id, "path": path, **text} for path, own in texts.items() for text in own]
    insert_many(connection, replaced_texts, of_texts)


def count(connection: Connection, session_id: str) -> int:
    """Of how many paths this session's commit can be undone."""
    return connection.scalar(select(func.count()).select_from(replaced).where(replaced.c.session_id == session_id)) or 0


def overwritten_by(connection: Connection, session_id: str) -> dict[str, int]:
    """Which later sessions wrote paths of this one, and how many."""
    later = (
        select(media.c.session_id, func.count())
        .join_from(media, replaced, media.c.path == replaced.c.path)
        .where(replaced.c.session_id == session_id, media.c.session_id != session_id)
        .group_by(media.c.session_id)
    )
    found = Counter({row[0]: row[1] for row in connection.execute(later)})
    return dict(found + _moved_by(connection, session_id))


def _moved_by(connection: Connection, session_id: str) -> Counter[str]:
    """Which sessions moved media away from where this one wrote them, and how many."""
    theirs = replaced.alias()
    was_ours = theirs.c.medium["session_id"].as_string() == session_id
    moved = (
        select(theirs.c.session_id, func.count())
        .join_from(replaced, theirs, theirs.c.path == replaced.c.path)
        .where(replaced.c.session_id == session_id, theirs.c.session_id != session_id, was_ours)
        .where(~exists().where(media.c.path == replaced.c.path))
        .group_by(theirs.c.session_id)
    )
    return Counter({row[0]: row[1] for row in connection.execute(moved)})


def contents(connection: Connection) -> Iterator[str]:
    """The content hashes of all media that an undo may bring back."""
    kept = select(replaced.c.medium).where(replaced.c.medium.is_not(None))
    for medium in connection.scalars(kept).yield_per(1000):
        if medium["sha256"] is not None:
            yield medium["sha256"]


def put_back(connection: Connection, session_id: str, limit: int) -> int:
    """Put back what stood at up to `limit` paths before; returns of how many."""
    own = select(replaced).where(replaced.c.session_id == session_id).order_by(replaced.c.path)
    rows = connection.execute(own.limit(limit)).all()
    paths = [row.path for row in rows]
    before = {row.path: (_SINCE_0006 | row.medium, row.keywords) for row in rows if row.medium is not None}
    # What was moved away from one of these paths comes back from wherever it is.
    written = [*_of_paths(connection, paths), *(medium["media_id"] for medium, _ in before.values())]
    texts = _replaced_texts(connection, session_id, list(before))
    loose = _drop(connection, written)
    if before:
        stood = [medium | {"path_raw": raw_bytes(path)} for path, (medium, _) in before.items()]
        connection.execute(insert(media), stood)
    _add(connection, media_keywords, {medium["media_id"]: keywords for medium, keywords in before.values()})
    _add(connection, media_texts, {before[path][0]["media_id"]: own for path, own in texts.items()})
    loose |= _forget(connection, session_id, paths)
    sweep(connection, loose)
    return len(rows)


def forget(connection: Connection, session_id: str) -> None:
    """Keep nothing more of what this session replaced: its commit can then not be undone."""
    paths = list(connection.scalars(select(replaced.c.path).where(replaced.c.session_id == session_id)))
    sweep(connection, _forget(connection, session_id, paths))


def _forget(connection: Connection, session_id: str, paths: Sequence[str]) -> set[str]:
    """Returns the texts that nobody may need any more."""
    loose: set[str] = set()
    for chunk in chunked(paths):
        of_texts = (replaced_texts.c.session_id == session_id) & replaced_texts.c.path.in_(chunk)
        loose |= set(connection.scalars(select(replaced_texts.c.sha256).where(of_texts)))
        connection.execute(delete(replaced_texts).where(of_texts))
        connection.execute(delete(replaced).where(replaced.c.session_id == session_id, replaced.c.path.in_(chunk)))
    return loose


def _drop(connection: Connection, media_ids: Sequence[int]) -> set[str]:
    """Remove these media; returns the texts that nobody may need any more."""
    loose: set[str] = set()
    for chunk in chunked(media_ids):
        loose |= set(connection.scalars(select(media_texts.c.sha256).where(media_texts.c.media_id.in_(chunk))))
        connection.execute(delete(media).where(media.c.media_id.in_(chunk)))
    return loose


def _add(connection: Connection, table: Any, lists: dict[int, list[Json]]) -> None:
    rows = [
        {"position": position, **one, "media_id": media_id}
        for media_id, own in lists.items()
        for position, one in enumerate(own)
    ]
    if rows:
        connection.execute(insert(table), rows)


def _of_paths(connection: Connection, paths: Sequence[str]) -> list[int]:
    return [row["media_id"] for row in _rows(connection, (media.c.media_id,), media.c.path, paths)]


def _lists(connection: Connection, table: Any, ids: dict[int, str]) -> dict[str, list[Json]]:
    """The rows of a table that belong to these media, in order, by their paths."""
    found: dict[str, list[Json]] = {}
    columns = tuple(column for column in table.columns)
    for row in sorted(_rows(connection, columns, table.c.media_id, list(ids)), key=lambda row: row["position"]):
        found.setdefault(ids[row.pop("media_id")], []).append(row)
    return found


def _replaced_texts(connection: Connection, session_id: str, paths: Sequence[str]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for row in _rows(connection, tuple(replaced_texts.columns), replaced_texts.c.path, paths):
        if row.pop("session_id") == session_id:
            found.setdefault(row.pop("path"), []).append(row)
    return {path: sorted(own, key=lambda text: text["position"]) for path, own in found.items()}


def _rows(connection: Connection, columns: Sequence[Any], key: Any, values: Sequence[Any]) -> list[Json]:
    found: list[Json] = []
    for chunk in chunked(values):
        found += (dict(row._mapping) for row in connection.execute(select(*columns).where(key.in_(chunk))))
    return found


def _kept(connection: Connection, session_id: str, media_ids: Sequence[int]) -> set[str]:
    """The paths of those of these media that something is kept of."""
    # By way of the media: of a session's paths alone PostgreSQL goes through all there are.
    own = exists().where(replaced.c.session_id == session_id, replaced.c.path == media.c.path)
    return set(connection.scalars(select(media.c.path).where(among(connection, media.c.media_id, media_ids), own)))
