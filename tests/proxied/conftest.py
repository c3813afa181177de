"""Servers and proxies as real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.open_server import OpenServer
from tests.proxies import CADDY, NGINX, Caddy, Nginx, Proxy, Variant
from tests.serving import many, slow_picture

#: Each takes a worker about half a second.
FILES = 9
KINDS: dict[str, type[Proxy]] = {"nginx": Nginx, "caddy": Caddy}
EACH = [("nginx", name) for name in NGINX] + [("caddy", name) for name in CADDY]

#: Starts a proxy of a kind in front of a server, for as long as the test runs.
Put = Callable[[str, Variant, str], Proxy]


@pytest.fixture(scope="session")
def slow_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slow")
    return many(slow_picture(folder), folder / "root", FILES)


@pytest.fixture
def put(tmp_path: Path) -> Iterator[Put]:
    with ExitStack() as stack:

        def put(kind: str, variant: Variant, server_url: str) -> Proxy:
            proxy = KINDS[kind](server_url, variant, tmp_path / kind)
            stack.callback(proxy.stop)
            proxy.start()
            return proxy

        yield put


@pytest.fixture(scope="module")
def server(slow_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenServer]:
    """One for all proxies of a module: each of them shows it under the name localhost, some below a path."""
    data = tmp_path_factory.mktemp("server") / "data"
    public = ("--public-url", "https://localhost/tally/", "--trusted-proxy", "127.0.0.1")
    with OpenServer(slow_files, data, *public) as server:
        yield server
        server.stop()
