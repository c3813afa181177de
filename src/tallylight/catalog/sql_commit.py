"""Stores batches of prepared items in the catalog's tables; whatever is wrong with one costs that one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from tallylight.catalog import sql_undo
from tallylight.catalog.contract import Refused
from tallylight.catalog.prepared import Prepared, refusal
from tallylight.catalog.rows import (
    KEYWORD_COLUMNS,
    keyword_rows,
    media_columns,
    media_row,
    media_values,
    reread_row,
    text_rows,
)
from tallylight.db.among import among
from tallylight.db.many import insert_many, insert_or_update_many, insert_tuples, next_ids
from tallylight.db.raw_texts import keep_missing, sweep
from tallylight.db.tables import catalog_clock, media, media_keywords, media_texts

#: Stores a batch, all or none.
Write = Callable[[Connection, Sequence[Prepared]], None]

#: What a row's own values can be to blame for; anything else is the database's trouble and ends the batch.
_BAD_ROW: Final = (ValueError, TypeError, OverflowError, IntegrityError, DataError, InterfaceError, ProgrammingError)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is stored at a path."""

    media_id: int
    digest: str
    is_missing: bool


def store_or_refuse(connection: Connection, batch: Sequence[Prepared], write: Write) -> list[Refused]:
    """Store all at once; where that fails each half by itself, to find the culprits."""
    try:
        _store(connection, batch, write)
    except _BAD_ROW as error:
        if len(batch) == 1:
            return [refusal(batch[0].item, error)]
        half = len(batch) // 2
        return store_or_refuse(connection, batch[:half], write) + store_or_refuse(connection, batch[half:], write)
    return []


def write(connection: Connection, batch: Sequence[Prepared], session_id: str, at: float) -> None:
    """Add or replace what is not stored just as it is. What is looked up is looked up here, within the attempt: where
    another process was quicker, the next one sees its rows.
    """
    standing = _standing(connection, [*_paths(batch), *(one.item.moved_from for one in batch if one.item.moved_from)])
    changed = [one for one in batch if not _is_stored(one, standing)]
    moved = _moves(changed, standing)
    kept = {path: standing[path].media_id for path in (*_paths(changed), *moved) if path in standing}
    sql_undo.keep(connection, session_id, list(dict.fromkeys([*_paths(changed), *moved])), kept)
    _move(connection, moved)
    before = {moved.get(path, path): media_id for path, media_id in kept.items()}
    fresh = [one for one in changed if one.item.path not in before]
    ids = before | dict(zip(_paths(fresh), next_ids(connection, media, len(fresh)), strict=True))
    if fresh:
        rows = [media_values(one, ids[one.item.path], session_id, at) for one in fresh]
        insert_tuples(connection, media, media_columns(fresh[0]), rows)
    replaced = [media_row(one, session_id, at) for one in changed if one.item.path in before]
    insert_or_update_many(connection, media, "path", replaced, is_encoded=True)
    _put_keywords(connection, changed, ids, list(before.values()))
    _put_texts(connection, changed, ids, list(before.values()))
    tick(connection, changed)


def rewrite(connection: Connection, batch: Sequence[Prepared]) -> None:
    """Of rows that are there already, replace what their texts say; an item's `seq` is its media_id here."""
    standing = _standing(connection, _paths(batch))
    changed = [one for one in batch if not _is_stored(one, standing)]
    if not changed:
        return
    by_id = media.c.media_id == bindparam("of")
    connection.execute(update(media).where(by_id), [{"of": one.item.seq, **reread_row(one)} for one in changed])
    ids = {one.item.path: one.item.seq for one in changed}
    _put_keywords(connection, changed, ids, list(ids.values()))
    tick(connection, changed)


def mark(connection: Connection, session_id: str, paths: Sequence[str], at: float | None) -> None:
    """Mark the media at these paths as missing since `at`, or (None) as found; those that are marked so stay as they
    are.
    """
    needs_it = media.c.missing_since.is_(None) if at is not None else media.c.missing_since.is_not(None)
    query = select(media.c.path, media.c.media_id).where(among(connection, media.c.path, paths), needs_it)
    wanted = {row.path: row.media_id for row in connection.execute(query)}
    sql_undo.keep(connection, session_id, list(wanted), wanted)
    # A mark is this session's word: what an earlier one wrote cannot be undone from under it.
    marked = update(media).where(among(connection, media.c.media_id, list(wanted.values())))
    connection.execute(marked.values(missing_since=at, session_id=session_id))
    tick(connection, wanted)


def tick(connection: Connection, changes: object) -> None:
    """Raise the version where there are changes. Comes last: another process that commits waits for this row."""
    if changes:
        connection.execute(update(catalog_clock).values(version=catalog_clock.c.version + 1))


def _store(connection: Connection, batch: Sequence[Prepared], write: Write) -> None:
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


def _standing(connection: Connection, paths: Sequence[str]) -> dict[str, _Standing]:
    columns = (media.c.path, media.c.media_id, media.c.digest, media.c.missing_since)
    rows = connection.execute(select(*columns).where(among(connection, media.c.path, paths)))
    return {path: _Standing(media_id, digest, since is not None) for path, media_id, digest, since in rows}


def _is_stored(one: Prepared, standing: Mapping[str, _Standing]) -> bool:
    stands = standing.get(one.item.path)
    return stands is not None and stands.digest == one.digest and not stands.is_missing


def _moves(batch: Sequence[Prepared], standing: Mapping[str, _Standing]) -> dict[str, str]:
    """Old paths and new ones of media that take their entries along: where the new ones are free."""
    moved = ((one.item.moved_from, one.item.path) for one in batch)
    return {before: after for before, after in moved if before in standing and after not in standing}


def _move(connection: Connection, moved: Mapping[str, str]) -> None:
    """Give media their new paths; what else changes of them is written as of any other."""
    if moved:
        rows = [{"of": before, "to": after} for before, after in moved.items()]
        connection.execute(update(media).where(media.c.path == bindparam("of")).values(path=bindparam("to")), rows)


def _put_keywords(
    connection: Connection, batch: Sequence[Prepared], ids: Mapping[str, int], before: Sequence[int]
) -> None:
    """Store the keywords of these, in place of what those of `before` have."""
    if before:
        connection.execute(delete(media_keywords).where(among(connection, media_keywords.c.media_id, before)))
    insert_tuples(connection, media_keywords, KEYWORD_COLUMNS, keyword_rows(batch, ids))


def _put_texts(
    connection: Connection, batch: Sequence[Prepared], ids: Mapping[str, int], before: Sequence[int]
) -> None:
    loose = _drop_texts(connection, before) if before else set()
    if rows := text_rows(batch, ids):
        keep_missing(connection, (text for one in batch for text in one.item.texts))
        insert_many(connection, media_texts, rows)
    sweep(connection, loose)


def _drop_texts(connection: Connection, media_ids: Sequence[int]) -> set[str]:
    """Returns the texts that nobody may need any more."""
    of_these = among(connection, media_texts.c.media_id, media_ids)
    loose = set(connection.scalars(select(media_texts.c.sha256).where(of_these)))
    connection.execute(delete(media_texts).where(of_these))
    return loose


def _paths(batch: Iterable[Prepared]) -> list[str]:
    return [one.item.path for one in batch]
