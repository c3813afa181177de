"""What processes cost, by the operating system's own accounts. Linux only, as are `/proc` and the figures."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def cpu_of(pid: int | None = None) -> float:
    """Seconds of CPU that all threads of a process (this one by default) have had, those that ended included."""
    times = _stat(os.getpid() if pid is None else pid)[11:13]
    return sum(int(time) for time in times) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int | None = None) -> float:
    """The most megabytes of memory that were ever resident."""
    return _status(os.getpid() if pid is None else pid, "VmHWM") / 1024


def descendants(pid: int) -> list[int]:
    """The children of a process, and theirs. Workers are grandchildren: a forkserver starts them."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended since it was listed
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found[1:]


def _stat(pid: int) -> list[str]:
    """The fields of `stat` behind the name, which may hold spaces and brackets: the state comes first."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _status(pid: int, field: str) -> int:
    found = re.search(rf"^{field}:\s*(\d+)", (_PROC / str(pid) / "status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc/{pid}/status has no {field}.")
    return int(found[1])
