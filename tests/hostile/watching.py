"""Notices who opens a file and who comes to a port, whichever library it is: the kernel and a socket tell."""

from __future__ import annotations

import ctypes
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_IN_ACCESS, _IN_OPEN = 0x1, 0x20
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Watched:
    """A file and an address that nobody is to touch."""

    path: Path
    url: str
    events: list[str] = field(default_factory=list)  #: filled when the watch ends


@contextmanager
def watched(path: Path) -> Iterator[Watched]:
    """Watch a file, which must exist, and an address on this machine while the context is open (Linux: inotify)."""
    notify = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert notify >= 0
    try:
        assert _LIBC.inotify_add_watch(notify, os.fsencode(path), _IN_ACCESS | _IN_OPEN) >= 0
        with socket.create_server(("127.0.0.1", 0)) as listening:
            found = Watched(path, f"http://127.0.0.1:{listening.getsockname()[1]}/a.mp4")
            yield found
            # Both are told before the call that caused them returns.
            if select.select([notify], [], [], 0)[0]:
                found.events.append("opened")
            if select.select([listening], [], [], 0)[0]:
                found.events.append("connected")
    finally:
        os.close(notify)
