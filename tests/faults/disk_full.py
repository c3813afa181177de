"""A data folder on a small disk that fills up at a moment of a session; real ENOSPC, from a real file system."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from tests.faults import oracle
from tests.faults.killed import Reader, bring_to, finish
from tests.faults.trial import Armed, Shown, Trial
from tests.faults.tripwire import Watcher
from tests.serving import run

_SIZE: Final = 64 << 20
_MOUNT: Final = 'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99; echo mounted; exec cat'


class SmallDisk:
    """A file system of so many bytes at a folder. Only processes with its `prefix` see it; all the same it may be
    reached at `inside`. It is gone with the context.
    """

    def __init__(self, holder: int, folder: Path) -> None:
        self.prefix = ("nsenter", f"--mount=/proc/{holder}/ns/mnt")
        self.inside = Path(f"/proc/{holder}/root{folder}")
        self._filler = self.inside / "filler"

    def fill(self, left: int = 0) -> None:
        """Take all of its space but `left` bytes."""
        with self._filler.open("wb", buffering=0) as filler:
            while not self._taken(filler.fileno(), left):
                pass

    def _taken(self, filler: int, left: int) -> bool:
        free = os.statvfs(self.inside)
        try:
            os.posix_fallocate(filler, 0, max(1, free.f_bavail * free.f_frsize - left))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            # A worker wrote a thumbnail in between.
            return False
        return True

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, size: int = _SIZE) -> Iterator[SmallDisk]:
    """Mount one over an existing folder. Skips the test where that may not be done."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("only root, with unshare and nsenter (util-linux), may mount a small disk unseen")
    command = ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(size), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() != "mounted\n":
            pytest.skip("a small disk cannot be mounted here")
        try:
            yield SmallDisk(holder.pid, folder)
        finally:
            holder.send_signal(signal.SIGKILL)


@contextmanager
def on_small_disk(trial: Trial) -> Iterator[SmallDisk]:
    """The trial's data folder, moved to a small disk."""
    stock = trial.folder / "stock"
    trial.data.rename(stock)
    trial.data.mkdir()
    with small_disk(trial.data) as disk:
        shutil.copytree(stock, disk.inside, dirs_exist_ok=True)
        trial.seen_at = disk.inside
        yield disk


def full(trial: Trial, stage: str) -> Shown:
    """The disk fills up in a stage. The session says so and stops, the server goes on answering; with space again, the
    session goes on when told to.
    """
    moment = trial.moment(stage)
    left = trial.rng.choice((0, 4096, 65_536))
    with on_small_disk(trial) as disk, Watcher(moment) as watcher, Armed(trial, watcher, prefix=disk.prefix) as server:
        session_id = server.process()
        bring_to(server, session_id, stage)
        reader = Reader(session_id=session_id)
        with reader.at(server) as stream:
            with watcher.holding():
                disk.fill(left)
            stream.until_over()
        error = stream.states[-1].get("error")
        if error is None:
            # What was left was enough.
            disk.free()
            trial.conclude(server, session_id)
            return trial.shown(f"{stage}, {moment}, {left} bytes left", "", "what was left was enough")
        sentence = oracle.helpful(error)
        assert stream.states[-1] == server.get(f"/api/ingest/status/{session_id}"), "what was told is what is shown"
        assert server.get("/api/media?limit=1")["total"] == len(trial.catalog()), "reading goes on"
        refused = server.post(f"/api/ingest/resume/{session_id}", status=503) if not left else None
        assert refused is None or oracle.helpful(refused)
        disk.free()
        server.post(f"/api/ingest/resume/{session_id}")
        finish(server, reader)
        trial.conclude(server, session_id)
        reader.check()
    return trial.shown(f"{stage}, {moment}, {left} bytes left", sentence, "went on once told to resume")


def full_for_thumbnails(trial: Trial) -> Shown:
    """Thumbnails have no space, and all else has: a warning, no failure."""
    (trial.data / "thumbnails").mkdir(exist_ok=True)
    with small_disk(trial.data / "thumbnails", trial.rng.choice((16_384, 65_536))) as disk:
        with Armed(trial, prefix=disk.prefix) as server:
            session_id = server.process()
            assert server.finished(session_id)["stats"]["errors"] == len(trial.corpus.bad)
            items = server.get(f"/api/ingest/items/{session_id}?outcome=extracted&limit=1000")["items"]
            without = [item for item in items if not item["has_thumbnail"]]
            assert without, "there was space for all"
            warnings = {" ".join(item["warnings"]) for item in without}
            assert all("thumbnail" in warning for warning in warnings)
            trial.blind = frozenset({"has_thumbnail", "warnings", "digest"})
            trial.conclude(server, session_id)
        oracle.nothing_temporary(disk.inside)
    return trial.shown("thumbnails", warnings.pop(), "the file is extracted all the same, without a thumbnail")


def full_at_start(trial: Trial) -> Shown:
    """A server is started on a full disk, with a session left in motion: it says why it cannot, or goes on."""
    moment = trial.moment("process")
    with on_small_disk(trial) as disk, Watcher(moment) as watcher, Armed(trial, watcher, prefix=disk.prefix) as server:
        session_id = server.process()
        with watcher.holding():
            server.kill()
        disk.fill()
        refused = run("serve", "--root", trial.corpus.root, "--data", trial.data, "--port", 0, prefix=disk.prefix)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr
        sentence = refused.stderr.removeprefix("tallylight: ").strip()
        oracle.helpful({"code": "data_folder_unusable", "message": sentence})
        disk.free()
        server.disarm()
        server.start()
        server.finished(session_id)
        trial.conclude(server, session_id)
    return trial.shown("start of a server", sentence, "went on by itself at the next start")
