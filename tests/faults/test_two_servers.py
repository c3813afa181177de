"""Two servers on one PostgreSQL: the death of one, or its long absence, costs nobody anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.databases import address
from tests.in_process import paint
from tests.serving import ALARM, TALLYLIGHT, Server, has_ended, many, messages, run
from tests.two_servers import SharingServer

from tallylight.asking import PASSED_ON
from tallylight.clock import SystemClock
from tallylight.model import Json

#: Seconds in which another server has to go on with what a dead one worked on.
TAKEOVER = 30.0
FILES = 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    with address("postgresql", tmp_path) as url:
        yield url


@pytest.fixture
def root(slow: Path, tmp_path: Path) -> Path:
    return many(slow, tmp_path / "root", FILES)


@pytest.fixture
def first(root: Path, database: str, tmp_path: Path) -> Iterator[SharingServer]:
    with SharingServer(root, tmp_path / "one", database) as server:
        yield server


@pytest.fixture
def second(root: Path, database: str, tmp_path: Path) -> Iterator[SharingServer]:
    with SharingServer(root, tmp_path / "two", database) as server:
        yield server


def begun(server: Server, **parameters: object) -> str:
    """A session that has had its first outcomes."""
    session_id = server.process(**parameters)
    with server.stream(f"/api/ingest/stream/{session_id}") as stream:
        stream.until(lambda _: stream.processed >= 2)
    return session_id


def owners(database: str, session_id: str) -> list[object]:
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        own = text("SELECT owner FROM sessions WHERE session_id = :of")
        found = list(connection.scalars(own, {"of": session_id}))
    engine.dispose()
    return found


def each_file_once(server: Server, session_id: str, count: int) -> None:
    items = server.get(f"/api/ingest/items/{session_id}?limit=1000")["items"]
    assert len(items) == len({item["file"] for item in items}) == count
    status: Json = server.get(f"/api/ingest/status/{session_id}")
    assert (status["status"], status["total_files"], status["processed_files"]) == ("completed", count, count)


def test_a_killed_owner_is_replaced_within_half_a_minute(first: SharingServer, second: SharingServer) -> None:
    clock = SystemClock()
    session_id = begun(first)
    # A reader of the second server follows what the first one does, and is told of the rest without a cut.
    with second.stream(f"/api/ingest/stream/{session_id}") as stream:
        stream.until(lambda _: stream.processed >= 3)
        first.kill()
        killed_at, done = clock.monotonic(), stream.processed
        stream.until(lambda _: stream.processed > done + 2)
        assert clock.monotonic() - killed_at < TAKEOVER
        stream.until(has_ended)
        counts = [state["processed_files"] for state in stream.states]
        assert counts == sorted(counts)
        assert "reset" not in [event.name for event in stream.events]
    each_file_once(second, session_id, FILES)
    second.stop()


def test_an_owner_that_was_suspended_writes_nothing_more(
    first: SharingServer, second: SharingServer, database: str
) -> None:
    session_id = begun(first)
    os.kill(first.pid, signal.SIGSTOP)
    (before,) = owners(database, session_id)
    with second.stream(f"/api/ingest/stream/{session_id}") as stream:
        done = stream.processed
        stream.until(lambda _: owners(database, session_id) != [before])
        stream.until(lambda _: stream.processed > done)
        os.kill(first.pid, signal.SIGCONT)
        # A reader of the one that woke up is told of what the other one does.
        with first.stream(f"/api/ingest/stream/{session_id}") as again:
            again.until(has_ended)
            assert again.states[-1]["status"] == "completed"
        stream.until(has_ended)
    each_file_once(second, session_id, FILES)
    each_file_once(first, session_id, FILES)
    first.stop()
    second.stop()
    told = "".join(first.output)
    assert "was taken over" in told or "took this session over" in told
    assert "Traceback" not in told


def test_a_server_that_is_stopped_hands_over_at_once(first: SharingServer, second: SharingServer) -> None:
    clock = SystemClock()
    session_id = begun(first)
    with second.stream(f"/api/ingest/stream/{session_id}") as stream:
        stream.until(lambda _: True)
        first.stop()
        stopped_at, done = clock.monotonic(), stream.processed
        stream.until(lambda _: stream.processed > done + 2)
        assert clock.monotonic() - stopped_at < TAKEOVER / 2, "it waited for the lease to run out"
        stream.until(has_ended)
    each_file_once(second, session_id, FILES)
    second.stop()


def test_commands_reach_the_owner_through_either_server(
    first: SharingServer, second: SharingServer, root: Path, tmp_path: Path, database: str
) -> None:
    session_id = begun(first)
    for command, status in (("pause", "paused"), ("resume", "processing"), ("cancel", "cancelled")):
        answer = second.post(f"/api/ingest/{command}/{session_id}")
        assert answer == {"session_id": session_id, "status": status}
    # At rest it is nobody's: the second one commits it itself.
    assert second.post("/api/ingest/commit", {"session_id": session_id})["status"] == "committing"
    assert second.finished(session_id)["status"] == "committed"
    other = begun(first)
    refused = second.post("/api/ingest/commit", {"session_id": other}, status=409)
    assert (refused["code"], "still running" in refused["detail"]) == ("wrong_move", True), "the owner's own words"
    # What was passed on once is not passed on again.
    connection = HTTPConnection(second.url.removeprefix("http://"), timeout=ALARM)
    connection.request("POST", f"/api/ingest/pause/{other}", headers={PASSED_ON: "1"})
    problem = json.loads(connection.getresponse().read())
    connection.close()
    assert problem["code"] == "owned_elsewhere"
    assert f"the server at {first.url} (process {first.pid} on " in problem["detail"]
    # The command line finds its way too, from a data folder of its own.
    ran = run("pause", other, "--data", tmp_path / "three", "--database", database)
    assert (ran.returncode, ran.stdout) == (0, f"session {other} is paused\n")
    assert second.request("DELETE", f"/api/ingest/session/{other}")[0] == 200
    assert first.get(f"/api/ingest/status/{other}", status=404)["code"] == "not_found"
    first.stop()
    second.stop()


def test_a_session_of_a_command_is_refused_with_its_process(second: SharingServer, root: Path, tmp_path: Path) -> None:
    where = ["--data", str(tmp_path / "three"), "--database", second.database, "--jobs", "1", "--json"]
    with subprocess.Popen([*TALLYLIGHT, "ingest", str(root), *where], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        message = next(told for line in process.stdout if (told := messages(line)[0])["processed_files"])
        refused = second.post(f"/api/ingest/cancel/{message['session_id']}", status=409)
        assert f"is worked on by process {process.pid} on " in refused["detail"]
        assert "which takes no commands from elsewhere; wait until it is done, or stop it there" in refused["detail"]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=ALARM)
    assert second.finished(message["session_id"])["status"] == "cancelled"
    second.stop()


def test_two_servers_commit_at_the_same_time(first: SharingServer, second: SharingServer, root: Path) -> None:
    for name in ("a", "b"):
        paint(root / name, 450)
    sessions = {}
    for server, name in ((first, "a"), (second, "b")):
        sessions[server] = server.process(directory=str(root / name))
    # Over the same files too: who comes second finds them unchanged, or half of them, and nobody is refused anything.
    both = {server: server.process(directory=str(root / "a"), skip_existing=False) for server in sessions}
    for server, session_id in [*sessions.items(), *both.items()]:
        assert server.finished(session_id)["status"] == "completed"

    def commit(server: SharingServer) -> None:
        for session_id in (sessions[server], both[server]):
            server.post("/api/ingest/commit", {"session_id": session_id})
            committed[session_id] = server.finished(session_id)

    committed: dict[str, Json] = {}
    threads = [threading.Thread(target=commit, args=(server,)) for server in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(committed) == 4
    for message in committed.values():
        assert (message["status"], message["commit"]["errors"]) == ("committed", 0)
        assert message["commit"]["done"] == message["commit"]["total"]
    # What a commit stores is only what the catalog does not have yet: how much that is, is settled when it begins.
    done = {session_id: message["commit"]["done"] for session_id, message in committed.items()}
    assert done.pop(sessions[second]) == 450, "nobody else has those"
    assert 450 <= sum(done.values()) <= 3 * 450
    assert first.get("/api/media?limit=1")["total"] == 900
    first.stop()
    second.stop()
