"""What every command shares: version, help, and how it says no."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight

import tallylight as package

COMMANDS = ["demo", "serve", "ingest", "sessions", "show", "commit", "reparse", "extractors"]


def test_the_version_is_told(tallylight: Tallylight) -> None:
    told = tallylight("--version")
    assert (told.status, told.out, told.err) == (0, f"tallylight {package.__version__}\n", "")


def test_help_names_every_command(tallylight: Tallylight) -> None:
    told = tallylight("--help")
    assert told.status == 0
    assert all(command in told.out for command in COMMANDS)


def test_without_arguments_there_is_help(tallylight: Tallylight) -> None:
    told = tallylight()
    assert told.status == 2
    assert "Commands:" in told.out + told.err


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("demo", ["--data", "--port", "--jobs", "--pictures"]),
        ("serve", ["--root", "--data", "--host", "--port", "--jobs"]),
        (
            "ingest",
            [
                *("--commit", "--json", "--data", "--tier", "--pattern", "--no-keywords", "--no-scores", "--nsfw"),
                "--nsfw-threshold",
                *("--no-skip-existing", "--max-files", "--jobs"),
            ],
        ),
        ("sessions", ["--data", "--json", "--limit"]),
        ("show", ["--data", "--json", "--failures"]),
        ("commit", ["--data", "--json"]),
        ("reparse", ["--data", "--dry-run", "--json", "--jobs"]),
        ("extractors", ["--json"]),
    ],
)
def test_every_command_explains_its_options(tallylight: Tallylight, command: str, options: list[str]) -> None:
    told = tallylight(command, "--help")
    assert told.status == 0
    assert [option for option in options if option not in told.out] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["--nothing"],
        ["ingest"],
        ["ingest", ".", "--tier", "deep"],
        ["ingest", ".", "--max-files", "-1"],
        ["ingest", ".", "--jobs", "0"],
        ["ingest", ".", "--max-files", "many"],
        ["serve", "--root", ".", "--port", "65536"],
        ["show"],
        ["sessions", "--limit", "0"],
    ],
)
def test_unusable_arguments_are_status_2(tallylight: Tallylight, arguments: list[str]) -> None:
    told = tallylight(*arguments)
    assert (told.status, told.out) == (2, "")
    assert told.err


def test_a_variable_that_cannot_be_used_is_named(
    tallylight: Tallylight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYLIGHT_TIME_LIMIT", "-5")
    told = tallylight("ingest", tmp_path, "--data", tmp_path / "data")
    assert told.status == 2
    assert "TALLYLIGHT_TIME_LIMIT" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("command", [["sessions"], ["show", "last"], ["commit", "last"], ["reparse"]])
def test_a_data_folder_that_cannot_be_made_is_a_sentence(
    tallylight: Tallylight, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "file").touch()
    told = tallylight(*command, "--data", tmp_path / "file" / "data")
    assert told.status == 2
    assert "--data" in told.err
    assert len(told.err.splitlines()) == 1
