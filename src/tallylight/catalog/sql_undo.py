"""What commits replaced, in the catalog's tables: kept with every commit, put back by an undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, exists, func, insert, select, update

from tallylight.catalog.prepared import digest, with_words
from tallylight.catalog.rows import medium_of
from tallylight.db.among import among
from tallylight.db.many import insert_many, insert_tuples
from tallylight.db.raw_texts import chunked, sweep
from tallylight.db.tables import media, media_keywords, media_texts, replaced, replaced_texts
from tallylight.model import Json
from tallylight.roots import raw_bytes

#: Columns of a medium that are kept; `path_raw` follows from the path.
_KEPT: Final = tuple(column for column in media.columns if column.name != "path_raw")
_THEIRS: Final = replaced.alias("theirs")
#: What an older version kept nothing of.
_SINCE_0008: Final[Json] = {"extractor_version": 0, "tier": None, "missing_since": None}


def keep(connection: Connection, session_id: str, paths: Sequence[str], standing: Mapping[str, int]) -> None:
    """Keep what stands at these paths, which this session is about to write, or that nothing does; `standing` are the
    ids of what does. What was there before its first write counts, however often it writes, unless another session
    wrote in between.
    """
    if not standing:  # a first commit, mostly: nothing to look for
        nothing = [(session_id, path, None, "[]") for path in paths]
        return insert_tuples(connection, replaced, ("session_id", "path", "medium", "keywords"), nothing, keep=True)
    known = _kept(connection, session_id, list(standing.values()))
    known -= _rebase(connection, session_id, known)
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
    return insert_many(connection, replaced_texts, of_texts)


def count(connection: Connection, session_id: str) -> int:
    """Of how many paths this session's commit can be undone."""
    own = select(func.count()).select_from(replaced).where(replaced.c.session_id == session_id)
    return (connection.scalar(own) or 0) - out_of_reach(connection, session_id)


def overwritten_by(connection: Connection, session_id: str) -> dict[str, int]:
    """Which later sessions that can be undone wrote paths of this one, and how many."""
    later = _later(session_id).where(_THEIRS.c.path.is_not(None)).group_by(media.c.session_id)
    found = Counter({row[0]: row[1] for row in connection.execute(later)})
    return dict(found + _moved_by(connection, session_id))


def out_of_reach(connection: Connection, session_id: str) -> int:
    """How many paths of this session a later one wrote that cannot be undone."""
    lost = _later(session_id).where(_THEIRS.c.path.is_(None)).group_by(media.c.session_id)
    return sum(row[1] for row in connection.execute(lost))


def _later(session_id: str) -> Select[Any]:
    """Who wrote paths of this session since, and how many; `_THEIRS` is what they keep of them."""
    kept = (_THEIRS.c.path == media.c.path) & (_THEIRS.c.session_id == media.c.session_id)
    return (
        select(media.c.session_id, func.count())
        .join_from(media, replaced, media.c.path == replaced.c.path)
        .join(_THEIRS, kept, isouter=True)
        .where(replaced.c.session_id == session_id, media.c.session_id != session_id)
    )


def _moved_by(connection: Connection, session_id: str) -> Counter[str]:
    """Which sessions moved media away from where this one wrote them, and how many."""
    was_ours = _THEIRS.c.medium["session_id"].as_string() == session_id
    moved = (
        select(_THEIRS.c.session_id, func.count())
        .join_from(replaced, _THEIRS, _THEIRS.c.path == replaced.c.path)
        .where(replaced.c.session_id == session_id, _THEIRS.c.session_id != session_id, was_ours)
        .where(~exists().where(media.c.path == replaced.c.path))
        .group_by(_THEIRS.c.session_id)
    )
    return Counter({row[0]: row[1] for row in connection.execute(moved)})


def contents(connection: Connection) -> Iterator[str]:
    """The content hashes of all media that an undo may bring back."""
    kept = select(replaced.c.medium).where(replaced.c.medium.is_not(None))
    for medium in connection.scalars(kept).yield_per(1000):
        if medium["sha256"] is not None:
            yield medium["sha256"]


def put_back(connection: Connection, session_id: str, limit: int) -> int:
    """Put back what stood at up to `limit` paths before; returns of how many. What others wrote since is let go."""
    own = select(replaced).where(replaced.c.session_id == session_id).order_by(replaced.c.path).limit(limit)
    while rows := connection.execute(own).all():
        theirs = _written_by_others(connection, session_id, [row.path for row in rows])
        theirs |= _moved_on(connection, session_id, rows)
        sweep(connection, _forget(connection, session_id, list(theirs)))
        if mine := [row for row in rows if row.path not in theirs]:
            _put_back(connection, session_id, mine)
            return len(mine)
    return 0


