"""`tallylight preview`, `exclude` and `include`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint, spoil
from tests.serving import Server, messages, run


@pytest.fixture
def where(tmp_path: Path, tallylight: Tallylight) -> tuple[object, ...]:
    """A session over four files, one of them bad, that is ready to review."""
    paint(tmp_path / "root", 3)
    spoil(tmp_path / "root" / "empty.png")
    where = ("--data", tmp_path / "data")
    tallylight("ingest", tmp_path / "root", *where)
    return where


def test_a_preview_lists_what_a_commit_would_do(tallylight: Tallylight, where: tuple[object, ...]) -> None:
    ran = tallylight("preview", "last", *where)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("session ")
    assert lines[1] == "3 new, 1 failed; 3 files to commit"
    assert sum("new        picture_00" in line for line in lines) == 3
    assert any(line.endswith("failed     empty.png: The file is empty: 0 bytes.") for line in lines)


def test_filters_and_pages(tallylight: Tallylight, where: tuple[object, ...]) -> None:
    told = json.loads(tallylight("preview", "last", "--class", "new", "--limit", "2", "--json", *where).out)
    assert (len(told["items"]), told["files"]["new"]) == (2, 3)
    ran = tallylight("preview", "last", "--class", "new", "--limit", "2", *where)
    assert ran.out.splitlines()[-1] == f"… and more: --after {told['next']}"
    rest = json.loads(tallylight("preview", "last", "--class", "new", "--after", told["next"], "--json", *where).out)
    assert len(rest["items"]) == 1
    assert "empty.png" in tallylight("preview", "last", "--code", "empty", *where).out
    named = json.loads(tallylight("preview", "last", "--name", "*_001.*", "--json", *where).out)
    assert [item["file"] for item in named["items"]] == ["picture_001.png"]


def test_files_are_excluded_and_the_commit_leaves_them_alone(
    tallylight: Tallylight, where: tuple[object, ...], tmp_path: Path
) -> None:
    ran = tallylight("exclude", "last", "--name", "*_000.png|*_001.png", *where)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "2 files excluded; 3 new, 1 failed, 2 of them set aside; 1 file to commit\n"
    items = json.loads(tallylight("preview", "last", "--set-aside", "--json", *where).out)["items"]
    seq = next(item["seq"] for item in items if item["file"] == "picture_001.png")
    assert "picture_000.png: set aside" in tallylight("preview", "last", *where).out
    ran = tallylight("include", "last", seq, *where)
    assert ran.out.startswith("1 file included; ")
    (tmp_path / "root" / "picture_002.png").write_bytes(b"other")
    ran = tallylight("commit", "last", "--json", *where)
    assert (ran.status, messages(ran.out)[-1]["commit"]) == (1, {"total": 2, "done": 1, "errors": 1})
    refused = tallylight("preview", "last", "--refused", *where).out
    assert "picture_002.png: It was changed after it was read, so it was not committed" in refused
    found = tallylight("find", "--format", "jsonl", *where).out.splitlines()
    assert [json.loads(line)["path"].rpartition("/")[2] for line in found] == ["picture_001.png"]


def test_a_commit_is_held_to_what_was_shown(tallylight: Tallylight, where: tuple[object, ...]) -> None:
    name = json.loads(tallylight("preview", "last", "--json", *where).out)["preview"]
    tallylight("exclude", "last", "--name", "*_000.png", *where)
    ran = tallylight("commit", "last", "--preview", name, *where)
    assert (ran.status, ran.out) == (2, "")
    assert "would not do what was shown" in ran.err
    name = json.loads(tallylight("preview", "last", "--json", *where).out)["preview"]
    assert tallylight("commit", "last", "--preview", name, *where).status == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("exclude", "last"), "Say which files to exclude: their numbers, --class, --code, --folder or --name."),
        (("include", "last"), "Say which files to include"),
        (("exclude", "last", "9999"), "has no file number 9999"),
        (("exclude", "last", "--class", "failed"), "A commit stores only files that are"),
        (("exclude", "none-such", "--class", "new"), "There is no session none-such"),
        (("preview", "none-such"), "There is no session none-such"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    tallylight: Tallylight, where: tuple[object, ...], arguments: tuple[object, ...], sentence: str
) -> None:
    ran = tallylight(*arguments, *where)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err


@pytest.mark.parametrize("option", [("--class", "newish"), ("--after", "-1"), ("--limit", "0"), ("--code", "odd")])
def test_a_bad_option_is_refused(tallylight: Tallylight, where: tuple[object, ...], option: tuple[object, ...]) -> None:
    assert tallylight("preview", "last", *option, *where).status == 2


def test_nothing_is_excluded_after_the_commit(tallylight: Tallylight, where: tuple[object, ...]) -> None:
    tallylight("commit", "last", *where)
    ran = tallylight("exclude", "last", "--class", "new", *where)
    assert (ran.status, ran.err) == (
        2,
        "tallylight: This session is committed; files can be set aside only before a commit.\n",
    )


def test_a_commit_without_its_folder_says_what_to_do(
    tallylight: Tallylight, where: tuple[object, ...], tmp_path: Path
) -> None:
    (tmp_path / "root").rename(tmp_path / "elsewhere")
    ran = tallylight("commit", "last", *where)
    assert ran.status == 2
    assert "root is not there, so its files cannot be looked at; connect its disk, then try again." in ran.err


def test_names_that_would_fool_a_terminal_are_written_out(tallylight: Tallylight, tmp_path: Path) -> None:
    [picture] = paint(tmp_path / "root", 1)
    picture.rename(tmp_path / "root" / "a\x1b[2J\nb.png")
    where = ("--data", tmp_path / "data")
    tallylight("ingest", tmp_path / "root", *where)
    out = tallylight("preview", "last", *where).out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3


def test_a_server_that_holds_the_data_folder_is_asked(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 3)
    with Server(root, data) as server:
        session_id = server.process()
        server.finished(session_id)
        ran = run("exclude", "last", "--class", "new", "--name", "*_000.png", "--data", data)
        assert (ran.returncode, "holds the data folder; it is done there" in ran.stderr) == (0, True)
        assert ran.stdout == "1 file excluded; 3 new, 1 of them set aside; 2 files to commit\n"
        told = json.loads(run("preview", "last", "--set-aside", "--json", "--data", data).stdout)
        assert [item["file"] for item in told["items"]] == ["picture_000.png"]
        assert told == server.get(f"/api/ingest/preview/{session_id}?set_aside=true")
        ran = run("include", "last", "9999", "--data", data)
        assert (ran.returncode, "has no file number 9999" in ran.stderr) == (2, True)
        ran = run("commit", "last", "--preview", "what was shown once", "--data", data)
        assert (ran.returncode, "would not do what was shown" in ran.stderr) == (2, True)
        ran = run("commit", "last", "--preview", told["preview"], "--data", data)
        assert (ran.returncode, "committed: 2 files in the catalog" in ran.stdout) == (0, True)
        server.stop()
