"""`kill -9` in the middle of a run: nothing that was shown is lost, nothing is left behind, and it goes on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from tests.serving import Server, descendants, gone, has_ended, many

COUNTS = ("total_discovered", "total_files", "processed_files", "metadata_extracted", "keywords_added", "errors")


def test_a_killed_server_loses_nothing_that_was_shown(slow: Path, tmp_path: Path) -> None:
    root = many(slow, tmp_path / "root", 40)
    (root / "empty.png").touch()
    with Server(root, tmp_path / "data") as server:
        session_id = server.process()
        path = f"/api/ingest/stream/{session_id}"
        with server.stream(path) as stream, server.stream("/api/ingest/stream") as shared:
            for reader in (stream, shared):
                reader.until(lambda _, reader=reader: reader.states[-1]["processed_files"] >= 3)  # type: ignore[misc]
            workers = descendants(server.pid)
            assert workers
            server.kill()
            stream.until_over()
            shared.until_over()
            shown, position, shared_position = stream.states[-1], stream.last_event_id, shared.last_event_id
        assert gone(workers), "workers outlive their server"

        server.start()
        with server.stream(path, last_event_id=position) as again:
            again.until(has_ended)
            again.until_over()
        assert "reset" not in [event.name for event in again.events], "the old position still counts"
        told = [shown, *again.states]
        for before, after in pairwise(told):
            for count in COUNTS:
                assert after["stats"][count] >= before["stats"][count], count
        status = again.states[-1]
        assert status == server.get(f"/api/ingest/status/{session_id}")
        assert (status["status"], status["total_files"], status["processed_files"]) == ("completed", 41, 41)
        with server.stream(path, last_event_id=again.last_event_id) as over:
            assert over.status == 204
        with server.stream("/api/ingest/stream", last_event_id=shared_position) as back:
            back.until(has_ended)
            assert "reset" not in [event.name for event in back.events]
            assert back.states[-1]["session_id"] == session_id

        items = server.get(f"/api/ingest/items/{session_id}?limit=1000")["items"]
        assert len(items) == len({item["file"] for item in items}) == 41, "each file once"
        extracted = sum(item["outcome"] == "extracted" for item in items)
        assert extracted == 40
        assert server.request("GET", f"/api/ingest/report/{session_id}")[0] == 200

        assert server.post("/api/ingest/commit", {"session_id": session_id})["status"] == "committing"
        committed = server.finished(session_id)
        assert committed["commit"] == {"total": extracted, "done": extracted, "errors": 0}

        rest = server.process(max_files=0)
        stats = server.finished(rest)["stats"]
        assert stats["skipped_existing"] == extracted, "the next run has nothing to do again"
        server.stop()
