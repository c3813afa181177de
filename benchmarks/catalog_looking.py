"""How soon the catalog and a preview answer, however much there is: look-alikes, and the first page.

*Look-alikes*: `Catalog.find` of what looks like one medium, among a million with a hash each; about a dozen are within
the default distance of each other. The rows are made by SQL and hold little else, as the rows themselves are not read.
The first look-up reads all hashes and is told apart; so does the first one after each change of the catalog.

*First page*: `first_page` of the preview of a session of a million files, all of them, and those of each effect that
there is. Some thousands of outcomes are made as an ingest leaves them and looked at as the server does; these rows are
then copied by SQL until there are enough.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from sqlalchemy import Connection, literal, select, update

import catalog_databases
import catalog_files
from catalog_session import SESSION, journaled
from tallylight.catalog.search import ALIKE, Like, Search
from tallylight.catalog.sql import SqlCatalog
from tallylight.db import Database
from tallylight.db.many import insert_many
from tallylight.db.tables import catalog_clock, media, outcomes, previewed, previews
from tallylight.ingest.diff import first_page
from tallylight.ingest.looking import look_at_all
from tallylight.journal.previews import Choice
from tallylight.journal.sql import SqlJournal
from tallylight.model import Outcome

#: Distances asked for: the default, and as much as pictures that are no copies of each other differ in.
DISTANCES: Final = (ALIKE, 16)
_LOOKS: Final = 100
_ALIKE_EACH: Final = 12
_INSERTED: Final = 20_000
#: Outcomes that are looked at, and then copied.
_LOOKED_AT: Final = 10_000
_ROOT: Final = "/pictures"


@dataclass(slots=True)
class Answered:
    """Milliseconds of each question, by what was asked."""

    kind: str
    among: int
    first_ms: float = 0  #: of the very first question
    ms: dict[str, list[float]] = field(default_factory=dict)

    def slowest(self) -> float:
        """The median of the question that takes longest."""
        return max(map(median, self.ms.values()))

    def p95(self, asked: str) -> float:
        return quantiles(self.ms[asked], n=20, method="inclusive")[18]


def alike(kind: str, count: int, scratch: Path, postgres: str) -> Answered:
    """Look-alikes of media chosen at random, among so many."""
    with catalog_databases.empty(kind, scratch, postgres) as (_, database):
        chance = random.Random(1)
        _fill_hashes(database, count, chance)
        catalog, found = SqlCatalog(database), Answered(kind, count)
        found.first_ms = _timed(lambda: catalog.find(Search(like=Like(1))))
        for distance in DISTANCES:
            ids = [chance.randint(1, count) for _ in range(_LOOKS)]
            searches = [Search(like=Like(media_id, distance)) for media_id in ids]
            found.ms[f"up to {distance} bits"] = [_timed(lambda one=one: catalog.find(one)) for one in searches]
    return found


def pages(kind: str, templates: Sequence[Outcome], count: int, scratch: Path, postgres: str) -> Answered:
    """First pages of the preview of a session with so many files."""
    with catalog_databases.empty(kind, scratch, postgres) as (_, database):
        journal, catalog, found = SqlJournal(database), SqlCatalog(database), Answered(kind, count)
        made = min(_LOOKED_AT, count)
        known = list(catalog_files.outcomes(templates, made // 4, _ROOT))
        catalog.commit("before", catalog_files.items(known), 1.0)
        journaled(journal, SESSION, catalog_files.outcomes(templates, made, _ROOT), made, _ROOT)
        look_at_all(journal, catalog, SESSION)
        with database.writing() as connection:
            _multiply(connection, made, count)
            if kind == "postgresql":
                # What the server does by itself some time after so many rows have come.
                connection.exec_driver_sql("ANALYZE")
        effects = [effect for effect, files in journal.previews.standing(SESSION).files.items() if files]
        found.first_ms = _timed(lambda: first_page(journal, catalog, SESSION))
        for asked in ((), *((effect,) for effect in effects)):
            choice = Choice(effects=asked)
            times = [
                _timed(lambda choice=choice: first_page(journal, catalog, SESSION, choice)) for _ in range(_LOOKS // 4)
            ]
            found.ms[asked[0] if asked else "all"] = times
    return found


def _timed(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    if not question():
        raise SystemExit("Nothing was found.")
    return (time.perf_counter() - began) * 1000


def _fill_hashes(database: Database, count: int, chance: random.Random) -> None:
    rows = _hashed_rows(count, chance)
    with database.writing() as connection:
        while some := list(islice(rows, _INSERTED)):
            insert_many(connection, media, some)
        connection.execute(update(catalog_clock).values(version=2))


def _hashed_rows(count: int, chance: random.Random) -> Iterator[dict[str, object]]:
    centre = 0
    for number in range(1, count + 1):
        if number % _ALIKE_EACH == 1:
            centre = chance.getrandbits(64)
        path = f"{_ROOT}/day/gen_{number:08}.png"
        yield {
            "media_id": number,
            "path": path,
            "folder": f"{_ROOT}/day",
            "name": path.rpartition("/")[2],
            "size": number,
            "mtime_ns": number,
            "phash": f"{centre ^ (1 << chance.randrange(64)):016x}",
            "has_thumbnail": True,
            "session_id": "s",
            "committed_at": 1.0,
            "digest": f"{number:032x}",
            "media": {},
            "generation": {},
            "warnings": [],
        }


def _multiply(connection: Connection, made: int, count: int) -> None:
    """Copy the session's outcomes and what was decided of them, numbered on, until there are so many."""
    (first, last) = connection.execute(
        select(previews.c.preview_id, previews.c.until).where(previews.c.session_id == SESSION)
    ).one()
    for times in range(1, count // made):
        for table, own in ((outcomes, outcomes.c.session_id == SESSION), (previewed, previewed.c.preview_id == first)):
            columns = [
                (column + literal(times * made)).label("seq") if column.name == "seq" else column
                for column in table.columns
            ]
            copied = select(*columns).where(own, table.c.seq <= last)
            connection.execute(table.insert().from_select([column.name for column in table.columns], copied))
    enough = {"until": last + count - made}
    connection.execute(update(previews).where(previews.c.preview_id == first).values(**enough))
