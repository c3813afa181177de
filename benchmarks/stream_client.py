"""The load client: `load.c`, compiled where it is used."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream_process import CLIENT_CORE, line_of, pinned

SOURCE = Path(__file__).with_name("load.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the readers received since the last reset."""

    updates: int  #: of all readers together
    fewest: int  #: of the reader that got the fewest
    most: int
    p50_ms: float  #: from publishing to received, over all updates of all readers
    p99_ms: float
    longest_ms: float
    bytes: int
    gone: int  #: readers that the server has hung up on, ever
    cpu_s: float  #: of the client itself, ever


class Client:
    """Connected readers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def reset(self) -> None:
        """Forget what was counted."""
        self._say("reset")

    def report(self) -> Counted:
        """What was counted so far."""
        self._say("report")
        answer: dict[str, Any] = json.loads(line_of(self._process))
        return Counted(**answer)

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()


def compiled(folder: Path) -> Path:
    """Compile the client into a folder. Ends the benchmark where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("The load client is written in C: install a C compiler (cc).")
    program = folder / "load"
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(SOURCE)], check=True)
    return program


@contextmanager
def connected(program: Path, port: int, readers: int) -> Iterator[Client]:
    """So many readers of `/`, all of them answered, while the context is open."""
    with pinned(CLIENT_CORE, [str(program), str(port), "/", str(readers)]) as process:
        if line_of(process) != "ready":
            raise SystemExit("The load client did not say that it is ready.")
        yield Client(process)
