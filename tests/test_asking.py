from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tallylight.asking import Reach, get, post
from tallylight.errors import BadFolder, ServerUnreachable, TallylightError, WrongMove


class Answers(BaseHTTPRequestHandler):
    """Answers each path as `said` has it, and keeps what was asked."""

    said: dict[str, tuple[int, bytes]] = {}  # noqa: RUF012 (set by each test)
    asked: list[tuple[str, str, bytes]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.asked.append((self.command, self.headers.get("content-type", ""), body))
        status, told = self.said[self.path]
        self.send_response(status)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_GET  # noqa: N815 (the name that the library asks for)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Answers.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_commands_travel_with_and_without_a_body(url: str) -> None:
    Answers.said = {"/a": (200, b'{"status": "paused"}')}
    assert post(Reach(url), "/a") == {"status": "paused"}
    assert post(Reach(url), "/a", {"x": 1}) == {"status": "paused"}
    assert get(Reach(url), "/a") == {"status": "paused"}
    assert Answers.asked == [("POST", "", b""), ("POST", "application/json", b'{"x": 1}'), ("GET", "", b"")]


@pytest.mark.parametrize(
    ("status", "problem", "kind", "says"),
    [
        (409, {"code": "wrong_move", "detail": "It is completed."}, WrongMove, "It is completed."),
        (400, {"code": "bad_folder", "detail": "/x is a file."}, BadFolder, "/x is a file."),
        (500, {"code": "internal_error", "detail": "The log says."}, TallylightError, "The log says."),
        (502, None, TallylightError, "is it a Tallylight server"),
        (404, [], TallylightError, "is it a Tallylight server"),
    ],
)
def test_a_refusal_is_the_error_it_was_there(
    url: str, status: int, problem: object, kind: type[TallylightError], says: str
) -> None:
    Answers.said = {"/a": (status, b"<html>" if problem is None else json.dumps(problem).encode())}
    with pytest.raises(kind, match=says) as caught:
        post(Reach(url), "/a")
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b"\xff"])
def test_an_answer_that_is_none_is_no_server_of_ours(url: str, body: bytes) -> None:
    Answers.said = {"/a": (200, body)}
    with pytest.raises(ServerUnreachable):
        get(Reach(url), "/a")


def test_nobody_there_is_a_sentence() -> None:
    with pytest.raises(ServerUnreachable, match=r"The server at http://127\.0\.0\.1:1 does not answer"):
        get(Reach("http://127.0.0.1:1"), "/a")
