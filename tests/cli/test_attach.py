"""Commands beside a server that holds the data folder: they run there, and look as if they ran here."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import anyio
import pytest
from tests.cli.running import Tallylight
from tests.cli.test_near import Notes
from tests.in_process import paint, spoil
from tests.serving import ALARM, TALLYLIGHT, Server, many, messages

from tallylight.asking import Reach
from tallylight.cli.far import LONGEST_ABSENCE, FarServer
from tallylight.errors import NotAdmitted, ServerUnreachable
from tallylight.model import Parameters

#: What differs from run to run: ids, times and rates.
_OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}| in [\d.]+ m?s")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    paint(tmp_path / "root", 6)
    spoil(tmp_path / "root" / "bad.png")
    return tmp_path / "root"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(root: Path, data: Path) -> Iterator[Server]:
    with Server(root, data) as server:
        yield server
        server.stop()


def ends(output: str) -> list[str]:
    """The lines of a run that are the same in each: which of the counts on the way were drawn depends on the moment."""
    lines = [_OWN.sub("…", line) for line in output.splitlines()]
    return [line for line in lines if line.startswith(("session", "failed", "completed", "committed", "undone"))]


def test_a_whole_life_on_the_server_looks_as_it_does_without_one(
    tallylight: Tallylight, root: Path, data: Path, tmp_path: Path, server: Server
) -> None:
    for arguments in (["ingest", root], ["commit", "last"], ["undo", "last"], ["ingest", root, "--commit"]):
        there = tallylight(*arguments, "--data", data)
        here = tallylight(*arguments, "--data", tmp_path / "other")
        assert there.status == here.status
        assert ends(there.out) == ends(here.out) != []
        assert here.err == ""
        assert there.err == f"tallylight: the server at {server.url} holds the data folder; it is done there.\n"
    assert server.get("/api/media?limit=1")["total"] == 6


def test_a_session_that_is_held_there_ends_the_command_here(
    tallylight: Tallylight, root: Path, data: Path, tmp_path: Path, server: Server
) -> None:
    paint(root / "disk", 8, first=6)
    assert tallylight("ingest", root, "--data", data, "--commit").status == 1, "a file failed"
    (root / "disk").rename(tmp_path / "unplugged")
    ran = tallylight("ingest", root, "--data", data)
    assert ran.status == 3
    assert "has lost many files: 8 of 14 files" in ran.out
    resumed = tallylight("resume", "last", "--data", data)
    assert (resumed.status, resumed.err) == (0, "")
    assert f"is processing, on the server at {server.url}" in resumed.out


def test_json_lines_are_the_servers_messages(tallylight: Tallylight, root: Path, data: Path, server: Server) -> None:
    ran = tallylight("ingest", root, "--data", data, "--commit", "--json")
    told = messages(ran.out)
    assert ran.status == 1, "a file failed"
    assert (told[-1]["status"], told[-1]["commit"]["done"]) == ("committed", 6)
    assert any(message["status"] == "completed" for message in told)
    assert told[-1] == server.get(f"/api/ingest/status/{told[-1]['session_id']}")


def test_options_travel_along_and_those_of_the_server_are_told(
    tallylight: Tallylight, root: Path, data: Path, server: Server
) -> None:
    given = ["--max-files", 2, "--tier", "index", "--jobs", 3, "--limit", "pixels=1M"]
    ran = tallylight("ingest", root, "--data", data, "--json", *given)
    assert "--jobs and --limit are that server's to decide, and not used.\n" in ran.err
    assert messages(ran.out)[-1]["stats"]["total_files"] == 2
    assert server.get("/api/ingest/sessions?limit=1")["sessions"][0]["parameters"]["tier"] == "index"


def test_what_the_server_may_not_read_is_told_in_its_words(
    tallylight: Tallylight, root: Path, data: Path, tmp_path: Path, server: Server
) -> None:
    ran = tallylight("ingest", tmp_path, "--data", data)
    assert (ran.status, ran.out) == (2, "")
    assert f"{tmp_path} is outside the folders this server may read: {root}." in ran.err


def test_a_server_of_another_database_is_not_used(
    tallylight: Tallylight, root: Path, data: Path, server: Server
) -> None:
    ran = tallylight("ingest", root, "--data", data, "--database", "postgresql://me:secret@localhost/other")
    assert (ran.status, ran.out) == (2, "")
    assert "works on another database than this command was given" in ran.err
    assert "secret" not in ran.err + (data / "lock").read_text()


def test_what_needs_the_data_folder_for_itself_says_who_has_it(
    tallylight: Tallylight, data: Path, server: Server
) -> None:
    for arguments in (["prune", "--keep-days", 0], ["reparse"]):
        ran = tallylight(*arguments, "--data", data)
        assert (ran.status, ran.out) == (2, "")
        assert f"A Tallylight server (process {server.pid}) holds the data folder" in ran.err
        assert f"reach it at {server.url}, or stop it first" in ran.err


def attached(root: Path, data: Path) -> subprocess.Popen[str]:
    """An ingest on a server, in the middle of it."""
    command = [*TALLYLIGHT, "ingest", str(root), "--data", str(data), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if messages(line)[0]["processed_files"]:
            return process
    raise AssertionError(process.communicate())


def test_ctrl_c_cancels_it_on_the_server(slow: Path, tmp_path: Path, data: Path) -> None:
    root = many(slow, tmp_path / "many", 16)
    with Server(root, data) as server:
        process = attached(root, data)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=ALARM)
        last = messages(out)[-1]
        assert (process.returncode, last["status"]) == (130, "cancelled")
        assert last == server.get(f"/api/ingest/status/{last['session_id']}")
        server.stop()


def test_a_server_that_is_killed_and_started_again_is_waited_for(slow: Path, tmp_path: Path, data: Path) -> None:
    root = many(slow, tmp_path / "many", 16)
    with Server(root, data) as server:
        process = attached(root, data)
        before = server.url
        server.kill()
        server.start()
        assert server.url != before, "another port, which only the note in the data folder tells"
        out, err = process.communicate(timeout=ALARM)
        told = messages(out)
        assert (process.returncode, told[-1]["status"], told[-1]["processed_files"]) == (0, "completed", 16)
        counts = [message["processed_files"] for message in told]
        assert counts == sorted(counts)
        assert len(err.splitlines()) == 1
        server.stop()


class Leaping:
    """A clock on which nobody waits."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> float:
        return self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep_until(self, deadline: float) -> None:
        await anyio.lowlevel.checkpoint()
        self._elapsed = deadline


