"""`tallylight token`, and commands beside a server that wants one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.databases import address
from tests.in_process import paint
from tests.open_server import OpenServer
from tests.serving import many, slow_picture

from tallylight.token_file import TokenFile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    paint(tmp_path / "root", 6)
    return tmp_path / "root"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(root: Path, data: Path) -> Iterator[OpenServer]:
    with OpenServer(root, data, "--public-url", "https://pics.example/tally/") as server:
        yield server
        server.stop()


def test_it_tells_that_there_is_none_and_makes_one(tallylight: Tallylight, data: Path) -> None:
    told = tallylight("token", "--data", data)
    assert (told.status, told.err) == (0, "")
    assert "No token was made" in told.out
    assert "--rotate" in told.out
    made = tallylight("token", "--data", data, "--rotate", "--public-url", "https://pics.example/tally")
    token = re.findall(r"^token  (\S+)$", made.out, re.MULTILINE)[0]
    assert f"link   https://pics.example/tally/?token={token}\n" in made.out
    grant = TokenFile(data / "token.json").read()
    assert grant
    assert grant.fits(token)
    told = tallylight("token", "--data", data)
    assert re.search(r"was made on \d{4}-\d\d-\d\d \d\d:\d\d\.", told.out)
    assert token not in told.out


def test_without_an_address_there_is_no_link(tallylight: Tallylight, data: Path) -> None:
    assert "link" not in tallylight("token", "--data", data, "--rotate").out


def test_a_server_prints_its_link_once(server: OpenServer) -> None:
    told = "".join(server.output)
    assert f"Log in with https://pics.example/tally/?token={server.token}\n" in told
    assert server.token not in "".join(path.read_text("latin-1") for path in server.data.rglob("*") if path.is_file())
    server.stop()
    server.start()
    server.says_also("asks for its token")
    assert server.token not in "".join(server.output)
    server.get("/api/ingest/sessions")


def test_a_new_one_counts_at_once_and_ends_streams(tallylight: Tallylight, server: OpenServer) -> None:
    with server.stream("/api/ingest/stream") as stream:
        stream.until(lambda events: len(events) > 1)
        made = tallylight("token", "--data", server.data, "--rotate").out
        server.get("/api/ingest/sessions", 401)
        stream.until_over()
    assert "link   https://pics.example/tally/?token=" in made, "the running server's address"
    server.token = re.findall(r"^token  (\S+)$", made, re.MULTILINE)[0]
    server.get("/api/ingest/sessions")
    assert "Traceback" not in "".join(server.output)
    assert "ERROR" not in "".join(server.output)


def test_commands_of_this_user_need_no_token(
    tallylight: Tallylight, root: Path, data: Path, server: OpenServer
) -> None:
    for arguments in (["ingest", root, "--commit", "--json"], ["undo", "last"], ["retry", "last"], ["cancel", "last"]):
        ran = tallylight(*arguments, "--data", data)
        assert "token" not in ran.err, ran
        if arguments[0] == "ingest":
            assert ran.status == 0, ran
            assert json.loads(ran.out.splitlines()[-1])["status"] == "committed"
    refused = tallylight("pause", "last", "--data", data)
    assert (refused.status, "undone" in refused.err) == (2, True), "in the server's own words"
    assert (data / "lock").stat().st_mode & 0o777 == 0o600
    secret = json.loads((data / "lock").read_text())["secret"]
    assert secret not in "".join(server.output)


def test_a_lock_that_everybody_could_read_is_closed(root: Path, data: Path) -> None:
    data.mkdir()
    (data / "lock").touch(0o644)
    with OpenServer(root, data, "--public-url", "https://pics.example/") as server:
        assert (data / "lock").stat().st_mode & 0o777 == 0o600
        server.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_on_every_address_prints_one_that_can_be_opened(root: Path, data: Path, host: str) -> None:
    with OpenServer(root, data, "--host", host) as server:
        assert re.fullmatch(r"http://(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+", server.url)
        assert "0.0.0.0" not in server.url
        assert f"Log in with {server.url}/?token={server.token}" in "".join(server.output)
        assert server.get("/api/ingest/sessions") == {"sessions": []}
        token, server.token = server.token, ""
        server.get("/api/ingest/sessions", 401)
        server.token = token
        server.stop()


class Sharing(OpenServer):
    """On a database that others use too."""

    database = ""

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TALLYLIGHT_DATABASE": self.database}


def test_servers_of_one_database_pass_commands_on_though_each_has_its_own_token(
    tallylight: Tallylight, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    root = many(slow_picture(slow), tmp_path / "many", 40)
    with address("postgresql", tmp_path) as url:
        one, two = (Sharing(root, tmp_path / name, "--public-url", "https://pics.example/") for name in ("one", "two"))
        one.database = two.database = url
        with one, two:
            session_id = one.process()
            assert two.post(f"/api/ingest/pause/{session_id}")["status"] == "paused"
            there = tallylight("cancel", session_id, "--data", tmp_path / "three", "--database", url)
            assert there.status == 0, there
            one.stop()
            two.stop()
