"""The server behind `tallylight serve`: its socket, its signals, its application."""

from __future__ import annotations

import ipaddress
import logging
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import nullcontext, suppress
from importlib import import_module

import anyio
import typer
import uvicorn

from tallylight.cli.protocol import DirectProtocol
from tallylight.errors import BadParameters
from tallylight.services import Services, open_services
from tallylight.settings import Settings

#: Seconds that connections other than streams get to finish when the server stops.
GRACE = 1
#: Bytes of a connection's send buffer; Linux doubles it. Left to itself it grows to 4 MB, which every reader that takes
#: nothing would cost. With half of this it holds less than one segment of the loopback device, whose delayed
#: acknowledgements then make 10 MB take 5 s instead of 10 ms.
SEND_BUFFER = 64 << 10
#: Named as text: the command line and the web application know nothing of each other.
APPLICATION = "tallylight.web.app"


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM says to stop. Raises BadParameters for an address that cannot be used, and what
    `open_services` raises.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Only ours: at `info` the libraries tell much that helps nobody here.
    logging.getLogger("tallylight").setLevel(settings.log.upper())
    raise_descriptor_limit()
    with listen(settings.host, settings.port) as listening:
        anyio.run(_serve, settings, listening, backend_options={"use_uvloop": True})


async def _serve(settings: Settings, listening: socket.socket) -> None:
    # Opened here and not in the application's start-up, where uvicorn would answer a busy data folder by a traceback.
    async with open_services(settings, doing="serve", goes_on=True) as services:
        app = import_module(APPLICATION).create_app(settings, opening=lambda _settings: nullcontext(services))
        await Server(app, services, _url(listening)).serve(sockets=[listening])


class Server(uvicorn.Server):
    """uvicorn on our terms: it says where it is live, and being told to stop is no failure."""

    def __init__(self, app: Callable[..., object], services: Services, url: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=DirectProtocol,
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
        self._services = services
        self._url = url
        # uvicorn raises a signal again once it has stopped, for the handler of before: the default would kill.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._services.live_at(self._url)
        typer.echo(f"Tallylight is live at {self._url}  (Ctrl-C stops it)")


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
        # Set before listening: accepted connections inherit both (Linux).
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
