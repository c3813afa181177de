"""How many bytes of the journal's SQLite file belong to each file of a session at rest.

The outcomes are those of the demo archive, tier full. Counted are the pages of every table and index of journal and
preview, as SQLite itself tells (`dbstat`), also where they are not full; not counted is `raw_texts`, the embedded texts
themselves, which are stored once for each content and are the catalog's as well. Nothing was committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import catalog_databases
import catalog_files
from catalog_session import SESSION, journaled
from tallylight.catalog.sql import SqlCatalog
from tallylight.ingest.looking import look_at_all
from tallylight.journal.sql import SqlJournal
from tallylight.model import Outcome

_PREVIEW: Final = ("previews", "previewed", "first_contents")
_NOT_COUNTED: Final = ("raw_texts",)


@dataclass(slots=True)
class Sizes:
    """Bytes a file."""

    files: int
    journal: float
    preview: float
    raw_texts: float  #: not counted

    @property
    def counted(self) -> float:
        return self.journal + self.preview


def measure(templates: Sequence[Outcome], files: int, scratch: Path) -> Sizes:
    """A session of so many files, and what it takes more than an empty database."""
    with catalog_databases.empty("sqlite", scratch, "") as (address, database):
        empty = _pages(address)
        journal = SqlJournal(database)
        journaled(journal, SESSION, catalog_files.outcomes(templates, files, "/pictures"), files, "/pictures")
        look_at_all(journal, SqlCatalog(database), SESSION)
        database.close()
        grown = {table: size - empty.get(table, 0) for table, size in _pages(address).items()}
    preview = sum(grown.pop(table) for table in _PREVIEW)
    raw_texts = sum(grown.pop(table) for table in _NOT_COUNTED)
    return Sizes(files, sum(grown.values()) / files, preview / files, raw_texts / files)


def _pages(address: str) -> dict[str, int]:
    """The bytes of each table with its indexes."""
    query = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name GROUP BY s.tbl_name"
    with closing(sqlite3.connect(address)) as connection:
        return dict(connection.execute(query))
