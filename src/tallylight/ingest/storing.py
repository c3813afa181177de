"""What a commit stores of a file: what was read of it, and what the catalog knows beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tallylight.catalog import Catalog, CommitItem, Medium
from tallylight.ingest.agreement import agree
from tallylight.ingest.filling import filled, is_shallower
from tallylight.model import ConflictRule, RawText


def as_stored(catalog: Catalog, rule: ConflictRule, items: Sequence[CommitItem]) -> list[CommitItem]:
    """The items as they are to be stored: what the catalog has read deeper is kept, and `rule` decides conflicts."""
    rated = catalog.ratings([_stood(item) for item in items])
    return [
        replace(item, outcome=agree(item.outcome, rated.get(_stood(item)), rule).outcome)
        for item in _filled(catalog, items)
    ]


def _stood(item: CommitItem) -> str:
    """Where the catalog has had the file."""
    return item.moved_from or item.path


def _filled(catalog: Catalog, items: Sequence[CommitItem]) -> list[CommitItem]:
    """The items with what the catalog knows of their bytes beyond them: of files that have moved, and of those that it
    has read deeper.
    """
    known = catalog.known([_stood(item) for item in items])
    wanted = [
        _stood(item)
        for item in items
        if (has := known.get(_stood(item))) is not None and (item.moved_from or is_shallower(item.outcome, has))
    ]
    stored = catalog.media_at(wanted)
    texts = catalog.texts([medium.media_id for medium in stored.values()])
    return [_filled_one(item, stored.get(_stood(item)), texts) for item in items]


def _filled_one(item: CommitItem, stored: Medium | None, texts: dict[int, tuple[RawText, ...]]) -> CommitItem:
    if stored is None:
        return item
    outcome = filled(item.outcome, stored.outcome, has_moved=bool(item.moved_from))
    return replace(item, outcome=outcome, texts=item.texts or texts.get(stored.media_id, ()))
