"""Facets by SQL: the traits of what was committed last in one statement, its keywords in another."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from tallylight.catalog.facets import MOST_VALUES, Facets, Traits, tallied
from tallylight.catalog.search import Search
from tallylight.catalog.sql_search import GENERATOR, conditions, plain
from tallylight.db.among import among
from tallylight.db.tables import media, media_keywords

_TRAITS = (
    media.c.type,
    media.c.model,
    GENERATOR,
    media.c.score,
    media.c.favourite,
    func.substr(media.c.created_at, 1, 4),
    media.c.folder,
)


def facets(connection: Connection, search: Search, most: int, only: Sequence[int] | None) -> Facets:
    """Of what has all a search asks for, but for `like`; `only` among these media, where that is not None."""
    statement = select(media.c.media_id, *_TRAITS).where(*conditions(search, connection.dialect.name))
    if only is not None:
        statement = statement.where(among(connection, media.c.media_id, only))
    rows = connection.execute(statement.order_by(media.c.media_id.desc()).limit(most + 1)).all()
    keywords = _keywords(connection, [row[0] for row in rows[:most]])
    return tallied((Traits(*row[1:]) for row in rows), keywords, most)


def _keywords(connection: Connection, ids: Sequence[int]) -> list[tuple[str, int]]:
    """The most frequent ones of these media. One that has it from several sources counts once."""
    text, files = media_keywords.c.text, func.count(media_keywords.c.media_id.distinct())
    statement = select(text, files).where(among(connection, media_keywords.c.media_id, ids)).group_by(text)
    ordered = statement.order_by(files.desc(), plain(text, connection.dialect.name)).limit(MOST_VALUES)
    return [(keyword, count) for keyword, count in connection.execute(ordered)]
