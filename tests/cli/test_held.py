"""A session that is held: what the terminal says, and how it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import messages


@pytest.fixture
def root(tmp_path: Path, tallylight: Tallylight) -> Path:
    """A committed library of which a folder was taken away."""
    root = tmp_path / "root"
    paint(root, 2)
    paint(root / "disk", 6, first=2)
    assert tallylight("ingest", root, "--data", tmp_path / "data", "--commit").status == 0
    (root / "disk").rename(tmp_path / "unplugged")
    return root


def test_it_says_why_and_what_to_do_and_ends_with_status_3(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    ran = tallylight("ingest", root, "--data", tmp_path / "data", "--commit")
    assert (ran.status, ran.err) == (3, "")
    ending, sentence, commands = ran.out.splitlines()[-3:]
    assert ending.startswith("held: ")
    assert "2 unchanged, 6 missing" in ending
    assert "has lost many files: 6 of 8 files the catalog has there are missing" in sentence
    session = ran.out.splitlines()[0].removeprefix("session ")[:8]
    assert f"`tallylight resume {session}`" in commands
    assert f"`tallylight cancel {session}`" in commands
    assert tallylight("find", "missing:yes", "--data", tmp_path / "data").status == 1, "nothing is marked yet"


def test_resuming_confirms_and_the_commit_marks(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert tallylight("ingest", root, "--data", data).status == 3
    held = messages(tallylight("sessions", "--data", data, "--json").out)[0]
    assert (held["status"], held["held"]["code"]) == ("held", "guard")
    assert tallylight("resume", "last", "--data", data).status == 0
    assert tallylight("commit", "last", "--data", data).status == 0
    told = tallylight("find", "missing:yes", "--data", data).out
    assert told.count("(missing since ") == 6
    assert tallylight("ingest", root, "--data", data).status == 0, "what is marked holds nobody again"
    (tmp_path / "unplugged").rename(root / "disk")
    back = tallylight("ingest", root, "--data", data, "--commit")
    assert "8 unchanged, 6 found again" in back.out
    assert tallylight("find", "missing:yes", "--data", data).status == 1


def test_cancelling_leaves_the_catalog_as_it_is(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert tallylight("ingest", root, "--data", data).status == 3
    assert tallylight("cancel", "last", "--data", data).status == 0
    assert tallylight("commit", "last", "--data", data).status == 0
    assert tallylight("find", "missing:yes", "--data", data).status == 1


def test_the_share_is_an_option(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    assert tallylight("ingest", root, "--data", tmp_path / "data", "--guard-share", "0.8").status == 0
    assert tallylight("ingest", root, "--data", tmp_path / "data", "--guard-share", "2").status == 2
