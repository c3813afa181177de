"""The processes that this one started, and those that they did."""

from __future__ import annotations

import os
import signal
import subprocess


def named(name: str) -> set[int]:
    """Descendants of this process with this name, as `ps` shows it."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for line in subprocess.check_output(["ps", "-A", "-o", "pid=,ppid=,comm="], text=True).splitlines():
        pid, parent, called = line.split(None, 2)
        parents[int(pid)], names[int(pid)] = int(parent), called.strip()
    return {pid for pid, called in names.items() if called == name and _is_ours(pid, parents)}


def kill(pids: set[int]) -> None:
    """End these at once."""
    assert pids, "no process was found to be killed"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False
