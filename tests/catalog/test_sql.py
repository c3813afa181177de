from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.contract.catalog_suite import CatalogContract, item, paths
from tests.contract.journal_suite import begun, extracted, processed, raw_text
from tests.databases import Open

from tallylight.catalog import Catalog, CommitItem, Order, Search
from tallylight.catalog.search import Like
from tallylight.catalog.sql import SqlCatalog
from tallylight.db import Database, open_database
from tallylight.db.tables import media, media_keywords, media_texts, raw_texts
from tallylight.errors import DataFolderUnusable
from tallylight.journal import StoredText
from tallylight.journal.sql import SqlJournal


@pytest.fixture
def catalog(database: Database) -> SqlCatalog:
    return SqlCatalog(database)


class TestSqlCatalog(CatalogContract):
    @pytest.fixture
    def catalog(self, database: Database) -> Catalog:
        return SqlCatalog(database)


def rows(database: Database) -> tuple[int, ...]:
    with database.reading() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (media, media_keywords, media_texts, raw_texts)
        )


def test_columns_to_search_by_hold_what_the_json_holds(database: Database, catalog: SqlCatalog) -> None:
    outcome = replace(
        extracted(),
        media={"type": "video", "format": "mp4", "width": 8, "height": 6, "duration": 1.5, "created_at": "2026-01-02"},
        generation={"model": "sdxl"},
    )
    catalog.commit("s-1", [item(r"/pictures/day/caf\xe9.mp4", outcome=outcome)], 1.0)
    with database.reading() as connection:
        row = connection.execute(select(media)).one()
    assert (row.folder, row.name, row.path_raw) == ("/pictures/day", r"caf\xe9.mp4", b"/pictures/day/caf\xe9.mp4")
    found = (row.type, row.format, row.width, row.height, row.duration, row.created_at, row.model)
    assert found == ("video", "mp4", 8, 6, 1.5, "2026-01-02", "sdxl")


def test_a_row_that_only_the_database_finds_bad_is_refused_alone(database: Database, catalog: SqlCatalog) -> None:
    catalog.commit("s-1", [item("/pictures/2.png", 2, raw_text("old"))], 1.0)
    before = rows(database)
    huge = item("/pictures/2.png", 2, raw_text("new"), outcome=replace(extracted(), bytes=2**64))
    batch = [item("/pictures/1.png", 1, raw_text("one")), huge, item("/pictures/3.png", 3)]
    (refused,) = catalog.commit("s-2", batch, 2.0)
    assert (refused.seq, refused.path) == (2, "/pictures/2.png")
    assert "a number in it is too large" in refused.message
    assert paths(catalog.media()) == ["/pictures/2.png", "/pictures/1.png", "/pictures/3.png"]
    assert catalog.media()[0].session_id == "s-1"
    assert rows(database) == (3, before[1] * 3, 2, 2)


def test_a_value_the_driver_cannot_bind_is_refused_alone(catalog: SqlCatalog) -> None:
    odd = item("/pictures/2.png", 2, outcome=replace(extracted(), generation={"model": {"not": "text"}}))
    (refused,) = catalog.commit("s-1", [item("/pictures/1.png", 1), odd], 1.0)
    assert refused.seq == 2
    assert "INSERT" not in refused.message
    assert catalog.count() == 1


def test_texts_and_keywords_of_a_changed_file_are_replaced(database: Database, catalog: SqlCatalog) -> None:
    shared = raw_text("shared")
    catalog.commit(
        "s-1", [item("/pictures/a.png", 1, raw_text("old"), shared), item("/pictures/b.png", 2, shared)], 1.0
    )
    assert rows(database) == (2, 2, 3, 2)
    without = replace(extracted(), keywords=({"text": "x"}, {"text": "y"}))
    catalog.commit(
        "s-2", [item("/pictures/a.png", 1, raw_text("new", "a"), raw_text("new", "b"), outcome=without)], 2.0
    )
    catalog.forget("s-2")
    assert rows(database) == (2, 3, 3, 2)
    catalog.commit("s-3", [item("/pictures/a.png", 1)], 3.0)
    catalog.forget("s-3")
    assert rows(database) == (2, 2, 1, 1)


