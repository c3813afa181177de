"""A data folder that may no longer be written, from a moment of a session on."""

from __future__ import annotations

from pathlib import Path

from tests.faults import oracle
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import Watcher
from tests.serving import run, unprivileged


def read_only(trial: Trial) -> Shown:
    """What is open stays so; a server that is started on it says why it cannot, and loses nothing."""
    moment, dies = trial.moment("process"), trial.rng.choice((False, True))
    prefix = unprivileged()
    with Watcher(moment) as watcher, Armed(trial, watcher, prefix=prefix) as server:
        session_id = server.process()
        with watcher.holding():
            _close(trial.data)
            if dies:
                server.kill()
        if not dies:
            assert server.finished(session_id)["status"] == "completed"
            server.stop()
        refused = run("serve", "--root", trial.corpus.root, "--data", trial.data, "--port", 0, prefix=prefix)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr
        sentence = refused.stderr.removeprefix("tallylight: ").strip()
        oracle.helpful({"code": "data_folder_unusable", "message": sentence})
        _open(trial.data)
        server.disarm()
        server.start()
        server.finished(session_id)
        trial.blind = frozenset({"has_thumbnail", "warnings", "digest"})
        trial.conclude(server, session_id)
    how = "killed there" if dies else "stopped at the end"
    return trial.shown(f"process, {moment}, {how}", sentence, "went on by itself at the next start")


def _close(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o500 if path.is_dir() else 0o400)


def _open(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
