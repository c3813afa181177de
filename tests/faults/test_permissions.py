"""Files, folders and data folders that the user may not read or write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import Server, run, unprivileged


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Over three pictures, one of them forbidden, and a forbidden folder with two more; no thumbnail can be written."""
    folder = tmp_path_factory.mktemp("permissions")
    paint(folder / "root" / "closed", 2, first=3)
    thumbnails = folder / "data" / "thumbnails"
    thumbnails.mkdir(parents=True)
    forbidden = [paint(folder / "root", 3)[0], folder / "root" / "closed"]
    for path in forbidden:
        path.chmod(0)
    thumbnails.chmod(0o500)
    with Server(folder / "root", folder / "data", prefix=unprivileged()) as server:
        yield server
    for path in (*forbidden, thumbnails):
        path.chmod(0o700)


def test_a_forbidden_file_fails_and_a_forbidden_folder_is_told_but_not_counted(server: Server) -> None:
    session_id = server.process(skip_existing=False)
    last = server.finished(session_id)
    assert (last["status"], last["progress"]) == ("completed", 100)
    assert (last["total_files"], last["stats"]["total_discovered"], last["stats"]["errors"]) == (3, 3, 1)
    troubles = {error["file"]: error["code"] for error in last["errors"]}
    assert troubles == {"picture_000.png": "permission", "closed": "permission"}
    failed = server.get(f"/api/ingest/items/{session_id}?outcome=failed")["items"]
    assert [(item["file"], item["code"]) for item in failed] == [("picture_000.png", "permission")]
    report = server.get(f"/api/ingest/report/{session_id}?format=json")
    assert [each["file"] for each in report["folders_unread"]] == ["closed"]


def test_a_forbidden_folder_can_neither_be_asked_for_nor_looked_into(server: Server) -> None:
    closed = str(server.root / "closed")
    told = server.post("/api/ingest/process", {"parameters": {"directory": closed}}, 400)
    assert "cannot be read" in told["detail"]
    assert server.get(f"/api/ingest/directories?path={closed}", 400)["code"] == "bad_folder"
    listing = server.get(f"/api/ingest/directories?path={server.root}")
    assert [(folder["name"], folder["readable"]) for folder in listing["directories"]] == [("closed", False)]


def test_thumbnails_that_cannot_be_written_are_a_warning(server: Server) -> None:
    session_id = server.process(skip_existing=False, pattern="*_001.png|*_002.png")
    last = server.finished(session_id)
    items = server.get(f"/api/ingest/items/{session_id}")["items"]
    assert (last["status"], last["stats"]["metadata_extracted"], last["stats"]["errors"]) == ("completed", 2, 0)
    assert [item["has_thumbnail"] for item in items] == [False, False]
    assert all("thumbnail" in " ".join(item["warnings"]) for item in items)


def test_a_media_file_that_became_forbidden_is_404(server: Server) -> None:
    session_id = server.process(skip_existing=False, pattern="*_001.png")
    server.finished(session_id)
    server.post("/api/ingest/commit", {"session_id": session_id})
    server.finished(session_id)
    assert server.request("GET", "/api/media/1/file")[0] == 200
    (server.root / "picture_001.png").chmod(0)
    assert server.get("/api/media/1/file", 404)["code"] == "not_found"
    (server.root / "picture_001.png").chmod(0o600)


@pytest.mark.parametrize("command", ["ingest", "serve"])
def test_a_forbidden_root_is_refused(tmp_path: Path, command: str) -> None:
    root = tmp_path / "root"
    root.mkdir(mode=0)
    where = [root] if command == "ingest" else ["--port", 0, "--root", root]
    refused = run(command, *where, "--data", tmp_path / "data", prefix=unprivileged())
    root.chmod(0o700)
    assert refused.returncode == 2
    assert "cannot be read by this user" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    paint(tmp_path / "root", 1)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for data in (closed, closed / "below"):
        refused = run("ingest", tmp_path / "root", "--data", data, prefix=unprivileged())
        assert refused.returncode == 2, refused.stderr
        assert "--data" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1, refused.stderr


@pytest.mark.parametrize("name", ["lock", "tallylight.db"])
def test_a_data_folder_of_another_user_is_refused(tallylight: Tallylight, tmp_path: Path, name: str) -> None:
    paint(tmp_path / "root", 1)
    data = tmp_path / "data"
    assert tallylight("ingest", tmp_path / "root", "--data", data, "--tier", "index").status == 0
    (data / name).chmod(0)
    refused = run("commit", "last", "--data", data, prefix=unprivileged())
    assert refused.returncode == 2, refused.stderr
    assert "--data" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
