"""Committed files as rows for other programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.journal_suite import extracted

from tallylight.catalog import Medium
from tallylight.catalog.export import COLUMNS, csv_lines, json_lines, row, write_parquet
from tallylight.errors import BadParameters
from tallylight.model import Outcome


def medium(path: str = "/pictures/a.png", prompt: object = "a cat") -> Medium:
    outcome = replace(extracted(), generation={"prompt": prompt, "seed": 2**60, "model": "sdxl"})
    return Medium(media_id=1, path=path, session_id="s-1", committed_at=1.5, outcome=outcome)


def test_a_row_has_every_column_in_its_type() -> None:
    found = row(medium())
    assert list(found) == list(COLUMNS)
    assert (found["path"], found["bytes"], found["seed"]) == ("/pictures/a.png", 123_456_789_012, str(2**60))
    assert all(value is None or isinstance(value, COLUMNS[name]) for name, value in found.items())


def test_what_is_of_another_type_is_left_out() -> None:
    assert row(medium(prompt=["a", "list"]))["prompt"] is None


def test_a_json_line_leaves_out_nothing_that_was_read_of_a_file() -> None:
    """A field that an outcome learns later must not be forgotten here; its texts come by `texts` alone."""
    (line,) = json_lines([medium()])
    told = json.loads(line)
    unspoken = {"root", "file", "kind", "mtime_ns", "ms", "code", "message", "has_thumbnail", "texts"}
    assert {field.name for field in fields(Outcome)} - unspoken <= told.keys()
    assert told["conflicts"] == list(medium().outcome.conflicts)
    assert told["frame_phashes"] == list(medium().outcome.frame_phashes)


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(beginning: str) -> None:
    hostile = f'{beginning}cmd|"/c calc"!A1'
    (_, line) = csv.reader(io.StringIO("".join(csv_lines([medium(hostile, hostile)])), newline=""))
    cells = dict(zip(COLUMNS, line, strict=True))
    assert cells["path"] == cells["prompt"] == f"'{hostile}"
    assert cells["score"] == "-1", "a number stays one"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_csv(text: str) -> None:
    (_, line) = csv.reader(io.StringIO("".join(csv_lines([medium(prompt=text)])), newline=""))
    assert line[list(COLUMNS).index("prompt")].removeprefix("'") == text.removeprefix("'")


def test_without_its_extra_parquet_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadParameters, match=r"pip install 'tallylight\[parquet\]'"):
        write_parquet([medium()], io.BytesIO())
