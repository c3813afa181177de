"""`tallylight undo`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import messages


def test_a_commit_is_taken_back(tallylight: Tallylight, tmp_path: Path) -> None:
    paint(tmp_path / "root", 3)
    where = ("--data", tmp_path / "data")
    tallylight("ingest", tmp_path / "root", "--commit", *where)
    assert tallylight("find", "--format", "csv", *where).status == 0
    ran = tallylight("undo", "last", *where)
    assert (ran.status, ran.err) == (0, "")
    assert "undone: 3 files are in the catalog as they were before" in ran.out
    assert tallylight("find", "--format", "csv", *where).status == 1
    assert "undone" in tallylight("sessions", *where).out

    again = tallylight("commit", "last", "--json", *where)
    assert messages(again.out)[-1]["commit"]["done"] == 3
    assert messages(tallylight("undo", "last", "--json", *where).out)[-1]["undo"] == {"total": 3, "done": 3, "kept": 0}


def test_what_cannot_be_undone_is_a_sentence(tallylight: Tallylight, tmp_path: Path) -> None:
    paint(tmp_path / "root", 1)
    tallylight("ingest", tmp_path / "root", "--data", tmp_path / "data")
    ran = tallylight("undo", "last", "--data", tmp_path / "data")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "tallylight: A session that is completed cannot become undoing.\n"