@pytest.mark.anyio
async def test_a_server_that_stays_away_is_given_up() -> None:
    clock, notes, asked = Leaping(), Notes(), 0

    def find() -> Reach:
        nonlocal asked
        asked += 1
        return Reach()

    server = FarServer(reach=Reach("http://127.0.0.1:1"), find=find, clock=clock)
    with pytest.raises(ServerUnreachable, match="Nothing was heard"), anyio.fail_after(ALARM):
        await server.follow("s-1", notes)
    assert LONGEST_ABSENCE < clock.monotonic() < LONGEST_ABSENCE + 5
    assert asked > 20, "it was looked for all the time"
    assert notes.told == ["close"]


class Crowded(BaseHTTPRequestHandler):
    """Has no place the first time, and then tells the end."""

    came = 0

    def do_GET(self) -> None:
        type(self).came += 1
        place = {"session_id": "s-1", "status": "cancelled", "seq": 1}
        message = {**place, "phase": "commit", "progress": 0, "t": 1.0, "stats": {"errors": 0}}
        end = f"id: k3f9a2-1.end\nevent: end\ndata: {json.dumps(place)}\n\n"
        told = f"id: k3f9a2-1\ndata: {json.dumps(message)}\n\n{end}"
        if self.came == 1:
            told = 'retry: 30000\nevent: bye\ndata: {"reason": "full"}\n\n'
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.anyio
async def test_a_server_without_a_place_is_left_alone_for_a_while() -> None:
    crowded, clock, notes = HTTPServer(("127.0.0.1", 0), Crowded), Leaping(), Notes()
    thread = threading.Thread(target=crowded.serve_forever)
    thread.start()
    try:
        with anyio.fail_after(ALARM):
            server = FarServer(reach=Reach(f"http://127.0.0.1:{crowded.server_port}"), clock=clock)
            assert (await server.follow("s-1", notes))["status"] == "cancelled"
    finally:
        await anyio.to_thread.run_sync(crowded.shutdown)
        thread.join()
        crowded.server_close()
    assert (Crowded.came, clock.monotonic()) == (2, 30)
    assert notes.told == ["failures", "finish", "close"]


class Restarted(Crowded):
    """Lets in by a secret alone, which an earlier start did not have."""

    def do_GET(self) -> None:
        self._refuse_or(super().do_GET)

    def do_POST(self) -> None:
        self._refuse_or(self._begin)

    def _begin(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, {"session_id": "s-1"})

    def _refuse_or(self, answer: Callable[[], None]) -> None:
        if self.headers["authorization"] == "Bearer new":
            answer()
        else:
            self._answer(401, {"detail": "It wants its token.", "code": "not_admitted"})

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


@pytest.mark.anyio
@pytest.mark.parametrize("elsewhere", [False, True], ids=["there", "elsewhere"])
async def test_a_server_that_was_restarted_is_asked_once_more_where_and_as_it_is_now(elsewhere: bool) -> None:
    server = HTTPServer(("127.0.0.1", 0), Restarted)
    Restarted.came = 1  # so it has a place
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    before = Reach("http://127.0.0.1:1" if elsewhere else url, "old")
    try:
        with anyio.fail_after(ALARM):
            far = FarServer(reach=before, find=lambda: Reach(url, "new"), clock=Leaping())
            assert await far.start(Parameters(directories=("/m",))) == "s-1"
            far.reach = before
            assert (await far.follow("s-1", Notes()))["status"] == "cancelled"
            lost = FarServer(reach=before, find=lambda: before, clock=Leaping())
            with pytest.raises(ServerUnreachable if elsewhere else NotAdmitted):
                await lost.start(Parameters(directories=("/m",)))
    finally:
        await anyio.to_thread.run_sync(server.shutdown)
        thread.join()
        server.server_close()
