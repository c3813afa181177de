"""A clock that jumps at a moment of a session, as when a machine wakes up or finds its time server, and one that is
wrong from a start on, as after its battery died.
"""

from __future__ import annotations

from tests.faults.killed import Reader, bring_to, finish
from tests.faults.needs import faketime
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import CLOCK, Watcher

#: Days; far enough that whatever lies in the future, or is to be forgotten after a day, would show.
_DAYS = {"forward": 3, "back": -3}


def jumped(trial: Trial, direction: str) -> Shown:
    """The clock jumps in a stage, and is right again at the next start."""
    stage = trial.rng.choice(("discover", "process", "commit", "undo"))
    moment = trial.moment(stage)
    clock = trial.folder / "clock"
    clock.write_text("0")
    with Watcher(moment) as watcher, Armed(trial, watcher, extra={CLOCK: str(clock)}) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                clock.write_text(str(_DAYS[direction] * 86_400))
            stream.until_over()
        assert "error" not in stream.states[-1]
        reader.check()
        server.disarm()
        server.stop()
        server.start()
        trial.conclude(server, session_id)
    return trial.shown(f"{stage}, {moment}, {_DAYS[direction]:+} days", "", "nobody noticed")


def wrong_at_start(trial: Trial, direction: str) -> Shown:
    """The server is killed in a stage, and the next one runs, from its start, at another time (libfaketime)."""
    stage = trial.rng.choice(("discover", "process", "commit", "undo"))
    moment, days = trial.moment(stage), _DAYS[direction]
    elsewhen = {"LD_PRELOAD": faketime(), "FAKETIME": f"{days:+}d", "NO_FAKE_STAT": "1"}
    with Watcher(moment) as watcher, Armed(trial, watcher) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server):
            watcher.reached()
            server.kill()
        server.disarm(extra=elsewhen)
        server.start()
        finish(server, reader)
        reader.check()
        trial.conclude(server, session_id)
    return trial.shown(f"{stage}, {moment}, {days:+} days", "", "went on by itself at the next start")
