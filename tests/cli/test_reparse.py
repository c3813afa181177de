"""`tallylight reparse`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.cli.test_terminal import Terminal, plain
from tests.contract.catalog_suite import item
from tests.contract.journal_suite import extracted, raw_text
from tests.serving import ALARM, TALLYLIGHT, Server

from tallylight.catalog.sql import SqlCatalog
from tallylight.db import open_database
from tallylight.ingest.reparse import BATCH
from tallylight.samples.archive import Summary

WRITTEN = "a \x1b[2Jcat\nSteps: {}, Sampler: Euler, Seed: 1"


def fill(data: Path, number: int) -> None:
    """Commit so many files of which an older parser read nothing, and one without texts."""
    data.mkdir()
    database = open_database(data / "tallylight.db")
    bare = replace(extracted(), generation={}, keywords=(), media={"type": "image", "format": "png"})
    batch = [item(f"/p/\x1b[2J{at}.png", at, raw_text(WRITTEN.format(at)), outcome=bare) for at in range(number)]
    assert SqlCatalog(database).commit("s-1", [*batch, item("/p/plain.png", number)], 1.0) == []
    database.close()


def test_right_after_an_ingest_nothing_changes(tallylight: Tallylight, archive: Summary, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tallylight("ingest", archive.folder, "--data", data, "--commit")
    ran = tallylight("reparse", "--data", data, "--json")
    assert (ran.status, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert (told["changed"], told["failed"], told["changes"]) == (0, 0, [])
    assert told["same"] > 0
    assert told["same"] + told["without_texts"] == told["total"]


def test_it_tells_what_changed_and_the_second_time_nothing_does(tallylight: Tallylight, tmp_path: Path) -> None:
    fill(tmp_path / "data", 7)
    ran = tallylight("reparse", "--data", tmp_path / "data")
    assert (ran.status, ran.err) == (0, "")
    *changes, more, ending = ran.out.splitlines()
    assert len(changes) == 5
    assert changes[0].startswith("changed: /p/␛[2J0.png: ")
    assert "; prompt nothing → a ␛[2Jcat;" in changes[0]
    assert changes[0].endswith("; +a ␛2jcat")
    assert more == "… and 2 more"
    assert ending.endswith("7 changed, 0 the same, 1 without texts, 0 failed")
    assert "\x1b" not in ran.out
    again = tallylight("reparse", "--data", tmp_path / "data").out.splitlines()
    assert [line.partition("): ")[2] for line in again] == ["0 changed, 7 the same, 1 without texts, 0 failed"]


def test_a_dry_run_changes_nothing(tallylight: Tallylight, tmp_path: Path) -> None:
    fill(tmp_path / "data", 3)
    for _ in range(2):
        ran = tallylight("reparse", "--data", tmp_path / "data", "--dry-run")
        assert ran.status == 0
        assert "3 would change, 0 the same" in ran.out
        assert ran.out.count("would change: /p/") == 3


def test_json_is_one_line(tallylight: Tallylight, tmp_path: Path) -> None:
    fill(tmp_path / "data", 3)
    told = json.loads(tallylight("reparse", "--data", tmp_path / "data", "--json", "--dry-run").out)
    assert {name: told[name] for name in ("total", "changed", "same", "without_texts", "failed")} == {
        "total": 4, "changed": 3, "same": 0, "without_texts": 1, "failed": 0,
    }  # fmt: skip
    assert (told["dry_run"], told["interrupted"]) == (True, False)
    assert told["changes"][0]["generation"]["steps"] == [None, 0]


def test_an_empty_catalog_is_no_trouble(tallylight: Tallylight, tmp_path: Path) -> None:
    ran = tallylight("reparse", "--data", tmp_path / "data")
    assert (ran.status, ran.out) == (0, "0 files in 0 s: 0 changed, 0 the same, 0 without texts, 0 failed\n")


def test_files_that_cannot_be_read_make_status_1(tallylight: Tallylight, tmp_path: Path) -> None:
    fill(tmp_path / "data", 2)
    database = open_database(tmp_path / "data" / "tallylight.db")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE raw_texts SET zlib = x'00'")
    database.close()
    ran = tallylight("reparse", "--data", tmp_path / "data")
    assert ran.status == 1
    assert ran.out.count("failed: /p/␛[2J") == 2


def test_while_a_server_runs_it_says_so(tallylight: Tallylight, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with Server(tmp_path / "root", tmp_path / "data") as server:
        ran = tallylight("reparse", "--data", tmp_path / "data")
        assert (ran.status, ran.out) == (2, "")
        assert f"reach it at {server.url}" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_or_killed_it_goes_on_the_next_time(tallylight: Tallylight, tmp_path: Path, number: int) -> None:
    files = 40 * BATCH
    fill(tmp_path / "data", files)
    process = subprocess.Popen(
        [*TALLYLIGHT, "reparse", "--data", str(tmp_path / "data"), "--jobs", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    database = open_database(tmp_path / "data" / "tallylight.db")
    catalog = SqlCatalog(database)
    while not catalog.media(limit=1)[0].outcome.generation:
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=ALARM)
    database.close()
    if number != signal.SIGKILL:
        told = json.loads(out)
        assert (process.returncode, err, told["interrupted"]) == (130, "", True)
        assert told["changed"] < files
    after = json.loads(tallylight("reparse", "--data", tmp_path / "data", "--json").out)
    assert after["changed"] + after["same"] == files
    assert after["same"] > 0
    assert after["changed"] > 0


def test_on_a_terminal_there_is_a_bar_and_it_leaves_nothing_behind(tmp_path: Path) -> None:
    fill(tmp_path / "data", 4 * BATCH)
    terminal = Terminal(*TALLYLIGHT, "reparse", "--data", str(tmp_path / "data"), "--jobs", "1")
    assert terminal.finish() == 0
    text = plain(terminal.raw)
    assert re.search(r"━+ *[\d,]+ of 1,025, [\d,]+ changed, [\d,]+ files/s, \d+ s left", text)
    last = text.rstrip().splitlines()[-1]
    assert last.endswith("1,024 changed, 0 the same, 1 without texts, 0 failed")
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l"), "the cursor is shown again"
    assert terminal.after == terminal.before
