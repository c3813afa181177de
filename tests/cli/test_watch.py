"""`tallylight watch` as a real process, on real folders."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.in_process import paint, spoil
from tests.serving import ALARM, TALLYLIGHT, Server, many, messages, run

from tallylight.model import Json


class Watching:
    """A watch that writes JSON lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self._lines = process.stdout

    def committed(self, files: int) -> None:
        """Wait until a session has committed so many files."""
        assert self._until("committed")["commit"]["done"] >= files

    def failed(self, files: int) -> None:
        """Wait until a session is completed in which so many files failed."""
        while self._until("completed")["stats"]["errors"] != files:
            pass

    def _until(self, status: str) -> Json:
        for line in self._lines:
            message: Json = json.loads(line)
            if message["status"] == status:
                return message
        raise AssertionError("it ended")

    def began(self) -> str:
        """Wait for the first outcome of the first session; its id."""
        for line in self._lines:
            message: Json = json.loads(line)
            if message["processed_files"]:
                return str(message["session_id"])
        raise AssertionError("it ended")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(ALARM)

    def complained(self, words: str) -> None:
        """Wait until it has written this beside the messages."""
        assert self._process.stderr is not None
        assert any(words in line for line in self._process.stderr), "it ended"

    def said(self) -> str:
        """What it wrote beside the messages, once it has ended."""
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(ALARM)


@contextmanager
def watching(root: Path, data: Path, *options: str) -> Iterator[Watching]:
    command = [
        *TALLYLIGHT,
        "watch",
        str(root),
        "--data",
        str(data),
        "--json",
        "--still",
        "0.3",
        "--jobs",
        "1",
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


@pytest.mark.parametrize("options", [(), ("--poll",)])
def test_what_is_there_and_what_arrives_is_committed(tmp_path: Path, options: tuple[str, ...]) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 2)
    with watching(root, data, *options) as watch:
        watch.committed(2)
        # A folder that is new, and a file that is moved in, as downloads are.
        (arrived,) = paint(root / "later", 1, first=7)
        watch.committed(1)
        (elsewhere,) = paint(tmp_path / "elsewhere", 1, first=8)
        elsewhere.rename(root / "moved.png")
        watch.committed(1)
        assert watch.end() == 0
    found = [json.loads(line)["path"] for line in run("find", "--format", "jsonl", "--data", data).stdout.splitlines()]
    assert len(found) == 4
    assert {str(arrived), str(root / "moved.png")} <= set(found)


def test_what_a_killed_watch_had_begun_is_gone_on_with(slow: Path, tmp_path: Path) -> None:
    root, data = many(slow, tmp_path / "root", 20), tmp_path / "data"
    with watching(root, data) as watch:
        session_id = watch.began()
        watch.kill()
    with watching(root, data) as watch:
        assert watch.began() == session_id
        watch.committed(20)
        assert watch.end() == 0
    first = messages(run("sessions", "--json", "--data", data).stdout)[-1]
    assert (first["session_id"], first["status"]) == (session_id, "committed")


def test_one_bad_file_does_not_end_it(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 1)
    with watching(root, data) as watch:
        watch.committed(1)
        spoil(root / "bad" / "empty.png")
        watch.failed(1)
        paint(root, 1, first=3)
        watch.committed(1)
        assert watch.end() == 0


def test_beside_a_server_the_sessions_run_there(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 2)
    with Server(root, data) as server:
        with watching(root, data) as watch:
            watch.committed(2)
            paint(root / "later", 1, first=7)
            watch.committed(1)
            assert watch.end() == 0
            first, second, *further = watch.said().splitlines()
        assert first == f"tallylight: the server at {server.url} holds the data folder; it is done there."
        assert second == "tallylight: --jobs is that server's to decide, and not used."
        assert further == ["Watching 1 folder; Ctrl-C ends it."]
        assert server.get("/api/media?limit=1")["total"] == 3
        assert [one["status"] for one in server.get("/api/ingest/sessions")["sessions"]] == ["committed"] * 2
        assert server.get("/api/schedules")["schedules"] == []
        server.stop()


def test_a_server_that_is_restarted_elsewhere_is_found_again(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 1)
    with Server(root, data) as server:
        with watching(root, data) as watch:
            watch.committed(1)
            server.stop()
            paint(root / "meanwhile", 1, first=4)
            watch.complained("It is waited for")
            server.start()
            watch.committed(1)
            paint(root / "later", 1, first=7)
            watch.committed(1)
            assert watch.end() == 0
        assert server.get("/api/media?limit=1")["total"] == 3
        server.stop()


def test_beside_a_server_that_may_not_read_the_folder_it_says_so(tmp_path: Path) -> None:
    root, other, data = tmp_path / "root", tmp_path / "other", tmp_path / "data"
    paint(root, 1)
    paint(other, 1)
    with Server(root, data) as server:
        ran = run("watch", other, "--data", data)
        assert ran.returncode == 2
        assert "is outside the folders this server may read" in ran.stderr.splitlines()[-1]
        assert server.get("/api/ingest/sessions")["sessions"] == []
        server.stop()


def test_an_end_cancels_what_a_server_is_at(slow: Path, tmp_path: Path) -> None:
    root, data = many(slow, tmp_path / "root", 40), tmp_path / "data"
    with Server(root, data) as server:
        with watching(root, data) as watch:
            session_id = watch.began()
            assert watch.end() == 0
        assert server.get(f"/api/ingest/status/{session_id}")["status"] == "cancelled"
        server.stop()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    ran = run("watch", tmp_path / "nowhere", "--data", tmp_path / "data")
    assert ran.returncode == 2
    assert ran.stderr.startswith("tallylight: ")
