"""Ports for programs that cannot say which one they were given."""

from __future__ import annotations

import errno
import secrets
import socket
from typing import Final

#: Below what ports of connections are picked from: 32768 and up on Linux, 49152 and up elsewhere.
LISTENED_ON: Final = range(15_000, 32_000)


def free_port() -> int:
    """A port that nobody listens on, just now, and that no connection is given before somebody does.

    One that the system picks is of the range it picks those of connections from: on a busy machine a connection has it
    by the time a program wants to listen there, and that ends with "address already in use".
    """
    while True:
        port = secrets.choice(LISTENED_ON)
        try:
            with socket.create_server(("", port)):
                return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
