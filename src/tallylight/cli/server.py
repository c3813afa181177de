"""The server behind `tallylight serve`: its socket, its signals, its application."""

from __future__ import annotations

import ipaddress
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from importlib import import_module

import anyio
import typer
import uvicorn

from tallylight.cli.protocol import DirectProtocol
from tallylight.errors import BadParameters
from tallylight.services import Services, open_services
from tallylight.settings import Settings
from tallylight.token_file import link

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
        url = url_of(listening)
        token = await services.access.open()
        app = import_module(APPLICATION).create_app(settings, opening=lambda _settings: nullcontext(services))
        await Server(app, services, url, list(_greeting(settings, url, token))).serve(sockets=[listening])


def _greeting(settings: Settings, url: str, token: str) -> Iterator[str]:
    """What a person is told once requests are answered."""
    yield f"Tallylight is live at {url}  (Ctrl-C stops it)"
    if settings.public_url is not None:
        yield f"Through its proxy it is at {settings.public_url}"
    if token:
        yield f"Log in with {link(str(settings.public_url or f'{url}/'), token)}"
        yield "The token is not shown again: `tallylight token --rotate` makes another."
    elif settings.needs_token:
        yield "It asks for its token, which was made earlier: `tallylight token` tells when."


class Server(uvicorn.Server):
    """uvicorn on our terms: it says where it is live, and being told to stop is no failure."""

    def __init__(self, app: Callable[..., object], services: Services, url: str, greeting: Sequence[str]) -> None:
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
        self._greeting = greeting
        # uvicorn raises a signal again once it has stopped, for the handler of before: the default would kill.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._services.live_at(self._url)
        for line in self._greeting:
            typer.echo(line)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises BadParameters for one that is not here or a port that is taken."""
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


def raise_descriptor_limit() -> None:
    """Allow as many open files as this user may have: each reader is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS says unlimited and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def url_of(listening: socket.socket) -> str:
    """Where a browser finds it: of a socket that listens on every address, the one by which the machine is known."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = _outward(listening.family) or {"0.0.0.0": "127.0.0.1"}.get(host, "::1")  # noqa: S104 (compares)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _outward(family: int) -> str:
    """The machine's address on the way out; empty where there is no such way. Nothing is sent."""
    # An address for examples, which nobody has (RFC 5737, RFC 3849).
    elsewhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((elsewhere, 9))
        found: str = probe.getsockname()[0]
        return found
    return ""
