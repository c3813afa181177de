"""A search as conditions on the catalog's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, cast, collate, exists, func, nulls_last, or_, select

from tallylight.catalog.search import Is, Order, Search, Span, ascii_lower
from tallylight.db.tables import media, media_keywords

_NUMBERS: Final = {
    "score": media.c.score,
    "nsfw": media.c.nsfw_score,
    "size": media.c.size,
    "width": media.c.width,
    "height": media.c.height,
    "duration": media.c.duration,
}
#: It has no column of its own: few ask for it, and every commit would write it twice.
GENERATOR: Final = media.c.generation["generator"].as_string()
_KEYS: Final[dict[Order, ColumnElement[Any]]] = {
    Order.ADDED: media.c.media_id,
    Order.DATE: media.c.created_at,
    Order.SCORE: media.c.score,
    Order.SIZE: media.c.size,
    Order.PATH: media.c.path,
    Order.CONTENT: media.c.sha256,
}


def found(search: Search, order: Order, *, descending: bool, dialect: str) -> Select[tuple[int, str | None]]:
    """The ids and perceptual hashes of what has all a search asks for, but for `like`; sorted, unknown last."""
    key = _KEYS[order]
    if isinstance(key.type, String):
        key = plain(key, dialect)
    sorted_by = key.desc() if descending else key.asc()
    statement = select(media.c.media_id, media.c.phash).where(*conditions(search, dialect))
    return statement.order_by(nulls_last(sorted_by), media.c.media_id)


def counted(search: Search, dialect: str) -> Select[int]:
    """How many have all a search asks for, but for `like`."""
    return select(func.count()).select_from(media).where(*conditions(search, dialect))


def conditions(search: Search, dialect: str) -> Iterator[ColumnElement[bool]]:
    """What a file must have, but for `like`."""
    yield from map(_has_keyword, search.keywords)
    yield from (~_has_keyword(word) for word in search.without)
    yield from _named(search, dialect)
    for name, span in search.numbers:
        yield from _within(_NUMBERS[name], span)
    if search.since or search.until:
        yield from _dated(plain(media.c.created_at, dialect), search)
    for state in search.states:
        yield _is(state)


def _named(search: Search, dialect: str) -> Iterator[ColumnElement[bool]]:
    for column, wanted in ((media.c.model, search.model), (media.c.path, search.path)):
        if wanted.startswith("=") and column is media.c.model:
            yield func.lower(plain(column, dialect)) == ascii_lower(wanted[1:])
        elif wanted:
            yield func.lower(plain(column, dialect)).contains(ascii_lower(wanted), autoescape=True)
    exact = {media.c.type: search.type, media.c.format: search.format, media.c.folder: search.folder}
    yield from (column == wanted for column, wanted in exact.items() if wanted)
    if search.generator:
        yield func.lower(plain(GENERATOR, dialect)) == ascii_lower(search.generator)
    if search.content:
        yield media.c.sha256.startswith(search.content, autoescape=True)
    if search.is_missing is not None:
        since = media.c.missing_since
        yield since.is_not(None) if search.is_missing else since.is_(None)
    if search.session:
        yield media.c.session_id.startswith(search.session, autoescape=True)


def _has_keyword(word: str) -> ColumnElement[bool]:
    text = media_keywords.c.text
    matching = text.like(_pattern(word), escape="/") if "*" in word else text == word
    return media.c.media_id.in_(select(media_keywords.c.media_id).where(matching))


def _pattern(word: str) -> str:
    for special in "/%_":
        word = word.replace(special, f"/{special}")
    return word.replace("*", "%")


def _within(column: ColumnElement[Any], span: Span) -> Iterator[ColumnElement[bool]]:
    yield column.is_not(None)
    if span.low != -float("inf"):
        yield column > span.low if span.open_low else column >= span.low
    if span.high != float("inf"):
        yield column < span.high if span.open_high else column <= span.high


def _dated(column: ColumnElement[Any], search: Search) -> Iterator[ColumnElement[bool]]:
    yield column >= search.since
    if search.until:
        yield column < search.until


def _is(state: Is) -> ColumnElement[bool]:
    match state:
        case Is.FAVOURITE:
            return media.c.favourite.is_(True)
        case Is.DUPLICATE:
            other = media.alias()
            return exists().where(other.c.sha256 == media.c.sha256, other.c.media_id != media.c.media_id)
        case Is.RATED:
            return media.c.score > 0
        case Is.UNRATED:
            return or_(media.c.score.is_(None), media.c.score == 0)
        case Is.REJECTED:
            return media.c.score == -1


def plain(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Text by its code points, as Python and SQLite have it: PostgreSQL sorts and lowers by its own locale."""
    return collate(cast(column, String), "C") if dialect == "postgresql" else column
