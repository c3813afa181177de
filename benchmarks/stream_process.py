"""Processes kept to one core each, and what the operating system says they used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
CLIENT_CORE = 1
#: So that whatever else runs disturbs less; all contenders have it, and the client too. Only root may.
NICENESS = -10
_STOPS_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Used:
    """Processor time of a process and its children, in seconds: what it had, and what it waited for while others had
    its core.
    """

    cpu_s: float
    waited_s: float

    def since(self, before: Used) -> Used:
        return Used(self.cpu_s - before.cpu_s, self.waited_s - before.waited_s)


def used(pid: int) -> Used:
    """Since it started, exact to the scheduler's own nanoseconds (Linux)."""
    ran = waited = 0
    for each in _family(pid):
        for thread in Path(f"/proc/{each}/task").iterdir():
            on_core, in_queue, _slices = map(int, (thread / "schedstat").read_text().split())
            ran, waited = ran + on_core, waited + in_queue
    return Used(ran / 1e9, waited / 1e9)


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and its children (Linux)."""
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page for each in _family(pid))


def take_precedence() -> None:
    """Keep this process to the client's core, and raise its priority and that of all it starts from now on."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def _prefer(pid: int) -> None:
    group = Path(f"/proc/{pid}/autogroup")
    if os.geteuid() == 0 and group.exists():
        group.write_text(str(NICENESS))


@contextmanager
def pinned(
    core: int, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command on one core while the context is open, with pipes for its input and output."""
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Linux weighs sessions against each other first (autogroups); within one alone the priority would mean little.
        start_new_session=True,
        env={**os.environ, **(environment or {})},
    )
    _prefer(process.pid)
    try:
        yield process
    finally:
        # Not SIGTERM: uvicorn would wait for its readers, and nothing is left to be measured.
        for each in reversed(_family(process.pid)):
            os.kill(each, 9)
        process.communicate(timeout=_STOPS_WITHIN_S)


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints. Ends the benchmark where there is none."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args!r} ended ({process.wait(_STOPS_WITHIN_S)}) instead of answering.")
    return line.strip()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *map(int, children.read_text().split())]
    except (FileNotFoundError, ProcessLookupError):
        return []
