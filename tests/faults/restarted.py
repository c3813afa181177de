"""A PostgreSQL that is restarted, or crashes, at a moment of a session."""

from __future__ import annotations

import json

from tests.faults import oracle
from tests.faults.cluster import Cluster
from tests.faults.killed import Reader, bring_to
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import Watcher
from tests.serving import Server

from tallylight.live import Event


def restarted(trial: Trial, cluster: Cluster, stage: str) -> Shown:
    """Down for a moment and up again; what was under way is told, and goes on by itself."""
    moment, mode = trial.moment(stage), trial.rng.choice(("fast", "immediate"))
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                cluster.stop(mode)
                cluster.start()
            stream.until_over()
        error = stream.states[-1].get("error")
        sentence = oracle.helpful(error) if error is not None else ""
        _gone_on(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}, {mode} stop", sentence, "went on by itself")


def away(trial: Trial, cluster: Cluster, stage: str) -> Shown:
    """Down for long: while it is, every request says so; then it goes on by itself."""
    moment = trial.moment(stage)
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                cluster.stop()
            stream.until_over()
        sentence = oracle.helpful(stream.states[-1]["error"])
        for refused in (
            server.get("/api/media", 503),
            server.post(f"/api/ingest/resume/{session_id}", status=503),
            server.post("/api/ingest/process", {"parameters": {"directory": str(server.root)}}, 503),
        ):
            oracle.helpful(refused)
        cluster.start()
        _gone_on(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}", sentence, "went on by itself once it was back")


def _gone_on(server: Server, reader: Reader) -> None:
    """Wait until a session is at rest without an error, on the shared stream: its own has ended."""

    def rests(events: list[Event]) -> bool:
        messages = [json.loads(event.data) for event in events if event.name == "message"]
        own = [message for message in messages if message.get("session_id") == reader.session_id]
        return bool(own) and "error" not in own[-1] and own[-1]["status"] in {"completed", "committed", "undone"}

    with server.stream(f"/api/ingest/stream?session={reader.session_id}") as stream:
        stream.until(rests)
