"""A PostgreSQL that is restarted, or crashes, at a moment of a session."""

from __future__ import annotations

from tests.faults import oracle
from tests.faults.cluster import Cluster
from tests.faults.killed import Reader, bring_to, finish
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import Watcher


def restarted(trial: Trial, cluster: Cluster, stage: str) -> Shown:
    """Down for a moment and up again; what was under way is told, and goes on when told to."""
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
        sentence, end = "", "went on by itself"
        if error is not None:
            sentence, end = oracle.helpful(error), "went on once told to resume"
            server.post(f"/api/ingest/resume/{session_id}")
            finish(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}, {mode} stop", sentence, end)


def away(trial: Trial, cluster: Cluster, stage: str) -> Shown:
    """Down for long: while it is, every request says so; then it goes on."""
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
        server.post(f"/api/ingest/resume/{session_id}")
        finish(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}", sentence, "went on once told to resume")
