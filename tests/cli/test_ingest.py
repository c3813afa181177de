"""`tallylight ingest`: the pipeline without a server, for people and for programs."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint, spoil
from tests.serving import ALARM, TALLYLIGHT, many, messages

from tallylight.ingest.extract import nsfw
from tallylight.samples.archive import Summary

AT_REST = {"completed", "cancelled", "error", "committed", "commit_error"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    paint(tmp_path / "root", 4)
    return tmp_path / "root"


def test_all_well_is_status_0(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    ran = tallylight("ingest", root, "--data", tmp_path / "data")
    assert (ran.status, ran.err) == (0, "")
    session, ending = ran.out.splitlines()[0], ran.out.splitlines()[-1]
    assert session.startswith("session ")
    assert ending.startswith("completed: 4 of 4 files processed")


def test_failed_files_are_named_with_their_reason_and_make_status_1(
    tallylight: Tallylight, archive: Summary, tmp_path: Path
) -> None:
    ran = tallylight("ingest", archive.folder, "--data", tmp_path / "data")
    assert (ran.status, ran.err) == (1, "")
    for file, reason in archive.failures.items():
        assert sum(line.startswith(f"failed: {file}: {reason}:") for line in ran.out.splitlines()) == 1
    assert f"{archive.candidates} of {archive.candidates} files" in ran.out
    assert "\x1b" not in ran.out, "no terminal, no colours"


def test_the_data_folder_inside_a_root_is_never_scanned(tallylight: Tallylight, root: Path) -> None:
    for _ in range(2):
        ran = tallylight("ingest", root, "--data", root / "data", "--json")
        assert messages(ran.out)[-1]["stats"]["total_discovered"] == 4
    assert list((root / "data" / "thumbnails").rglob("*.jpg"))


def test_json_lines_are_the_streams_messages_and_the_last_is_at_rest(
    tallylight: Tallylight, root: Path, tmp_path: Path
) -> None:
    spoil(root / "empty.png")
    ran = tallylight("ingest", root, "--data", tmp_path / "data", "--json")
    told = messages(ran.out)
    assert (ran.status, ran.err) == (1, "")
    assert told[-1]["status"] in AT_REST
    assert all(message["status"] not in AT_REST for message in told[:-1])
    assert (told[-1]["progress"], told[-1]["stats"]["errors"]) == (100, 1)
    processed = [message["processed_files"] for message in told]
    assert processed == sorted(processed)
    shown = messages(tallylight("show", "last", "--data", tmp_path / "data", "--json").out)[0]
    assert {key: shown[key] for key in told[-1]} == told[-1]


def test_commit_takes_it_into_the_catalog_and_the_next_run_finds_it_unchanged(
    tallylight: Tallylight, root: Path, tmp_path: Path
) -> None:
    first = messages(tallylight("ingest", root, "--data", tmp_path / "data", "--commit", "--json").out)
    assert (first[-1]["status"], first[-1]["commit"]) == ("committed", {"total": 4, "done": 4, "errors": 0})
    assert any(message["status"] == "completed" for message in first)
    again = messages(tallylight("ingest", root, "--data", tmp_path / "data", "--commit", "--json").out)
    assert (again[-1]["stats"]["skipped_existing"], again[-1]["total_files"]) == (4, 0)
    assert again[-1]["status"] == "committed"
    anew = messages(tallylight("ingest", root, "--data", tmp_path / "data", "--no-skip-existing", "--json").out)
    assert (anew[-1]["stats"]["skipped_existing"], anew[-1]["total_files"]) == (0, 4)


@pytest.mark.parametrize(
    ("options", "stats"),
    [
        (["--max-files", 3], {"total_files": 3, "excluded": 2}),
        (["--max-files", 0], {"total_files": 0, "excluded": 5}),
        (["--pattern", "*_001.PNG|SCORED*"], {"total_files": 2, "excluded": 3}),
        (["--pattern", "*.mp4"], {"total_files": 0, "excluded": 5}),
        (["--tier", "index"], {"total_files": 5, "metadata_extracted": 0, "keywords_added": 0}),
        (["--tier", "metadata"], {"total_files": 5, "metadata_extracted": 5}),
        (["--no-keywords"], {"keywords_added": 0}),
        (["--no-scores"], {"scores_imported": 0}),
        ([], {"total_files": 5, "metadata_extracted": 5, "scores_imported": 1, "errors": 0}),
    ],
)
def test_options_do_what_they_say(
    tallylight: Tallylight, root: Path, tmp_path: Path, options: list[object], stats: dict[str, int]
) -> None:
    (root / "scored.png").write_bytes((root / "picture_000.png").read_bytes() + b" ")
    (root / ".scores").mkdir()
    (root / ".scores" / "scored.png.json").write_text('{"score": 4}')
    ran = tallylight("ingest", root, "--data", tmp_path / "data", "--json", *options)
    assert ran.status == 0
    assert stats.items() <= messages(ran.out)[-1]["stats"].items()


def test_several_folders_make_one_session_with_each_file_once(
    tallylight: Tallylight, root: Path, tmp_path: Path
) -> None:
    paint(tmp_path / "other", 2, first=50)
    ran = tallylight("ingest", root, tmp_path / "other", root, "--data", tmp_path / "data", "--json")
    assert messages(ran.out)[-1]["total_files"] == 6


def test_a_folder_without_media_says_so(tallylight: Tallylight, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    ran = tallylight("ingest", tmp_path / "none", "--data", tmp_path / "data")
    assert ran.status == 0
    assert "no image or video was found" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing"], "does not exist"),
        (["root", "missing"], "does not exist"),
        (["root/picture_000.png"], "is a file"),
    ],
)
def test_what_cannot_be_ingested_is_one_sentence(
    tallylight: Tallylight, root: Path, tmp_path: Path, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    ran = tallylight("ingest", *arguments, "--data", tmp_path / "data")
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


def test_nsfw_detection_without_its_extra_says_how_to_install_it(
    tallylight: Tallylight, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nsfw, "available", lambda: False)
    ran = tallylight("ingest", root, "--nsfw", "--data", tmp_path / "data")
    assert (ran.status, ran.out) == (2, "")
    assert "pip install 'tallylight[nsfw]'" in ran.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("threshold", "detected"), [("0", 4), ("1", 0)])
def test_nsfw_detection_counts_by_the_threshold(
    tallylight: Tallylight, root: Path, tmp_path: Path, threshold: str, detected: int
) -> None:
    ran = tallylight("ingest", root, "--nsfw", "--nsfw-threshold", threshold, "--data", tmp_path / "data", "--json")
    assert ran.status == 0
    assert messages(ran.out)[-1]["stats"]["nsfw_detected"] == detected


def test_names_cannot_move_the_cursor_or_forge_a_line(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    spoil(root / "\x1b[2J\x1b]0;owned\x07 <script>.png")
    spoil(root / "one\nfailed: two.png: crashed.png")
    spoil(Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.png")))
    spoil(root / "evil\u202egnp.exe.png")
    ran = tallylight("ingest", root, "--data", tmp_path / "data")
    assert ran.status == 1
    assert not {character for character in ran.out if ord(character) < 0x20} - {"\n"}
    assert "␛[2J" in ran.out
    assert "<script>" in ran.out
    assert "failed: one␊failed: two.png: crashed.png: empty" in ran.out
    assert r"caf\xe9.png" in ran.out
    assert "\u202e" not in ran.out
    assert sum(line.startswith("failed: ") for line in ran.out.splitlines()) == 4
    shown = tallylight("show", "last", "--data", tmp_path / "data")
    assert not {character for character in shown.out if ord(character) < 0x20} - {"\n"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_status_130_and_keeps_what_it_had(
    tallylight: Tallylight, slow: Path, tmp_path: Path, number: int
) -> None:
    root = many(slow, tmp_path / "root", 40)
    command = [*TALLYLIGHT, "ingest", str(root), "--data", str(tmp_path / "data"), "--json", "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if messages(line)[0]["processed_files"]:
                break
        process.send_signal(number)
        rest, err = process.communicate(timeout=ALARM)
    last = messages(rest)[-1]
    assert (process.returncode, err) == (130, "")
    assert last["status"] == "cancelled"
    assert 0 < last["processed_files"] < 40
    shown = tallylight("show", "last", "--data", tmp_path / "data")
    assert f"cancelled: {last['processed_files']} of" in shown.out
    committed = messages(tallylight("commit", "last", "--data", tmp_path / "data", "--json").out)[-1]
    assert committed["commit"] == {"total": last["processed_files"], "done": last["processed_files"], "errors": 0}


def test_limits_are_set_by_name(tallylight: Tallylight, root: Path, tmp_path: Path) -> None:
    ran = tallylight("ingest", root, "--data", tmp_path / "data", "--limit", "pixels=60", "--limit", "memory_limit=1GB")
    assert ran.status == 1
    assert ran.out.count("too_large: 8×8 pixels are more than") == 4
    assert tallylight("ingest", root, "--data", tmp_path / "data", "--limit", "PIXELS = 64").status == 0


def test_limits_come_from_the_environment_and_the_option_wins(
    tallylight: Tallylight, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYLIGHT_LIMITS__PIXELS", "60")
    assert tallylight("ingest", root, "--data", tmp_path / "data").status == 1
    assert tallylight("ingest", root, "--data", tmp_path / "data", "--limit", "pixels=1k").status == 0
    monkeypatch.setenv("TALLYLIGHT_LIMITS__PIXLES", "60")
    ran = tallylight("ingest", root, "--data", tmp_path / "data")
    assert (ran.status, ran.err) == (2, "tallylight: There is no limit pixles; did you mean pixels?\n")


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("pixels", "--limit pixels has no value; write NAME=VALUE, such as pixels=300M."),
        ("pixels=many", "limits.pixels cannot be used: write a whole number, such as 5000,"),
        ("pixels=many", "Check the option, or TALLYLIGHT_LIMITS__PIXELS."),
        ("time_limit=0", "time_limit cannot be used: "),
        ("memory_limit=1MB", "memory_limit cannot be used: "),
        ("json_depth=1000", "The limit json_depth cannot be 1,000; give a number of at least 1 and at most 200."),
    ],
)
def test_a_limit_that_cannot_be_used_is_refused_before_anything_starts(
    tallylight: Tallylight, root: Path, tmp_path: Path, limit: str, says: str
) -> None:
    ran = tallylight("ingest", root, "--data", tmp_path / "data", "--limit", limit)
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "data").exists()
