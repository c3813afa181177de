"""Whether a committed file is what a search looks for: the memory catalog goes by it, and SQL must agree with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from tallylight.catalog.contract import Medium
from tallylight.catalog.prepared import split
from tallylight.catalog.search import Is, Order, Search, ascii_lower
from tallylight.errors import BadInput

#: What the numbers of a search are called, of a medium.
_NUMBERS: Final[dict[str, Callable[[Medium], Any]]] = {
    "score": lambda medium: medium.outcome.score,
    "nsfw": lambda medium: medium.outcome.nsfw_score,
    "size": lambda medium: medium.outcome.bytes,
    "width": lambda medium: medium.outcome.media.get("width"),
    "height": lambda medium: medium.outcome.media.get("height"),
    "duration": lambda medium: medium.outcome.media.get("duration"),
}
_KEYS: Final[dict[Order, Callable[[Medium], Any]]] = {
    Order.ADDED: lambda medium: medium.media_id,
    Order.DATE: lambda medium: medium.outcome.media.get("created_at"),
    Order.SCORE: lambda medium: medium.outcome.score,
    Order.SIZE: lambda medium: medium.outcome.bytes,
    Order.PATH: lambda medium: medium.path,
    Order.CONTENT: lambda medium: medium.outcome.sha256,
}


def matches(search: Search, medium: Medium, duplicates: Collection[str | None]) -> bool:
    """Whether a medium has all a search asks for, but for `like`. `duplicates` are hashes that several files have."""
    outcome = medium.outcome
    return (
        _has_keywords(search, medium)
        and _is_named(search.model, outcome.generation.get("model") or "")
        and ascii_lower(search.generator) in {"", ascii_lower(outcome.generation.get("generator") or "")}
        and ascii_lower(search.path) in ascii_lower(medium.path)
        and search.folder in {"", split(medium.path)[0]}
        and (outcome.sha256 or "").startswith(search.content)
        and search.type in {"", outcome.media.get("type")}
        and search.format in {"", outcome.media.get("format")}
        and medium.session_id.startswith(search.session)
        and search.is_missing in {None, medium.missing_since is not None}
        and all(span.holds(_NUMBERS[name](medium)) for name, span in search.numbers)
        and _is_dated(search, outcome.media.get("created_at"))
        and all(_is(state, medium, duplicates) for state in search.states)
    )


def sorted_ids(found: Iterable[Medium], order: Order, *, descending: bool) -> list[int]:
    """The ids of these, sorted; those without what they are sorted by come last, then by id."""
    key = _KEYS[order]
    by_id = sorted(found, key=lambda medium: medium.media_id)
    known = [medium for medium in by_id if key(medium) is not None]
    unknown = [medium.media_id for medium in by_id if key(medium) is None]
    return [medium.media_id for medium in sorted(known, key=key, reverse=descending)] + unknown


def nearest(hashes: Iterable[tuple[int, str]], to: str, distance: int) -> dict[int, int]:
    """Of media and their perceptual hashes, those that differ from `to` in at most `distance` bits, and in how many."""
    wanted = int(to, 16)
    differences = ((media_id, (int(phash, 16) ^ wanted).bit_count()) for media_id, phash in hashes)
    return {media_id: bits for media_id, bits in differences if bits <= distance}


def by_likeness(ids: Iterable[int], alike: Mapping[int, int], order: Order | None, *, descending: bool) -> list[int]:
    """Those of sorted ids that are alike; without an order of their own, those that differ least first."""
    kept = [media_id for media_id in ids if media_id in alike]
    if order in {None, Order.LIKENESS}:
        kept.sort(key=alike.__getitem__, reverse=descending)
    return kept


def page(ids: list[int], offset: int, limit: int | None) -> list[int]:
    """At most `limit` (None: all) of these from `offset` on."""
    return ids[offset:] if limit is None else ids[offset : offset + max(limit, 0)]


def plain_order(order: Order | None) -> Order:
    """What to sort by before likeness is known."""
    return Order.ADDED if order is None or order is Order.LIKENESS else order


def hash_of(medium: Medium) -> str:
    """The perceptual hash that others are compared with. Raises BadInput where it has none."""
    if medium.outcome.phash is None:
        raise BadInput(
            f"Medium {medium.media_id} has no perceptual hash to compare with; ingest it anew with the tier full."
        )
    return medium.outcome.phash


def _is_named(wanted: str, name: str) -> bool:
    if wanted.startswith("="):
        return ascii_lower(wanted[1:]) == ascii_lower(name)
    return ascii_lower(wanted) in ascii_lower(name)


def _has_keywords(search: Search, medium: Medium) -> bool:
    texts = [keyword["text"] for keyword in medium.outcome.keywords]
    return all(any(map(_pattern(word).fullmatch, texts)) for word in search.keywords) and not any(
        _pattern(word).fullmatch(text) for word in search.without for text in texts
    )


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, word.split("*"))), re.DOTALL)


def _is_dated(search: Search, created_at: str | None) -> bool:
    if not search.since and not search.until:
        return True
    return created_at is not None and search.since <= created_at and (not search.until or created_at < search.until)


def _is(state: Is, medium: Medium, duplicates: Collection[str | None]) -> bool:
    score = medium.outcome.score
    match state:
        case Is.FAVOURITE:
            return medium.outcome.favourite is True
        case Is.DUPLICATE:
            return medium.outcome.sha256 in duplicates
        case Is.RATED:
            return score is not None and score > 0
        case Is.UNRATED:
            return score is None or score == 0
        case Is.REJECTED:
            return score == -1
