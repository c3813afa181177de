"""A root that goes away at a moment of a session: a disk that is unplugged, a share that is unmounted."""

from __future__ import annotations

from tests.faults import oracle
from tests.faults.killed import Reader, finish
from tests.faults.trial import Armed, Shown, Trial, commit
from tests.faults.tripwire import Watcher
from tests.serving import Server

from tallylight.model import Json


def vanished(trial: Trial, stage: str) -> Shown:
    """What was read counts, the rest says that it is gone; once it is back, it is tried again, and found."""
    moment, away = trial.moment(stage), trial.folder / "away"
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                trial.corpus.root.rename(away)
            stream.until_over()
        message = stream.states[-1]
        assert message["status"] == "completed"
        items = oracle.accounted(trial.address, session_id, trial.corpus, missing=_unfound(trial, message))
        gone = {item.outcome.file: item.outcome for item in items if item.outcome.code == "vanished"}
        told = [oracle.helpful(error) for error in message["errors"] if error["code"] in {"vanished", "io_error"}]
        assert bool(told) == bool(gone or _unfound(trial, message)), "who looks at it is told"
        away.rename(trial.corpus.root)
        reader.check()
        if gone:
            server.post(f"/api/ingest/retry-failed/{session_id}")
            assert server.finished(session_id)["stats"]["errors"] <= len(trial.corpus.bad)
        if missing := _unfound(trial, message):
            _in_two(trial, server, session_id, missing)
        else:
            trial.conclude(server, session_id)
    end = "tried again, all was found" + (
        f"; another session took the {missing} that were not counted" if missing else ""
    )
    return trial.shown(f"{stage}, {moment}", told[0] if told else "", end)


def _unfound(trial: Trial, message: Json) -> int:
    return len(trial.corpus.names) - int(message["stats"]["total_discovered"])


def _in_two(trial: Trial, server: Server, session_id: str, missing: int) -> None:
    """What discovery could not find is for another session; together they are one undisturbed one."""
    oracle.accounted(trial.address, session_id, trial.corpus, missing=missing)
    commit(server, session_id)
    second = server.process()
    finish(server, Reader(session_id=second))
    commit(server, second)
    assert trial.catalog() == trial.expected, "the catalog is not that of an undisturbed run"
    for one in (second, session_id):
        server.post(f"/api/ingest/undo/{one}")
        assert server.finished(one)["status"] == "undone"
    assert oracle.catalog(trial.address, exactly=True) == trial.before, "the undo left something behind"
    oracle.sound(trial.address)
