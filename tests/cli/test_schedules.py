"""`tallylight schedule`, `schedules` and `unschedule`, with a server and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import Server, many, messages, run


def test_a_schedule_is_made_listed_and_removed_without_a_server(tallylight: Tallylight, tmp_path: Path) -> None:
    root, where = tmp_path / "root", ("--data", tmp_path / "data")
    root.mkdir()
    assert "There is no schedule yet" in tallylight("schedules", *where).out
    ran = tallylight("schedule", root, "--when", "Every 15 m", *where)
    assert (ran.status, ran.err) == (0, "No server runs here; `tallylight serve --root DIR` is what looks at it.\n")
    (listed,) = messages(tallylight("schedules", "--json", *where).out)
    assert (listed["folder"], listed["rule"], listed["auto_commit"]) == (str(root), "every 15m", False)
    assert listed["next_at"] == listed["created_at"]
    table = tallylight("schedules", *where).out
    assert "never" in table
    assert "by you" in table
    root.rmdir()
    assert tallylight("unschedule", root, *where).out == f"{root} is not looked at any more\n"
    assert "There is no schedule yet" in tallylight("schedules", *where).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("schedule", "nowhere"), "does not exist"),
        (("schedule", ".", "--when", "soon"), "write events, poll, every 15m"),
        (("unschedule", "nowhere"), "There is no schedule nowhere; `tallylight schedules` lists them."),
    ],
)
def test_what_cannot_be_is_a_sentence(
    tallylight: Tallylight, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = tallylight(*arguments, "--data", tmp_path / "data")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("tallylight: ")
    assert sentence in ran.err


def test_a_server_takes_what_arrives_and_goes_on_after_a_kill(slow: Path, tmp_path: Path) -> None:
    root, data = many(slow, tmp_path / "root", 12), tmp_path / "data"
    with Server(root, data) as server:
        assert "outside the folders" in run("schedule", tmp_path, "--data", data).stderr
        made = run("schedule", root, "--when", "events", "--commit", "--data", data)
        assert (made.returncode, made.stderr) == (0, "")
        with server.stream("/api/ingest/stream") as stream:
            stream.until(lambda _: any(state["processed_files"] for state in stream.states))
        server.kill()
        server.start()
        with server.stream("/api/ingest/stream") as stream:
            stream.until(lambda _: any(state["status"] == "committed" for state in stream.states))
        assert server.get("/api/media?limit=1")["total"] == 12
        paint(root / "new", 1)
        with server.stream("/api/ingest/stream") as stream:
            stream.until(lambda _: any(state["status"] == "committed" for state in stream.states))
        assert [one["status"] for one in server.get("/api/ingest/sessions")["sessions"]] == ["committed"] * 2
        (listed,) = server.get("/api/schedules")["schedules"]
        assert (listed["next_at"], listed["trouble"], listed["is_busy"]) == (None, None, False)
        assert run("unschedule", listed["schedule_id"][:8], "--data", data).returncode == 0
        assert server.get("/api/schedules") == {"schedules": []}
        server.stop()
