"""`tallylight serve` as people run it: from the first request to the catalog, and what it refuses."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.running import Tallylight
from tests.serving import Server, has_ended

from tallylight.samples.archive import Summary
from tallylight.settings import Settings


@pytest.fixture
def server(archive: Summary, tmp_path: Path) -> Iterator[Server]:
    """Over a copy of the archive that the test may change."""
    shutil.copytree(archive.folder, tmp_path / "root")
    with Server(tmp_path / "root", tmp_path / "data", jobs=2) as server:
        yield server


def test_a_run_from_the_first_request_to_the_catalog_and_again(server: Server, archive: Summary) -> None:
    with server.stream("/api/ingest/stream") as shared:
        session_id = server.process()
        with server.stream(f"/api/ingest/stream/{session_id}") as stream:
            events = stream.until(has_ended)
            stream.until_over()
        shared.until(has_ended)
    states = stream.states
    processed = [state["processed_files"] for state in states]
    assert processed == sorted(processed)
    assert len(set(processed)) > 3, "the counts move through many values"
    last = states[-1]
    assert last == server.get(f"/api/ingest/status/{session_id}") == shared.states[-1]
    assert (last["status"], last["progress"]) == ("completed", 100)
    assert last["total_files"] == last["processed_files"] == archive.candidates
    assert last["stats"]["errors"] == len(archive.failures)
    assert last["stats"]["scores_imported"] == len(archive.scores)
    assert json.loads(events[-1].data)["status"] == "completed"

    items = _all_items(server, session_id)
    assert len(items) == archive.candidates
    assert {item["file"]: item["code"] for item in items if item["outcome"] == "failed"} == archive.failures
    assert {item["file"]: item["score"] for item in items if item["score"] is not None} == archive.scores
    assert {item["file"] for item in items if item["favourite"]} == set(archive.favourites)

    status, headers, page = server.request("GET", f"/api/ingest/report/{session_id}")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<script" not in page
    report = server.get(f"/api/ingest/report/{session_id}?format=json")
    # The archive holds copies of four of its pictures.
    assert report["preview"]["duplicate"] == 4
    assert sum(report["preview"].values()) == archive.candidates

    shown = next(item for item in items if item["has_thumbnail"])
    _, headers, thumbnail = server.request("GET", f"/api/ingest/thumbnail/{session_id}/{shown['seq']}")
    assert headers["content-type"] == "image/jpeg"
    with Image.open(BytesIO(thumbnail)) as picture:
        assert max(picture.size) <= 256

    assert server.post("/api/ingest/commit", {"session_id": session_id})["status"] == "committing"
    committed = server.finished(session_id)
    extracted = archive.candidates - len(archive.failures)
    assert committed["commit"] == {"total": extracted, "done": extracted, "errors": 0}
    told = server.get(f"/api/ingest/commit-status/{session_id}")
    assert (told["status"], told["commit_progress"], told["commit_errors"]) == ("committed", 100, [])

    again = server.finished(server.process())["stats"]
    assert (again["skipped_existing"], again["total_files"]) == (extracted, len(archive.failures))

    _the_media_are_those_on_disk(server)


def _all_items(server: Server, session_id: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    after: object = 0
    while after is not None:
        page = server.get(f"/api/ingest/items/{session_id}?limit=7&after={after}")
        items += page["items"]
        after = page["next"]
    return items


def _the_media_are_those_on_disk(server: Server) -> None:
    files = {path.read_bytes(): path for path in server.root.rglob("*.*") if path.is_file()}
    status, headers, content = server.request("GET", "/api/media/1/file")
    assert status == 200
    assert headers["content-type"].startswith(("image/", "video/"))
    assert content in files
    assert server.request("GET", "/api/media/1/thumbnail")[0] == 200
    secret = server.root.parent / "secret.png"
    secret.write_bytes(b"secret")
    files[content].unlink()
    files[content].symlink_to(secret)
    status, headers, body = server.request("GET", "/api/media/1/file")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert b"secret" not in body


def test_a_second_process_is_told_who_holds_the_data_folder(tallylight: Tallylight, server: Server) -> None:
    session_id = server.process()
    server.finished(session_id)
    for command in (
        ("serve", "--root", server.root, "--data", server.data, "--port", 0),
        ("reparse", "--data", server.data),
    ):
        refused = tallylight(*command)
        assert (refused.status, refused.out) == (2, "")
        assert f"process {server.pid}" in refused.err
        assert server.url in refused.err
        assert len(refused.err.splitlines()) == 1, "a sentence, not a traceback"
    listed = tallylight("sessions", "--data", server.data)
    assert (listed.status, listed.err) == (0, "")
    assert session_id[:8] in listed.out
    assert json.loads(tallylight("show", session_id[:8], "--data", server.data, "--json").out)["status"] == "completed"
    assert server.get("/healthz")["status"] == "ok", "and the server has noticed nothing"


@pytest.mark.parametrize("host", ["192.0.2.1", "nobody.invalid"])
def test_a_host_that_is_not_this_machine_is_refused(tallylight: Tallylight, tmp_path: Path, host: str) -> None:
    refused = tallylight("serve", "--root", tmp_path, "--data", tmp_path / "data", "--host", host, "--port", 0)
    assert refused.status == 2
    assert f"on {host} cannot be used" in refused.err
    assert not (tmp_path / "data").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--public-url", "pics.example", "write it as https://pics.example"),
        ("--public-url", "https://pics.example/a?b", "write it as https://pics.example"),
        ("--trusted-proxy", "proxy.example", "write an IP address"),
    ],
)
def test_an_address_that_is_none_is_refused(
    tallylight: Tallylight, tmp_path: Path, option: str, value: str, says: str
) -> None:
    refused = tallylight("serve", "--root", tmp_path, "--data", tmp_path / "data", option, value, "--port", 0)
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)
    assert says in refused.err


def test_a_port_that_is_taken_is_refused(tallylight: Tallylight, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = tallylight("serve", "--root", tmp_path, "--data", tmp_path / "data", "--port", port)
    assert refused.status == 2
    assert str(port) in refused.err
    assert "--port" in refused.err


@pytest.mark.parametrize(("name", "says"), [("missing", "does not exist"), ("file.txt", "is a file")])
def test_a_root_that_cannot_be_served_is_refused(tallylight: Tallylight, tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "file.txt").touch()
    refused = tallylight("serve", "--root", tmp_path / name, "--data", tmp_path / "data", "--port", 0)
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)
    assert says in refused.err


def test_a_root_must_be_given(tallylight: Tallylight, tmp_path: Path) -> None:
    refused = tallylight("serve", "--data", tmp_path / "data")
    assert refused.status == 2
    assert "--root" in refused.err


def test_how_pages_stay_live_is_an_option_and_it_wins_over_the_variable(
    tallylight: Tallylight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Settings] = []
    monkeypatch.setattr("tallylight.cli.server.run", served.append)
    monkeypatch.setenv("TALLYLIGHT_LIVE", "stream")
    for option in ((), ("--live", "poll"), ("--live", "auto")):
        assert tallylight("serve", "--root", tmp_path, "--data", tmp_path / "data", *option).status == 0
    assert [settings.live for settings in served] == ["stream", "poll", "auto"]


def test_another_way_to_stay_live_is_refused(tallylight: Tallylight, tmp_path: Path) -> None:
    refused = tallylight("serve", "--root", tmp_path, "--data", tmp_path / "data", "--live", "telepathy")
    assert refused.status == 2
    assert "--live" in refused.err
    assert "'auto', 'stream', 'poll'" in refused.err
