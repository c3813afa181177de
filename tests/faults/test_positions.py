"""Positions of before a `kill -9`, brought to the server that was started again on the same data."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.serving import ALARM, Server, Stream, has_ended

from tallylight.live.cursor import Cursor, parse


def names(stream: Stream) -> list[str]:
    return [event.name for event in stream.events if event.name != "heartbeat"]


def cursor(text: str) -> Cursor:
    found = parse(text)
    assert found is not None
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "root" / "one.png")
    return tmp_path / "root"


def test_positions_of_before_a_kill_are_answered_as_before_it(root: Path, tmp_path: Path) -> None:
    with Server(root, tmp_path / "data") as server:
        path = f"/api/ingest/stream/{server.process()}"
        with server.stream(path) as stream:
            stream.until_over()
        end = cursor(stream.last_event_id)
        assert end.ended
        for _ in range(2):
            for place, expected in (
                ("", ["message", "end"]),
                (Cursor(end.epoch, 1), ["message", "end"]),
                (Cursor(end.epoch, end.seq), ["end"]),
                (Cursor("zzzzzz", 1), ["reset", "message", "end"]),
                (Cursor(end.epoch, end.seq + 1), ["reset", "message", "end"]),
            ):
                with server.stream(path, last_event_id=str(place)) as again:
                    again.until_over()
                assert (again.status, names(again)) == (200, expected), place
            with server.stream(path, last_event_id=str(end)) as over:
                assert over.status == 204
            server.kill()
            server.start()


def test_a_deletion_before_a_kill_is_told_after_it(root: Path, tmp_path: Path) -> None:
    with Server(root, tmp_path / "data") as server:
        session_id = server.process()
        path = f"/api/ingest/stream/{session_id}"
        with server.stream("/api/ingest/stream") as shared:
            shared.until(has_ended)
        with server.stream(path) as stream:
            stream.until_over()
        assert server.request("DELETE", f"/api/ingest/session/{session_id}")[0] == 200
        server.kill()
        server.start()
        with server.stream(path, last_event_id=stream.last_event_id) as again:
            again.until_over()
        assert (names(again), again.states[-1]["status"]) == (["message", "end"], "deleted")
        with server.stream("/api/ingest/stream", last_event_id=shared.last_event_id) as back:
            back.until(has_ended)
            assert back.states[-1]["status"] == "deleted"


def test_a_nul_in_the_header_never_reaches_the_application(root: Path, tmp_path: Path) -> None:
    """RFC 9110 forbids it in a field's value, and the server's parser refuses the request."""
    with Server(root, tmp_path / "data") as server:
        head = b"GET /api/ingest/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: aaaaaa-1\0\r\n\r\n"
        with server.raw(head) as connection:
            connection.settimeout(ALARM)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        assert server.get("/healthz")["readers"] == 0
