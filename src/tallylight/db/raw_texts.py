"""Raw embedded texts: stored once for each content hash, shared by journal and catalog."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from sqlalchemy import Connection, and_, delete, exists, select

from tallylight.db.among import among
from tallylight.db.many import insert_many
from tallylight.db.tables import media_texts, outcome_texts, raw_texts, replaced_texts
from tallylight.model import RawText

#: Older SQLite takes 999 variables in a statement.
CHUNK: Final = 500

Value = TypeVar("Value")


def chunked(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values in pieces small enough for one IN list."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def keep(connection: Connection, texts: Iterable[RawText]) -> None:
    """Store those that are not stored yet. Comes before the rows that refer to them."""
    rows = {text.sha256: {"sha256": text.sha256, "zlib": text.zlib} for text in texts}
    insert_many(connection, raw_texts, list(rows.values()), keep=True)


def keep_missing(connection: Connection, texts: Iterable[RawText]) -> None:
    """The same where nearly all are stored already: looking is cheaper than sending them all once more."""
    by_hash = {text.sha256: text for text in texts}
    if not by_hash:
        return
    stored = connection.scalars(select(raw_texts.c.sha256).where(among(connection, raw_texts.c.sha256, list(by_hash))))
    keep(connection, [by_hash[sha256] for sha256 in by_hash.keys() - set(stored)])


def sweep(connection: Connection, sha256s: Collection[str]) -> None:
    """Remove those of these that neither an outcome nor a medium has any more, nor one that a commit replaced."""
    if not sha256s:
        return
    users = (outcome_texts, media_texts, replaced_texts)
    unused = and_(*(~exists().where(table.c.sha256 == raw_texts.c.sha256) for table in users))
    for chunk in chunked(list(sha256s)):
        connection.execute(delete(raw_texts).where(raw_texts.c.sha256.in_(chunk), unused))
