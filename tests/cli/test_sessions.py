"""`tallylight sessions`, `show` and `commit`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint, spoil
from tests.serving import messages


@pytest.fixture
def data(tallylight: Tallylight, tmp_path: Path) -> Path:
    """A data folder with one session of five files, one of them empty."""
    paint(tmp_path / "root", 4)
    spoil(tmp_path / "root" / "empty.png")
    tallylight("ingest", tmp_path / "root", "--data", tmp_path / "data")
    return tmp_path / "data"


def session_id(tallylight: Tallylight, data: Path) -> str:
    found: str = json.loads(tallylight("sessions", "--data", data, "--json", "--limit", 1).out)["session_id"]
    return found


def test_sessions_are_listed_newest_first(tallylight: Tallylight, data: Path) -> None:
    first = session_id(tallylight, data)
    tallylight("ingest", data.parent / "root", "--data", data, "--max-files", 0)
    second = session_id(tallylight, data)
    ran = tallylight("sessions", "--data", data)
    assert (ran.status, ran.err) == (0, "")
    heading, *rows = ran.out.splitlines()
    assert heading.split() == ["SESSION", "WHEN", "STATUS", "FILES", "FAILED", "FOLDERS"]
    assert [row.split()[0] for row in rows] == [second[:8], first[:8]]
    assert rows[1].split()[3:6] == ["completed", "5", "1"]
    listed = [json.loads(line) for line in tallylight("sessions", "--data", data, "--json").out.splitlines()]
    assert [session["session_id"] for session in listed] == [second, first]


def test_a_narrow_terminal_costs_only_the_folders(
    tallylight: Tallylight, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    row = tallylight("sessions", "--data", data).out.splitlines()[1]
    assert row.split()[0] == session_id(tallylight, data)[:8]
    assert "completed" in row
    assert row.rstrip().endswith("…")


def test_before_the_first_session_there_is_a_hint(tallylight: Tallylight, tmp_path: Path) -> None:
    ran = tallylight("sessions", "--data", tmp_path / "data")
    assert ran.status == 0
    assert "tallylight ingest PATH" in ran.out
    ran = tallylight("show", "last", "--data", tmp_path / "data")
    assert ran.status == 2
    assert "tallylight ingest PATH" in ran.err


def test_a_session_is_shown_by_any_of_its_names(tallylight: Tallylight, data: Path) -> None:
    whole = session_id(tallylight, data)
    shown = {tallylight("show", name, "--data", data).out for name in (whole, whole[:8], whole[:4], "last")}
    assert len(shown) == 1
    text = shown.pop()
    assert whole in text
    assert "completed: 5 of 5 files processed" in text
    assert "failed: empty.png: empty:" in text


def test_failures_are_cut_where_asked(tallylight: Tallylight, data: Path) -> None:
    assert "failed: empty.png" not in tallylight("show", "last", "--data", data, "--failures", 0).out
    assert "and 1 more failed" in tallylight("show", "last", "--data", data, "--failures", 0).out


@pytest.mark.parametrize("name", ["nobody", "", "%", "00000000-0000-4000-8000-000000000000", "\x1b[2J"])
@pytest.mark.parametrize("command", ["show", "commit"])
def test_a_name_that_names_no_session_is_status_2(tallylight: Tallylight, data: Path, command: str, name: str) -> None:
    ran = tallylight(command, name, "--data", data)
    assert (ran.status, ran.out) == (2, "")
    assert "tallylight sessions" in ran.err
    assert "\x1b" not in ran.err


def test_a_beginning_that_is_too_short_or_not_of_one_names_none(tallylight: Tallylight, data: Path) -> None:
    assert tallylight("show", session_id(tallylight, data)[:3], "--data", data).status == 2


def test_commit_lands_once(tallylight: Tallylight, data: Path) -> None:
    ran = tallylight("commit", "last", "--data", data)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "committed: 4 files in the catalog"
    again = messages(tallylight("commit", session_id(tallylight, data)[:6], "--data", data, "--json").out)
    assert [(message["status"], message["commit"]["done"]) for message in again] == [("committed", 4)]
    assert tallylight("show", "last", "--data", data).out.count("committed: 4 files in the catalog") == 1
