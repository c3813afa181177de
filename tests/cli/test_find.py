"""`tallylight find`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.cli.running import Ran, Tallylight
from tests.databases import address
from tests.in_process import paint

from tallylight.catalog.export import COLUMNS


class Catalog:
    """`tallylight find` over a catalog of sixty pictures."""

    def __init__(self, tallylight: Tallylight, where: tuple[object, ...]) -> None:
        self._tallylight = tallylight
        self._where = where

    def find(self, *arguments: object) -> Ran:
        return self._tallylight("find", *arguments, *self._where)


@pytest.fixture
def catalog(tallylight: Tallylight, tmp_path: Path) -> Catalog:
    paint(tmp_path / "root", 60)
    where = ("--data", tmp_path / "data")
    assert tallylight("ingest", tmp_path / "root", "--commit", *where).status == 0
    return Catalog(tallylight, where)


def test_a_table_shows_fifty_and_says_how_to_see_all(catalog: Catalog) -> None:
    ran = catalog.find()
    heading, *rows, last = ran.out.splitlines()
    assert (ran.status, heading.split()) == (0, ["ID", "SCORE", "SIZE", "DATE", "KEYWORDS", "PATH"])
    assert len([row for row in rows if "8×8" in row]) == 50
    assert last == "50 of 60; --limit 60 shows all, --format csv writes all."
    assert "of 60" not in catalog.find("--limit", 60).out


def test_keywords_of_several_words_are_found_with_the_shells_quotes(catalog: Catalog) -> None:
    lines = catalog.find("--format", "jsonl", "number 7").out.splitlines()
    assert [json.loads(line)["path"].rpartition("/")[2] for line in lines] == ["picture_007.png"]
    assert len(catalog.find("--format", "jsonl", "night", "not:number 7").out.splitlines()) == 59


def test_json_lines_hold_everything_and_have_no_limit(catalog: Catalog) -> None:
    lines = [
        json.loads(line)
        for line in catalog.find("--format", "jsonl", "--order", "path", "--descending").out.splitlines()
    ]
    assert len(lines) == 60
    assert lines[0]["path"].endswith("picture_059.png")
    assert lines[0]["generation"]["steps"] == 20
    assert {"text": "night", "weight": 1.0, "source": "prompt"} in lines[0]["keywords"]


def test_csv_has_a_header_and_every_column(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "found.csv"
    ran = catalog.find("--format", "csv", "--output", file, "--limit", 3)
    assert (ran.status, ran.out) == (0, "")
    header, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    assert header == list(COLUMNS)
    assert len(rows) == 3


def test_parquet_is_read_by_others(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "found.parquet"
    assert catalog.find("--format", "parquet", "--output", file).status == 0
    table = parquet.read_table(file)
    assert table.column_names == list(COLUMNS)
    assert table.num_rows == 60
    assert table.column("width").to_pylist() == [8] * 60


def test_nothing_found_is_status_1(catalog: Catalog) -> None:
    ran = catalog.find("nothing-like-it")
    assert (ran.status, ran.err) == (1, "")
    assert "Nothing in the catalog is like that" in ran.out
    assert catalog.find("nothing-like-it", "--format", "jsonl").out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("scroe:4",), "did you mean score:?"),
        (("like:999999",), "The catalog holds no file number 999999."),
        (("--output", "x.txt"), "A table is for looking at"),
        (("--format", "csv", "--output", "/nowhere/x.csv"), "/nowhere/x.csv cannot be written"),
        (("--format", "parquet", "--output", "/nowhere/x"), "/nowhere/x cannot be written"),
        (("--database", "mysql://me:secret@host/db"), "That is no database that can be used"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(catalog: Catalog, arguments: tuple[str, ...], sentence: str) -> None:
    ran = catalog.find(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("tallylight: ")
    assert sentence in ran.err
    assert "secret" not in ran.err


def test_names_cannot_play_with_the_terminal(tallylight: Tallylight, tmp_path: Path) -> None:
    (picture,) = paint(tmp_path / "root", 1)
    picture.rename(picture.with_name("\x1b[31mred.png"))
    tallylight("ingest", tmp_path / "root", "--commit", "--data", tmp_path / "data")
    ran = tallylight("find", "--data", tmp_path / "data")
    assert "\x1b" not in ran.out
    assert "red.png" in ran.out


def test_a_catalog_in_postgresql_is_searched_the_same(tallylight: Tallylight, tmp_path: Path) -> None:
    paint(tmp_path / "root", 3)
    with address("postgresql", tmp_path) as url:
        where = ("--data", tmp_path / "data", "--database", url)
        assert tallylight("ingest", tmp_path / "root", "--commit", *where).status == 0
        assert not (tmp_path / "data" / "tallylight.db").exists()
        assert len(tallylight("find", "--format", "jsonl", *where).out.splitlines()) == 3
        assert "completed" not in tallylight("sessions", *where).out
        assert "committed" in tallylight("sessions", *where).out
