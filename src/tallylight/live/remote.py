"""Counting from other processes: a handle that can be pickled, and the door where its counts come in.

A pipe of its own rather than shared memory: whatever starts the other process (a pool, spawn, a job runner on the same
machine), the handle travels as an argument and nothing has to be inherited.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Final

log: Final = logging.getLogger(__name__)

#: Bytes of the longest message: an amount and a note.
_LONGEST: Final = 8192

#: What is told of a job: its key, an amount, a note (None: the one before stays).
Counted = Callable[[str, float, str | None], None]


class Remote:
    """One job's `advance` and `note` for another process of this machine. Picklable, and usable from any thread.

    It never fails the work: once nobody takes the counts any more, that is logged once a process, and counting goes on
    unheard.
    """

    def __init__(self, address: str, secret: bytes, key: str) -> None:
        self.key = key
        self._address = address
        self._secret = secret

    def advance(self, amount: float = 1) -> None:
        """So much more is done."""
        self._say(amount, None)

    def note(self, text: str) -> None:
        """What is being worked on, for people."""
        self._say(0, text)

    def _say(self, amount: float, text: str | None) -> None:
        _wire(self._address, self._secret, os.getpid()).say(json.dumps([self.key, amount, text]).encode())


class _Wire:
    """A process's connection to the one that tells. Threads take turns."""

    def __init__(self, address: str, secret: bytes) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        try:
            self._connection = Client(address, authkey=secret)
        except (OSError, EOFError, AuthenticationError) as error:
            self._lose(error)

    def say(self, message: bytes) -> None:
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.send_bytes(message)
                except OSError as error:
                    self._lose(error)

    def _lose(self, error: Exception) -> None:
        self._connection = None
        log.warning("nobody takes this process's progress any more (%s); the work goes on without", error)


# A connection a process, however often its handle is pickled: a pool pickles it with every task. Asked for with the
# process's number, because a fork must not write into its parent's connection.
@lru_cache(maxsize=16)
def _wire(address: str, secret: bytes, _pid: int) -> _Wire:
    return _Wire(address, secret)


class Door:
    """Takes the counts of other processes, in threads of its own. `close` it."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._secret = secrets.token_bytes(32)
        # Where the address is chosen for us it lies in a folder that only this user may enter.
        self._listener = Listener(family="AF_UNIX", backlog=64, authkey=self._secret)
        self._closed = False
        self._listening = threading.Thread(target=self._listen, name="tallylight-progress", daemon=True)
        self._listening.start()

    def remote(self, key: str) -> Remote:
        """A handle for one job."""
        return Remote(str(self._listener.address), self._secret, key)

    def close(self) -> None:
        """Take no more counts. Blocks for a moment."""
        self._closed = True
        with suppress(OSError), socket.socket(socket.AF_UNIX) as caller:
            # What wakes it: a socket that is closed by another thread does not.
            caller.connect(str(self._listener.address))
        self._listening.join()
        self._listener.close()

    def _listen(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (AuthenticationError, EOFError, ConnectionError) as error:
                if not self._closed:
                    log.warning("a process without the right to count here was turned away: %s", error)
            except OSError as error:
                log.warning("other processes can count no more: %s", error)
                return
            else:
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: Connection) -> None:
        with connection:
            while not self._closed:
                try:
                    message: Any = json.loads(connection.recv_bytes(_LONGEST))
                    key, amount, text = message
                    self._counted(str(key), amount, text)
                except (EOFError, OSError):
                    return  # its process ended
                except (ValueError, TypeError) as error:
                    log.warning("a count that cannot be one was passed over: %s", error)
