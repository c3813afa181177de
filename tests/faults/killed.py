"""`kill -9` at a moment of a session, with readers at its streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults import oracle
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import Watcher
from tests.serving import Server, Stream, descendants, gone, has_ended

from tallylight.live import Event


@dataclass(kw_only=True)
class Reader:
    """One person at the stream of a session and at the shared one, who comes back after each break."""

    session_id: str
    own: list[list[Event]] = field(default_factory=list)
    shared: list[list[Event]] = field(default_factory=list)
    position: str = ""
    shared_position: str = ""

    @contextmanager
    def at(self, server: Server) -> Iterator[Stream]:
        """Connected while the context is open; what was shown by its end is remembered."""
        path = f"/api/ingest/stream/{self.session_id}?outcomes=true"
        with (
            server.stream(path, last_event_id=self.position) as own,
            server.stream("/api/ingest/stream", last_event_id=self.shared_position) as shared,
        ):
            assert own.status == shared.status == 200
            yield own
        self.own.append(own.events)
        self.shared.append([event for event in shared.events if self.session_id in event.data])
        self.position, self.shared_position = own.last_event_id, shared.last_event_id

    def check(self) -> None:
        """No count shrank, no id was foreign, no outcome came twice."""
        oracle.told(*self.own)
        oracle.told(*self.shared)
        oracle.outcomes_told(*self.own)


def killed(trial: Trial, stage: str) -> Shown:
    """Kill the server in a stage; the next one goes on by itself."""
    moment = trial.moment(stage)
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                stream.until(lambda events: any(event.name == "message" for event in events))
                workers = descendants(server.pid)
                server.kill()
            stream.until_over()
        assert gone(workers), "workers outlive their server"
        server.disarm()
        server.start()
        finish(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}", "", "went on by itself at the next start")


def killed_in_preview(trial: Trial) -> Shown:
    """Kill the server when a reader has had some bytes of a preview."""
    with Armed(trial) as server:
        session_id = server.process()
        server.finished(session_id)
        path = f"/api/ingest/report/{session_id}?format=json"
        previewed = server.get(path)["preview"]
        length = len(server.request("GET", path)[2])
        had = trial.rng.randint(1, length)
        connection = server.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        with connection, connection.makefile("rb") as answer:
            assert answer.read(had)
            server.kill()
        server.start()
        assert server.get(path)["preview"] == previewed
        trial.conclude(server, session_id)
    return trial.shown(f"preview, after {had:,} of its bytes", "", "shows the same after the next start")


def bring_to(server: Server, session_id: str, stage: str) -> None:
    """Let a session begin with a stage."""
    if stage in {"commit", "undo"}:
        assert server.finished(session_id)["status"] == "completed"
        server.post("/api/ingest/commit", {"session_id": session_id})
    if stage == "undo":
        assert server.finished(session_id)["status"] == "committed"
        server.post(f"/api/ingest/undo/{session_id}")


def finish(server: Server, reader: Reader) -> None:
    """Watch a session, wherever it stands, until it rests."""
    with reader.at(server) as stream:
        stream.until(has_ended)
        stream.until_over()
