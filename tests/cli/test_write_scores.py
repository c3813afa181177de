"""`tallylight rate` and `tallylight write-scores`, there and back again."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import Server, run, unprivileged

from tallylight.catalog.sql import SqlCatalog
from tallylight.data_folder import DataFolder
from tallylight.db import open_database
from tallylight.model import Json


def committed(tallylight: Tallylight, tmp_path: Path, count: int = 2) -> tuple[Path, tuple[object, ...]]:
    root, where = tmp_path / "root", ("--data", tmp_path / "data")
    paint(root, count)
    assert tallylight("ingest", root, "--commit", *where).status == 0
    return root, where


def media(tallylight: Tallylight, where: tuple[object, ...]) -> list[Json]:
    return [json.loads(line) for line in tallylight("find", "--format", "jsonl", *where).out.splitlines()]


@pytest.mark.parametrize("to", ["scores", "xmp"])
@pytest.mark.parametrize("rule", ["newest", "database", "sidecar", "highest"])
def test_what_is_rated_and_written_is_read_again_without_a_conflict(
    tallylight: Tallylight, tmp_path: Path, to: str, rule: str
) -> None:
    root, where = committed(tallylight, tmp_path)
    assert tallylight("rate", 1, 2, "--score", 4, *where).out == "2 files rated\n"
    assert media(tallylight, where)[0]["provenance"]["score"]["source"] == "user"
    ran = tallylight("write-scores", "--to", to, "--yes", *where)
    assert (ran.status, ran.err) == (0, "")
    assert "score none → 4" in ran.out
    assert ran.out.endswith("2 sidecars written, 0 of 2 files need none.\n")
    assert tallylight("ingest", root, "--no-skip-existing", "--conflict-rule", rule, "--commit", *where).status == 0
    with closing(open_database(DataFolder.at(tmp_path / "data").database)) as database:
        assert [(one.outcome.score, one.outcome.conflicts) for one in SqlCatalog(database).media()] == [(4, ())] * 2
    # A third time, now with nobody's word but the sidecar's.
    assert "0 sidecars to write" in tallylight("write-scores", "--to", to, *where).out


def test_a_word_here_is_newer_than_an_old_sidecar(tallylight: Tallylight, tmp_path: Path) -> None:
    root, where = committed(tallylight, tmp_path, 1)
    (root / ".scores").mkdir()
    sidecar = root / ".scores" / "picture_000.png.json"
    sidecar.write_text('{"score": 1, "updated": "2020-01-01T00:00:00Z"}')
    tallylight("rate", 1, "--score", 5, "--favourite", *where)
    again = ("ingest", root, "--no-skip-existing", "--commit", *where)
    tallylight(*again)
    assert media(tallylight, where)[0]["score"] == 5
    tallylight(*again, "--conflict-rule", "sidecar")
    (medium,) = media(tallylight, where)
    assert (medium["score"], medium["favourite"]) == (1, True)


def test_it_says_what_it_would_do_and_does_it_only_when_told(tallylight: Tallylight, tmp_path: Path) -> None:
    root, where = committed(tallylight, tmp_path)
    tallylight("rate", 2, "--favourite", *where)
    for arguments in (("--dry-run",), ()):
        ran = tallylight("write-scores", "--to", "scores", *arguments, *where)
        assert f"{root}/.scores/picture_001.png.json (new): favourite none → true" in ran.out
        assert "1 sidecar to write, 1 of 2 files need none." in ran.out
        assert not (root / ".scores").exists()
    assert "Nothing was written; add --yes to do it." in ran.out
    told = json.loads(tallylight("write-scores", "is:favourite", "--to", "scores", "--yes", "--json", *where).out)
    assert (told["dry_run"], told["total"], told["written"]) == (False, 1, 1)
    assert (root / ".scores" / "picture_001.png.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rate", 1), "Nothing was said of the files"),
        (("rate", 1, "--score", 1, "--unrate"), "use one of them"),
        (("rate", 1, 9, "--score", 1), "The catalog holds no file number 9; nothing was rated."),
        (("write-scores", "--to", "scores", "scroe:4"), "score"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(
    tallylight: Tallylight, tmp_path: Path, arguments: tuple[object, ...], sentence: str
) -> None:
    _, where = committed(tallylight, tmp_path, 1)
    ran = tallylight(*arguments, *where)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("tallylight: ")
    assert sentence in ran.err


def test_a_folder_that_must_not_be_written_is_a_sentence(tallylight: Tallylight, tmp_path: Path) -> None:
    root, where = committed(tallylight, tmp_path, 1)
    tallylight("rate", 1, "--score", 2, *where)
    root.chmod(0o555)
    ran = run("write-scores", "--to", "xmp", "--yes", *where, prefix=unprivileged())
    root.chmod(0o755)
    assert ran.returncode == 1
    assert "cannot be written by this user; change the permissions of its folder" in ran.stderr
    assert "0 sidecars written, 0 of 1 files need none, 1 failed." in ran.stdout


def test_the_server_that_holds_the_data_folder_is_asked(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 1)
    run("ingest", root, "--commit", "--data", data)
    with Server(root, data) as server:
        assert run("rate", "1", "--score", "3", "--data", data).stdout == "1 file rated\n"
        assert server.get("/api/media/1")["score"] == 3
        assert "holds no file number 7" in run("rate", "7", "--score", "3", "--data", data).stderr
        assert run("write-scores", "--to", "xmp", "--yes", "--data", data).returncode == 0
        assert (root / "picture_000.png.xmp").exists()
