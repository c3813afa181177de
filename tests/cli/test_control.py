"""`tallylight pause`, `resume`, `cancel` and `retry`: on a server and without one."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from tests.cli.running import Tallylight
from tests.in_process import paint, spoil
from tests.serving import ALARM, TALLYLIGHT, Server, has_ended, many, messages, run


def kill_in_the_middle(root: Path, data: Path) -> None:
    """An ingest that is killed once it has shown its first outcomes."""
    command = [*TALLYLIGHT, "ingest", str(root), "--data", str(data), "--json", "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if messages(line)[0]["processed_files"]:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=ALARM)


def test_a_killed_ingest_goes_on(tallylight: Tallylight, slow: Path, tmp_path: Path) -> None:
    root, data = many(slow, tmp_path / "root", 20), tmp_path / "data"
    kill_in_the_middle(root, data)
    (left,) = messages(tallylight("sessions", "--data", data, "--json").out)
    assert left["status"] == "processing", "who only looks starts no work"
    ran = run("resume", "last", "--data", data, "--json", "--jobs", "1")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = messages(ran.stdout)
    assert told[0]["processed_files"] >= left["processed_files"]
    assert (told[-1]["status"], told[-1]["total_files"], told[-1]["processed_files"]) == ("completed", 20, 20)
    again = tallylight("resume", "last", "--data", data)
    assert (again.status, again.out) == (2, "")
    assert "only one that is paused or held can be resumed" in again.err


def test_a_session_that_nobody_works_on_is_paused_and_cancelled(
    tallylight: Tallylight, slow: Path, tmp_path: Path
) -> None:
    root, data = many(slow, tmp_path / "root", 20), tmp_path / "data"
    kill_in_the_middle(root, data)
    for command, status in (("pause", "paused"), ("cancel", "cancelled")):
        ran = tallylight(command, "last", "--data", data)
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.endswith(f" is {status}\n")


def test_failed_files_are_tried_again(tallylight: Tallylight, tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 3)
    bad = spoil(root / "bad.png")
    assert tallylight("ingest", root, "--data", data).status == 1
    ran = tallylight("retry", "last", "--data", data, "--json")
    assert (ran.status, messages(ran.out)[-1]["stats"]["errors"]) == (1, 1)
    # It fails as before, so the count stays; the failure is told all the same.
    assert "failed: bad.png: " in tallylight("retry", "last", "--data", data).out
    bad.unlink()
    paint(root, 1, first=9)[0].rename(bad)
    ran = tallylight("retry", "last", "--data", data, "--json")
    last = messages(ran.out)[-1]
    assert (ran.status, last["status"], last["processed_files"], last["stats"]["errors"]) == (0, "completed", 4, 0)
    assert "nothing to try again" in tallylight("retry", "last", "--data", data).err


def test_commands_reach_the_server_that_holds_the_data_folder(slow: Path, tmp_path: Path) -> None:
    root, data = many(slow, tmp_path / "root", 30), tmp_path / "data"
    spoil(root / "bad.png")
    with Server(root, data) as server:
        session_id = server.process()
        path = f"/api/ingest/stream/{session_id}"
        with server.stream(path) as stream:
            stream.until(lambda _: stream.processed > 0)
            ran = run("pause", session_id[:8], "--data", data)
            assert (ran.returncode, ran.stdout) == (0, f"session {session_id} is paused\n")
            server.stop()
            server.start()
            paused = server.get(f"/api/ingest/status/{session_id}")
            assert (paused["status"], "eta_s" in paused, "files_per_s" in paused) == ("paused", False, False)
            assert paused["elapsed_s"] == server.get(f"/api/ingest/status/{session_id}")["elapsed_s"]
        assert f"is processing, on the server at {server.url}" in run("resume", "last", "--data", data).stdout
        with server.stream(path) as stream:
            stream.until(has_ended)
            assert stream.states[-1]["processed_files"] == 31
        assert "is processing, on the server" in run("retry", "last", "--data", data).stdout
        server.finished(session_id)
        refused = run("cancel", "last", "--data", data)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "nothing to cancel" in refused.stderr
        server.stop()


def test_a_server_that_does_not_answer_is_a_sentence(tmp_path: Path, tallylight: Tallylight) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    paint(root, 1)
    tallylight("ingest", root, "--data", data)
    with Server(root, data) as server:
        note = (data / "lock").read_text()
        (data / "lock").write_text(note.replace(str(server.port), "1"))
        ran = tallylight("cancel", "last", "--data", data)
        assert ran.status == 2
        assert "does not answer" in ran.err
