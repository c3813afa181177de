"""`tallylight prune`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint

from tallylight.journal.leases import SoleOwner
from tallylight.journal.sql import SqlJournal


@pytest.fixture
def data(tallylight: Tallylight, tmp_path: Path) -> Path:
    """Two sessions: of three pictures, committed, and of two others, not."""
    data = tmp_path / "data"
    paint(tmp_path / "one", 3)
    paint(tmp_path / "two", 2, first=3)
    tallylight("ingest", tmp_path / "one", "--commit", "--data", data)
    tallylight("ingest", tmp_path / "two", "--data", data)
    return data


def thumbnails(data: Path) -> int:
    return len(list((data / "thumbnails").rglob("*.jpg")))


def test_it_says_what_would_go_and_acts_only_when_told_to(tallylight: Tallylight, data: Path) -> None:
    ran = tallylight("prune", "--keep-days", 0, "--data", data)
    assert (ran.status, ran.err) == (0, "")
    assert "2 sessions with 5 outcomes, and 2 thumbnails" in ran.out
    assert ran.out.endswith("Nothing was removed; add --yes to do it.\n")
    assert thumbnails(data) == 5

    ran = tallylight("prune", "--keep-days", 0, "--data", data, "--yes")
    assert ran.out.endswith("Done.\n")
    assert thumbnails(data) == 3
    assert "There is no session yet" in tallylight("sessions", "--data", data).out
    assert len(tallylight("find", "--format", "jsonl", "--data", data).out.splitlines()) == 3
    assert "Nothing to remove" in tallylight("prune", "--keep-days", 0, "--data", data, "--yes").out


def test_young_sessions_stay_with_their_thumbnails(tallylight: Tallylight, data: Path) -> None:
    ran = tallylight("prune", "--keep-days", 1, "--data", data, "--json", "--yes")
    assert json.loads(ran.out) == {
        "sessions": [],
        "outcomes": 0,
        "thumbnails": 0,
        "thumbnail_bytes": 0,
        "removed": False,
    }
    assert thumbnails(data) == 5


def test_json_tells_what_was_found_and_whether_it_went(tallylight: Tallylight, data: Path) -> None:
    asked = ("prune", "--keep-days", 0, "--data", data, "--json")
    told = [json.loads(tallylight(*asked, *more).out) for more in ((), ("--yes",))]
    assert [one["removed"] for one in told] == [False, True]
    assert [len(one["sessions"]) for one in told] == [2, 2]


@pytest.mark.parametrize("arguments", [(), ("--keep-days", "-1"), ("--keep-days", "many")])
def test_it_wants_to_know_how_long_to_keep(tallylight: Tallylight, arguments: tuple[str, ...]) -> None:
    assert tallylight("prune", *arguments).status == 2


def test_it_waits_for_other_processes_that_share_the_database(
    tallylight: Tallylight, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SoleOwner, "free", lambda _self, _session_ids: set())
    monkeypatch.setattr(SqlJournal, "sessions_in_motion", lambda journal: journal.sessions())
    ran = tallylight("prune", "--keep-days", 0, "--data", data, "--yes")
    assert (ran.status, ran.out) == (2, "")
    assert "Another process works on session " in ran.err
    assert thumbnails(data) == 5
