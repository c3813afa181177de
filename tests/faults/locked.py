"""Another process that keeps the database to itself, and a database that is restarted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from tests.faults import oracle
from tests.faults.killed import Reader, bring_to, finish
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import PATIENCE, Moment, Point, Watcher


@contextmanager
def locking(address: str) -> Iterator[None]:
    """As a backup tool or another user's shell does it."""
    with closing(sqlite3.connect(address, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def between_transactions(moment: Moment) -> Moment:
    """The same moment, but where nothing is held: nobody else could lock the database at any other."""
    return replace(moment, point=Point.AFTER)


def locked_for_long(trial: Trial) -> Shown:
    """Locked for longer than is waited, which is made shorter here. The session says so and stops; it goes on when told
    to.
    """
    stage = trial.rng.choice(("discover", "process", "commit", "undo"))
    moment = between_transactions(trial.moment(stage))
    with Watcher(moment) as watcher, Armed(trial, watcher, extra={PATIENCE: "1"}) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            watcher.reached()
            with locking(trial.address):
                watcher.go_on()
                stream.until_over()
                sentence = oracle.helpful(stream.states[-1]["error"])
                assert server.get(f"/api/ingest/status/{session_id}")["status"] == stream.states[-1]["status"]
        server.post(f"/api/ingest/resume/{session_id}")
        finish(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}", sentence, "went on once told to resume")


def locked_for_a_moment(trial: Trial) -> Shown:
    """Locked for less than is waited: nobody notices."""
    stage = trial.rng.choice(("discover", "process", "commit", "undo"))
    moment = between_transactions(trial.moment(stage))
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            watcher.reached()
            with locking(trial.address):
                watcher.go_on()
                # A refreshed message comes each second whether the database answers or not.
                seen = len(stream.states)
                stream.until(lambda events: len(events) > seen + 1)
            stream.until_over()
        assert "error" not in stream.states[-1]
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}", "", "waited, and went on by itself")
