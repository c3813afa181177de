"""A preview as rows of a table, for other programs: JSON lines and CSV, one file each, of as many as there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tallylight.catalog import Catalog
from tallylight.catalog.export import csv_table, joined_keywords
from tallylight.ingest.diff import Entry, first_page
from tallylight.journal import Choice, Journal
from tallylight.model import Json

#: The columns, the same in both forms.
COLUMNS: Final = (
    "seq",
    "class",
    "set_aside",
    "root",
    "file",
    "bytes",
    "type",
    "width",
    "height",
    "duration",
    "created_at",
    "score",
    "favourite",
    "nsfw_score",
    "generator",
    "model",
    "seed",
    "prompt",
    "negative_prompt",
    "keywords",
    "sha256",
    "code",
    "message",
    "same_as",
    "moved_from",
    "refused",
)
_PAGE: Final = 500


def json_lines(journal: Journal, catalog: Catalog, session_id: str, choice: Choice) -> Iterator[str]:
    """One JSON object a line: the columns, and what would change and is disputed. Blocking, a page at a time."""
    for entry in _entries(journal, catalog, session_id, choice):
        further = {"changes": list(entry.changes), "conflicts": list(entry.conflicts)}
        yield json.dumps({**row(entry), **further}, ensure_ascii=False) + "\n"


def csv_lines(journal: Journal, catalog: Catalog, session_id: str, choice: Choice) -> Iterator[str]:
    """A header and a line for each file. No text in it is a formula. Blocking, a page at a time."""
    return csv_table(COLUMNS, map(row, _entries(journal, catalog, session_id, choice)))


def row(entry: Entry) -> Json:
    """A value for each column, None where it is unknown. Keywords are joined by `; `."""
    outcome = entry.shown.item.outcome
    known = {
        **outcome.generation,
        **outcome.media,
        **entry.as_json(),
        "keywords": joined_keywords(outcome),
        "sha256": outcome.sha256,
    }
    return {name: _scalar(known.get(name)) for name in COLUMNS}


def _scalar(value: object) -> object:
    """Values of files are anything; a cell holds one thing."""
    return value if value is None or isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


def _entries(journal: Journal, catalog: Catalog, session_id: str, choice: Choice) -> Iterator[Entry]:
    after: int | None = 0
    while after is not None:
        page = first_page(journal, catalog, session_id, choice, after=after, limit=_PAGE)
        yield from page.entries
        after = page.next
