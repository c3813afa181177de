"""The doctor behind real proxies: those that are in order, and each misconfiguration with its cure."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from tests.browser.proxy import Proxy as HoldingProxy
from tests.open_server import OpenServer
from tests.proxies import BROKEN_NGINX, CADDY, NGINX, Caddy, Nginx, Proxy, Variant, nginx
from tests.serving import ALARM, TALLYLIGHT, Server

from tallylight.model import Json

P = TypeVar("P", bound=Proxy)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "root").mkdir()
    with Server(folder / "root", folder / "data") as server:
        yield server


def examined(url: str, *options: str, status: int) -> dict[str, list[Json]]:
    """What the doctor finds, by how bad it is."""
    command = [*TALLYLIGHT, "doctor", url, "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ALARM, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    found: dict[str, list[Json]] = {"good": [], "note": [], "trouble": []}
    for finding in json.loads(done.stdout)["findings"]:
        found[finding["level"]].append(finding)
    return found


def test_with_nothing_between(server: Server) -> None:
    found = examined(server.url, "--silence", "1", status=0)
    assert not found["trouble"]
    assert not found["note"]


@pytest.mark.parametrize("name", ["defaults", "gzip on", "proxy_buffering on", "proxy_buffering off"])
def test_nginx_in_order(server: Server, tmp_path: Path, name: str) -> None:
    with nginx(server.url, NGINX[name], tmp_path) as proxy:
        assert examined(proxy.url, "--silence", "1", status=0)["trouble"] == []


def test_an_nginx_that_gathers_but_does_not_compress_passes_on_what_it_has(server: Server, tmp_path: Path) -> None:
    """Against its reputation: with nothing more to read it does not wait."""
    with nginx(server.url, NGINX["ignores X-Accel-Buffering"], tmp_path) as proxy:
        assert examined(proxy.url, "--silence", "0", status=0)["trouble"] == []


def test_an_nginx_that_compresses_while_it_gathers(server: Server, tmp_path: Path) -> None:
    with nginx(server.url, BROKEN_NGINX["ignores X-Accel-Buffering, gzip on"], tmp_path) as proxy:
        (trouble,) = troubles(proxy, "compression")
    assert "held back where the client takes gzip" in trouble["what"]
    assert "one piece" in trouble["what"]
    assert "gzip_types" in trouble["cure"]


def test_something_that_holds_the_whole_stream_back(server: Server) -> None:
    antivirus = HoldingProxy(server.url)
    antivirus.hold_streams()
    try:
        found = examined(antivirus.url, "--silence", "0", status=1)["trouble"]
    finally:
        antivirus.close()
    assert {finding["about"] for finding in found} == {"buffering", "first"}


@pytest.mark.parametrize("kind", [Nginx, Caddy])
@pytest.mark.parametrize("name", ["deploy", "deploy, below a path"])
def test_the_site_files_are_in_order_and_speak_http_2(kind: type[Proxy], name: str, tmp_path: Path) -> None:
    with behind(kind, NGINX[name] if kind is Nginx else CADDY[name], tmp_path) as (server, proxy):
        trusted = ("--token", server.token, "--ca", str(proxy.ca), "--silence", "3")
        found = examined(proxy.url, *trusted, status=0)
        assert "Browsers use HTTP/2 here: any number of tabs." in [finding["what"] for finding in found["good"]]
        (trouble,) = examined(proxy.url, "--ca", str(proxy.ca), status=1)["trouble"]
        assert "token" in trouble["cure"]


def test_a_caddy_that_bears_no_silence(tmp_path: Path) -> None:
    impatient = Variant(site="bare", inner=("transport http {", "read_timeout 1s", "}"))
    with behind(Caddy, impatient, tmp_path) as (server, proxy):
        (trouble,) = troubles(proxy, "idle", "--silence", "4", "--token", server.token)
    assert "no read_timeout" in trouble["cure"]


@contextmanager
def behind(kind: type[P], variant: Variant, folder: Path) -> Iterator[tuple[OpenServer, P]]:
    """A server that knows the proxy in front of it, as Caddy, which always says whom it forwards for, needs it."""
    proxy = kind("http://127.0.0.1:1", variant, folder / "proxy")
    (folder / "root").mkdir()
    options = ("--public-url", f"{proxy.url}/", "--trusted-proxy", "127.0.0.1")
    with OpenServer(folder / "root", folder / "data", *options) as server:
        proxy.points_to(server.address)
        proxy.start()
        try:
            yield server, proxy
        finally:
            proxy.stop()


def test_an_nginx_that_bears_no_silence(server: Server, tmp_path: Path) -> None:
    with nginx(server.url, BROKEN_NGINX["read timeout of 1 s"], tmp_path) as proxy:
        (trouble,) = troubles(proxy, "idle", "--silence", "4")
    assert "cut after 1." in trouble["what"]
    assert "proxy_read_timeout 75s;" in trouble["cure"]


def test_a_proxy_whose_server_is_away(tmp_path: Path) -> None:
    with nginx("http://127.0.0.1:9", NGINX["defaults"], tmp_path) as proxy:
        (trouble,) = troubles(proxy, "reach")
    assert trouble["what"].startswith("A proxy answers that it cannot reach the server.")


def test_a_wrong_prefix(server: Server) -> None:
    (trouble,) = examined(f"{server.url}/tally", status=1)["trouble"]
    assert "path prefix" in trouble["cure"]


def test_nobody_there() -> None:
    (trouble,) = examined("http://127.0.0.1:9", status=1)["trouble"]
    assert "There was no answer" in trouble["what"]


@pytest.mark.parametrize("url", ["127.0.0.1:8710", "ftp://host", "x"])
def test_an_address_that_is_none(url: str) -> None:
    done = subprocess.run([*TALLYLIGHT, "doctor", url], capture_output=True, text=True, timeout=ALARM, check=False)
    assert done.returncode == 2
    assert "begins with http" in done.stderr


def test_certificates_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    command = [*TALLYLIGHT, "doctor", "https://localhost", "--ca", str(tmp_path / "ca.pem")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ALARM, check=False)
    assert done.returncode == 2
    assert "holds no certificates" in done.stderr


def test_for_people(server: Server) -> None:
    command = [*TALLYLIGHT, "doctor", server.url, "--silence", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ALARM, check=False)
    assert done.returncode == 0
    assert "ok       Events come one by one, as they are sent." in done.stdout


def troubles(proxy: Proxy, about: str, *options: str) -> list[Json]:
    found = examined(proxy.url, *(options or ("--silence", "0")), status=1)["trouble"]
    return [finding for finding in found if finding["about"] == about]
