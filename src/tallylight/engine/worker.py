"""What runs inside a worker process."""

from __future__ import annotations

import fcntl
import importlib
import multiprocessing
import os
import pickle
import resource
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from tallylight.clock import SystemClock
from tallylight.engine.slots import Glance, Slots, Ticket, label_of
from tallylight.engine.verdicts import attempt

#: Added to the server's own niceness: the page and the stream come before the next thumbnail.
NICENESS = 10


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker gets once, when it is spawned."""

    slots: Slots
    ready: Connection  #: each worker writes to it once it can take work
    preload: tuple[str, ...]
    memory_limit: int | None  #: bytes of address space


# pebble hands a task nothing but its arguments, and a mapped file cannot travel as one; so what the initializer was
# given stays here. One process, one worker, one value.
_setup: Setup | None = None


def prepare(setup: Setup) -> None:
    """Make this process a worker. Raises ImportError for a module that cannot be preloaded."""
    global _setup  # noqa: PLW0603 (see there)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then stops its workers
    # pebble's handler is Python code, which a decoder stuck in C never lets run.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_the_server()
    os.nice(NICENESS)
    _silence()
    for module in ("tallylight.engine.single_thread", *setup.preload):
        importlib.import_module(module)
    if setup.memory_limit is not None:
        resource.setrlimit(resource.RLIMIT_AS, (setup.memory_limit, setup.memory_limit))
    _setup = setup
    with suppress(BrokenPipeError):  # a replacement: nobody waits for it
        setup.ready.send_bytes(b"ready")
    setup.ready.close()


def work(ticket: Ticket, function: bytes, items: Sequence[bytes], time_limit: float) -> list[bytes]:
    """Run a pickled function over pickled items; one sealed verdict an item. Empty if nobody wants the chunk any more.

    An item past `time_limit` seconds ends the process by SIGALRM.
    """
    if _setup is None:
        raise RuntimeError("This process is not a worker; call prepare() first.")
    with _setup.slots.occupied(ticket) as wanted:
        if not wanted:
            return []
        desk = _Desk(_setup.slots, ticket, function)
        try:
            verdicts = [_verdict(desk, place, item, time_limit) for place, item in enumerate(items)]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        desk.show(len(items))
        return verdicts


class _Desk:
    """Where one chunk is worked on: what it shows, and its function."""

    def __init__(self, slots: Slots, ticket: Ticket, function: bytes) -> None:
        self._slots = slots
        self._ticket = ticket
        self._sealed = function
        self._function: Callable[[Any], object] | None = None
        self._pid = os.getpid()
        self._clock = SystemClock()

    def show(self, place: int, label: str = "") -> None:
        self._slots.show(self._ticket, Glance(self._pid, place, self._clock.now(), label))

    def call(self, place: int, item: bytes) -> object:
        value = pickle.loads(item)  # noqa: S301 (from our own server)
        self.show(place, label_of(value))
        # Read once a chunk: what a session wants of its files takes longer to unpickle than many an item takes.
        if self._function is None:
            self._function = pickle.loads(self._sealed)  # noqa: S301 (from our own server)
        return self._function(value)


def _verdict(desk: _Desk, place: int, item: bytes, time_limit: float) -> bytes:
    desk.show(place)
    _set_alarm(time_limit)
    return attempt(partial(desk.call, place, item))


def _set_alarm(time_limit: float) -> None:
    # Set anew for each item: what an item's function did to the signal must not shield the next. The default action is
    # the kernel's, so it ends a C decoder that holds the GIL too; a Python handler would wait for it for ever.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, time_limit)


def _die_with_the_server() -> None:
    server = multiprocessing.parent_process()
    if server is None:
        raise RuntimeError("A worker is started by an engine.")
    sentinel = server.sentinel
    Thread(target=_exit_after, args=(sentinel,), name="server-watch", daemon=True).start()
    # The thread cannot run while a decoder holds the GIL, so the kernel is asked as well: SIGIO, whose default is
    # death, as soon as the last writer of the pipe, the server, is gone. PR_SET_PDEATHSIG would not do: it goes by the
    # forkserver, and that one lives for as long as any worker does (each inherits its "alive" pipe).
    if hasattr(os, "O_ASYNC"):
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)


def _exit_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _silence() -> None:
    # Decoders print to the C streams, behind Python's back, and the terminal or the JSON lines there are the CLI's.
    # Where stderr is no terminal it is a log, which is the place for complaints.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2) if os.isatty(2) else (0, 1):
        os.dup2(null, stream)
    os.close(null)
