"""`tallylight serve`: the page and the API for this machine."""

from __future__ import annotations

import ipaddress
import logging
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from tallylight.cli import options
from tallylight.errors import BadParameters
from tallylight.services import Services
from tallylight.settings import Settings

#: Seconds that connections other than streams get to finish when the server stops.
GRACE = 1
#: Named as text: the command line and the web application know nothing of each other.
APPLICATION = "tallylight.web.app"


def serve(
    root: Annotated[list[Path], typer.Option("--root", metavar="DIR", help="A folder that may be read; repeatable.")],
    data: options.Data = None,
    host: options.Host = None,
    port: options.Port = None,
    jobs: options.Jobs = None,
) -> None:
    """Serve the page at http://127.0.0.1:8710. Ctrl-C stops it; sessions and catalog stay in the data folder."""
    run(options.settings(roots=tuple(root), data=data, host=host, port=port, jobs=jobs))


def run(settings: Settings) -> None:
    """Serve until a signal says to stop. Raises BadParameters for an address that cannot be used."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    raise_descriptor_limit()
    listening = listen(settings.host, settings.port)
    address = listening.getsockname()
    url = f"http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}"
    server = Server()
    app = import_module(APPLICATION).create_app(settings, ready=lambda services: _ready(server, services, url))
    server.serve_app(app, listening)


class Server(uvicorn.Server):
    """uvicorn, but a stop ends the streams first: by itself it waits for open responses, and a stream never ends."""

    def __init__(self) -> None:
        self.end_streams: Callable[[], None] = lambda: None

    def serve_app(self, app: Callable[..., object], listening: socket.socket) -> None:
        """Serve on a listening socket until SIGINT or SIGTERM."""
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="on",
                ws="none",
                server_header=False,
                # The doors judge forwarding headers; here they would rewrite the request before that.
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        # uvicorn raises the signal again once it has stopped; for a server that is no failure.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stopped)
        super().run(sockets=[listening])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.end_streams()
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a loopback address. Raises BadParameters for another address or a port that is taken."""
    if not is_loopback(host):
        raise BadParameters(
            f"--host {host} is not a loopback address, and this server has no token to guard it; use 127.0.0.1."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise BadParameters(
            f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port (0 takes a free one)."
        ) from error
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


def raise_descriptor_limit() -> None:
    """Allow as many open files as this user may have: each reader is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS says unlimited and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _ready(server: Server, services: Services, url: str) -> None:
    server.end_streams = services.hub.close_soon
    services.lock.tell(url)
    typer.echo(f"Tallylight is live at {url}  (Ctrl-C stops it)")


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    """Stopped by a signal, as servers are."""
