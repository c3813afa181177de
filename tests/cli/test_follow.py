"""`tallylight follow`, as a real process, of real servers."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.open_server import OpenServer
from tests.serving import ALARM, TALLYLIGHT, Server, many, messages, run, slow_picture

FILES = 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    picture = slow_picture(tmp_path)
    root = many(picture, tmp_path / "root", FILES)
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with Server(root, tmp_path / "data") as server:
        yield server


class Following:
    """The command, running."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [*TALLYLIGHT, "follow", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def ended(self) -> tuple[int, str, str]:
        """Its status, what it wrote further, and what it complained of."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # Not `communicate`, which passes by what the buffer behind `first_line` holds.
        with self.process.stdout, self.process.stderr:
            out, err = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(ALARM), out, err


def test_by_name_by_page_and_by_server(server: Server) -> None:
    session_id = server.process(tier="full")
    names = [("--data", server.data, session_id[:8]), (f"{server.url}/sessions/{session_id}",), (server.url,)]
    watching = [Following("--json", *name) for name in names]
    for one in watching:
        status, out, err = one.ended()
        assert status == 1, err
        last = messages(out)[-1]
        assert (last["session_id"], last["status"], last["processed_files"]) == (session_id, "completed", FILES + 1)


def paused(server: Server) -> str:
    """A session that waits in the middle, for as long as it takes a command to start on a busy machine."""
    session_id = server.process(tier="full")
    server.post(f"/api/ingest/pause/{session_id}")
    return session_id


def test_over_a_restart_of_the_server(server: Server) -> None:
    session_id = paused(server)
    watching = Following("--json", f"{server.url}/sessions/{session_id}")
    watching.first_line()
    port = server.port
    server.kill()
    server.start_at(port)
    server.post(f"/api/ingest/resume/{session_id}")
    status, out, err = watching.ended()
    assert "Traceback" not in err, err
    assert status == 1, err
    counts = [message["processed_files"] for message in messages(out)]
    assert counts == sorted(counts)
    assert counts[-1] == FILES + 1


def test_ctrl_c_ends_the_watching_alone(server: Server) -> None:
    session_id = paused(server)
    watching = Following("--json", server.url)
    watching.first_line()
    watching.process.send_signal(signal.SIGINT)
    status, _, err = watching.ended()
    assert status == 130, err
    assert "Traceback" not in err
    server.post(f"/api/ingest/resume/{session_id}")
    assert server.finished(session_id)["status"] == "completed"


def test_a_command_at_the_end_is_told_by_its_environment_and_its_input(server: Server, tmp_path: Path) -> None:
    server.process(tier="full")
    told = tmp_path / "told"
    names = "$TALLYLIGHT_SESSION $TALLYLIGHT_STATUS $TALLYLIGHT_FILES $TALLYLIGHT_ERRORS"
    command = f'printf "%s %s %s %s\\n" {names} > {told}; cat >> {told}'
    status, _, err = Following(server.url, "--notify-cmd", command).ended()
    assert status == 1, err
    first, second = told.read_text().splitlines()
    message = json.loads(second)
    assert first == f"{message['session_id']} completed {FILES + 1} 1"


def test_a_command_that_fails_says_so_and_how_the_session_ended(server: Server) -> None:
    server.process(tier="index")
    status, _, err = Following(server.url, "--notify-cmd", "exit 3").ended()
    assert status == 2
    assert "The session is completed, but the command of --notify-cmd ended with status 3: exit 3\n" in err


def test_without_the_token_or_with_another_it_says_where_tokens_come_from(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with OpenServer(tmp_path / "root", tmp_path / "data", "--public-url", "https://pics.example") as server:
        none, wrong = run("follow", server.address), run("follow", server.address, "--token", "wrong")
        server.stop()
    assert (none.returncode, wrong.returncode) == (2, 2)
    assert "give it with --token" in none.stderr
    assert "does not take this token" in wrong.stderr


def test_a_session_at_rest_needs_no_server(server: Server) -> None:
    session_id = server.process(tier="index")
    server.finished(session_id)
    server.stop()
    done = run("follow", "--data", server.data, "--json", "last")
    assert [message["session_id"] for message in messages(done.stdout)] == [session_id]


def test_a_session_that_nobody_works_on_says_how_to_go_on(server: Server) -> None:
    session_id = paused(server)
    server.kill()
    (server.data / "lock").unlink()
    done = run("follow", "--data", server.data, session_id)
    assert done.returncode == 2
    assert f"`tallylight resume {session_id[:8]}` goes on with it" in done.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [("http://127.0.0.1:9", "does not answer"), ("ftp://x", "begins with http"), ("nothing", "tallylight sessions")],
)
def test_what_cannot_be_followed(tmp_path: Path, target: str, sentence: str) -> None:
    done = run("follow", "--data", tmp_path / "data", target)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_server_without_sessions(server: Server) -> None:
    done = run("follow", server.url)
    assert done.returncode == 2
    assert "has no session yet" in done.stderr
