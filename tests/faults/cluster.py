"""A PostgreSQL of the tests' own, which they may stop, restart and kill."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from tests.faults.needs import missing
from tests.ports import free_port

#: Nothing in it outlives the test, so it need not be safe on disk. The socket is left out: paths of tests are long.
_SETTINGS: Final = "-c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_wal_size=64MB"


class Cluster:
    """One that runs while the context of `cluster` is open."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._control("start", "-w", "-l", str(self._folder / "log"), "-o", f"{_SETTINGS} -c port={self.port}")

    def stop(self, mode: str = "fast") -> None:
        """`fast`: as an administrator does it; `immediate`: as a crash."""
        self._control("stop", "-w", "-m", mode)

    def initialise(self) -> None:
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_as_somebody(), str(_programs() / program), *arguments]
        # Not captured by a pipe: the server inherits it and would keep it open.
        with tempfile.TemporaryFile() as output:
            ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert ran.returncode == 0, output.read().decode()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running one, empty; skips the test where PostgreSQL's programs are not installed."""
    _programs()
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        folder = Path(name)
        if user := _somebody():
            folder.chmod(0o755)
            os.chown(folder, user.pw_uid, user.pw_gid)
        made = Cluster(folder, free_port())
        made.initialise()
        made.start()
        try:
            yield made
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                made.stop("immediate")


@cache
def _programs() -> Path:
    """Where initdb and pg_ctl are: on the path, or where Debian keeps each version's own."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not versions:
        missing("there is no PostgreSQL to start: neither initdb nor pg_ctl was found")
    return versions[-1]


@cache
def _somebody() -> pwd.struct_passwd | None:
    """Whom to run it as where this is root, as whom it refuses to run."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        missing("PostgreSQL does not run as root, and there is no other user")


def _as_somebody() -> list[str]:
    user = _somebody()
    if user is None:
        return []
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
