"""`kill -9` in the middle of a commit: what was shown is what is committed, with nothing of what was excluded."""

from __future__ import annotations

from pathlib import Path

from tests.serving import Server, has_ended, many

COUNT = 4000


def test_a_killed_commit_goes_on_to_just_what_was_shown(slow: Path, tmp_path: Path) -> None:
    root = many(slow, tmp_path / "root", COUNT)
    with Server(root, tmp_path / "data") as server:
        session_id = server.process(tier="index")
        server.finished(session_id)
        told = server.post(f"/api/ingest/preview/{session_id}/exclude", {"name": "slow_00*"})
        assert (told["changed"], told["to_commit"]) == (10, COUNT - 10)
        server.kill()

        server.start()
        shown = server.get(f"/api/ingest/preview/{session_id}")
        assert (shown["set_aside"], shown["preview"]) == ({"new": 10}, told["preview"]), "it survives the server"
        server.post("/api/ingest/commit", {"session_id": session_id, "preview": shown["preview"]})
        with server.stream(f"/api/ingest/stream/{session_id}") as stream:
            stream.until(lambda _: stream.states[-1]["commit"]["done"] > 0)
            done = stream.states[-1]["commit"]["done"]
            server.kill()
        assert done < COUNT - 10, "the commit was over before the server was killed"

        server.start()
        with server.stream(f"/api/ingest/stream/{session_id}") as stream:
            stream.until(has_ended)
            states = stream.states
        assert all(state["commit"]["total"] == COUNT - 10 for state in states)
        assert states[0]["commit"]["done"] >= done, "no count shrinks"
        assert (states[-1]["status"], states[-1]["commit"]["done"]) == ("committed", COUNT - 10)
        assert server.get("/api/media?limit=1")["total"] == COUNT - 10
        assert server.get("/api/media?q=path:slow_000&limit=20")["total"] == 0
        assert server.get(f"/api/ingest/preview/{session_id}")["preview"] == shown["preview"]
        server.stop()