def test_a_text_lives_as_long_as_the_journal_or_the_catalog_has_it(database: Database, catalog: SqlCatalog) -> None:
    journal, text = SqlJournal(database), raw_text("shared")
    begun(journal, "s-1", *processed(extracted("a.png", text)))
    begun(journal, "s-2", *processed(extracted("b.png", raw_text("second"))))
    catalog.commit("s-1", [item("/pictures/a.png", 1, *journal.raw_texts("s-1", [1])[1])], 1.0)
    catalog.commit("s-2", [item("/pictures/b.png", 1, *journal.raw_texts("s-2", [1])[1])], 1.0)
    journal.delete("s-1", at=1.0)
    assert rows(database)[3] == 2
    catalog.commit("s-3", [item("/pictures/b.png", 1)], 2.0)
    assert journal.texts("s-2", 1) == [StoredText("parameters", "second")]
    catalog.commit("s-3", [item("/pictures/a.png", 1)], 2.0)
    journal.delete("s-2", at=1.0)
    assert rows(database)[2:] == (0, 2), "an undo would need them"
    catalog.forget("s-3")
    assert rows(database)[2:] == (0, 0)


def test_a_full_disk_says_so_and_stores_none_of_the_batch(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "t.sqlite")) as database:
        _fill_the_disk(database, SqlCatalog(database))


def _fill_the_disk(database: Database, catalog: SqlCatalog) -> None:
    catalog.commit("s-1", [item()], 1.0)
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    batch = [item(f"/pictures/{number}.png", number) for number in range(500)]
    with pytest.raises(DataFolderUnusable, match="is full; free some space"):
        catalog.commit("s-2", batch, 2.0)
    assert paths(catalog.media()) == ["/pictures/a.png"]
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
    assert catalog.commit("s-2", batch, 3.0) == []
    assert catalog.count() == 501


def test_it_is_all_there_after_a_restart(opening: Open) -> None:
    for _ in range(2):
        database = opening()
        catalog = SqlCatalog(database)
        catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("x"))], 1.0)
        assert paths(catalog.media()) == ["/pictures/a.png"]
        database.close()


def test_texts_live_as_long_as_a_commit_may_be_undone(database: Database, catalog: SqlCatalog) -> None:
    catalog.commit("s-1", [item("/pictures/a.png", 1, raw_text("old"))], 1.0)
    catalog.commit("s-2", [item("/pictures/a.png", 1, raw_text("new"))], 2.0)
    assert rows(database)[3] == 2
    catalog.undo("s-2", 10)
    assert rows(database)[3] == 1
    assert catalog.commit("s-2", [item("/pictures/a.png", 1, raw_text("new"))], 2.0) == []
    catalog.forget("s-2")
    assert rows(database)[3] == 1


def test_look_alikes_are_those_of_the_catalog_as_it_is_now(catalog: SqlCatalog) -> None:
    def hashed(path: str, seq: int, phash: str | None) -> CommitItem:
        return item(path, seq, outcome=replace(extracted(), phash=phash))

    catalog.commit("s-1", [hashed("/pictures/a.png", 1, "0" * 16), hashed("/pictures/b.png", 2, "f" * 16)], 1.0)
    first, second = (medium.media_id for medium in catalog.media())
    like = Search(like=Like(first, 6))
    assert catalog.find(like) == [first]
    catalog.commit("s-2", [hashed("/pictures/b.png", 2, "0" * 15 + "3"), hashed("/pictures/c.png", 3, None)], 2.0)
    assert catalog.find(like) == [first, second]
    assert catalog.find(like, Order.PATH, descending=True) == [second, first]
    catalog.undo("s-2", 10)
    assert catalog.find(like) == [first]


def test_one_bad_row_of_many_costs_itself_alone(catalog: SqlCatalog) -> None:
    batch = [item(f"/pictures/{number:03}.png", number) for number in range(200)]
    bad = (0, 77, 199)
    for number in bad:
        batch[number] = item(f"/pictures/{number:03}.png", number, outcome=replace(extracted(), bytes=2**64))
    assert [refused.seq for refused in catalog.commit("s-1", batch, 1.0)] == list(bad)
    assert catalog.count() == 197
    assert catalog.undoable("s-1") == 197