def _put_back(connection: Connection, session_id: str, rows: Sequence[Any]) -> None:
    paths = [row.path for row in rows]
    before = {row.path: (_SINCE_0008 | row.medium, row.keywords) for row in rows if row.medium is not None}
    # What was moved away from one of these paths comes back from wherever it is.
    now = _by_id(connection, [medium["media_id"] for medium, _ in before.values()])
    here = [row["media_id"] for row in _rows(connection, (media.c.media_id,), media.c.path, paths)]
    texts = _replaced_texts(connection, session_id, list(before))
    loose = _drop(connection, list({*here, *now}))
    if before:
        stood = [
            _stood(medium, keywords, texts.get(path, ()), now.get(medium["media_id"]))
            for path, (medium, keywords) in before.items()
        ]
        connection.execute(insert(media), stood)
    _add(connection, media_keywords, {medium["media_id"]: keywords for medium, keywords in before.values()})
    _add(connection, media_texts, {before[path][0]["media_id"]: own for path, own in texts.items()})
    loose |= _forget(connection, session_id, paths)
    sweep(connection, loose)


def _stood(medium: Json, keywords: Sequence[Json], texts: Sequence[Json], now: Json | None) -> Json:
    """The row of what stood at a path, with what a person said of it since."""
    row = medium | {"path_raw": raw_bytes(medium["path"])}
    before = medium_of(medium, [{name: one[name] for name in ("text", "weight", "source")} for one in keywords]).outcome
    outcome = with_words(before, medium_of(now, ()).outcome) if now is not None else before
    if outcome is before:
        return row
    rated = {name: getattr(outcome, name) for name in ("score", "favourite", "provenance")}
    return row | rated | {"digest": digest(row["path"], outcome, [(text["key"], text["sha256"]) for text in texts])}


def forget(connection: Connection, session_id: str) -> None:
    """Keep nothing more of what this session replaced: its commit can then not be undone."""
    paths = list(connection.scalars(select(replaced.c.path).where(replaced.c.session_id == session_id)))
    sweep(connection, _forget(connection, session_id, paths))


def _rebase(connection: Connection, session_id: str, known: Collection[str]) -> set[str]:
    """Of paths this session wrote before and is about to write again, those that another wrote in between: as if the
    first write had been undone, what stood before it is now what the other one keeps. Returns them.
    """
    again = _written_by_others(connection, session_id, list(known))
    own = select(replaced).where(replaced.c.session_id == session_id)
    for path in again:
        first = connection.execute(own.where(replaced.c.path == path)).one()
        others = select(replaced).where(replaced.c.path == path, replaced.c.session_id != session_id)
        for row in connection.execute(others).all():
            if row.medium is not None and row.medium["session_id"] == session_id:
                _hand_over(connection, first, row.session_id)
    sweep(connection, _forget(connection, session_id, list(again)))
    return again


def _hand_over(connection: Connection, first: Any, to: str) -> None:
    """Let another session keep what one kept of a path, in place of what it kept itself."""
    theirs = (replaced.c.session_id == to) & (replaced.c.path == first.path)
    connection.execute(update(replaced).where(theirs).values(medium=first.medium, keywords=first.keywords))
    of_path = replaced_texts.c.path == first.path
    stale = of_path & (replaced_texts.c.session_id == to)
    loose = set(connection.scalars(select(replaced_texts.c.sha256).where(stale)))
    connection.execute(delete(replaced_texts).where(stale))
    mine = of_path & (replaced_texts.c.session_id == first.session_id)
    connection.execute(update(replaced_texts).where(mine).values(session_id=to))
    sweep(connection, loose)


def _written_by_others(connection: Connection, session_id: str, paths: Sequence[str]) -> set[str]:
    """Those of these paths that another session wrote last."""
    columns = (media.c.path, media.c.session_id)
    return {row["path"] for row in _rows(connection, columns, media.c.path, paths) if row["session_id"] != session_id}


def _moved_on(connection: Connection, session_id: str, rows: Sequence[Any]) -> set[str]:
    """Those of these paths from which a medium was moved that another session has written since."""
    ids = {row.medium["media_id"]: row.path for row in rows if row.medium is not None}
    places = _by_id(connection, list(ids))
    return {
        path
        for media_id, path in ids.items()
        if (now := places.get(media_id)) is not None and now["path"] != path and now["session_id"] != session_id
    }


def _by_id(connection: Connection, media_ids: Sequence[int]) -> dict[int, Json]:
    found = _rows(connection, tuple(media.columns), media.c.media_id, media_ids)
    return {row["media_id"]: row for row in found}


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
