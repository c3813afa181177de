"""nginx and Caddy as people run them in front of a server: the files of `deploy/`, and what goes wrong in others.

Each is a process of its own with everything it writes in a folder of the test; the machine's service is left alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn, TypeVar

import httpx
import pytest
from tests.ports import free_port

from tallylight.clock import SystemClock

ROOT: Final = Path(__file__).parent.parent
DEPLOY: Final = ROOT / "deploy"
#: Seconds after which a proxy that does not start has failed.
ALARM: Final = 20.0
PREFIX: Final = "/tally"

Site = Literal["deploy", "prefix", "bare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a proxy is set up."""

    #: `deploy`: the files of deploy/, at a name of its own, over TLS and HTTP/2. `prefix`: the same below /tally/.
    #: `bare`: nothing but "pass everything on", over plain HTTP.
    site: Site = "deploy"
    #: nginx: lines of the `http` block. Caddy: lines of the site's block.
    lines: tuple[str, ...] = ()
    #: Lines for the place that passes requests on: nginx's `location`, Caddy's `reverse_proxy`. Only for `bare`.
    inner: tuple[str, ...] = ()
    #: nginx's, in place of the one that deploy/ has.
    read_timeout: str = "60s"

    @property
    def prefix(self) -> str:
        """Below which path Tallylight is found."""
        return PREFIX if self.site == "prefix" else ""


#: Compresses whatever there is, however small.
GZIP_ALL: Final = ("gzip on;", "gzip_types *;", "gzip_min_length 0;", "gzip_proxied any;", "gzip_http_version 1.0;")
#: By name: what the tests put a server behind. Those of `bare` are what people have who do not know `deploy/`.
NGINX: Final[Mapping[str, Variant]] = {
    "deploy": Variant(),
    "deploy, gzip on": Variant(lines=GZIP_ALL),
    "deploy, below a path": Variant(site="prefix"),
    "defaults": Variant(site="bare"),
    "gzip on": Variant(site="bare", lines=GZIP_ALL),
    "proxy_buffering on": Variant(site="bare", lines=("proxy_buffering on;",)),
    "proxy_buffering off": Variant(site="bare", lines=("proxy_buffering off;",)),
    # What comes in chunks it passes on all the same.
    "ignores X-Accel-Buffering": Variant(site="bare", lines=("proxy_ignore_headers X-Accel-Buffering;",)),
    "ignores X-Accel-Buffering, with gzip on": Variant(
        site="bare", lines=("proxy_ignore_headers X-Accel-Buffering;", *GZIP_ALL)
    ),
}
CADDY: Final[Mapping[str, Variant]] = {
    "deploy": Variant(),
    "deploy, gzip on": Variant(lines=("encode gzip zstd",)),
    "deploy, below a path": Variant(site="prefix"),
    "defaults": Variant(site="bare"),
    "gzip on": Variant(site="bare", lines=("encode gzip",)),
}
#: What no stream can pass, or not for long: each with what is wrong with it.
BROKEN_NGINX: Final[Mapping[str, Variant]] = {
    # Both defences of a stream undone.
    "ignores X-Accel-Buffering, gzip on": Variant(
        site="bare",
        lines=("proxy_ignore_headers X-Accel-Buffering;", "proxy_hide_header Content-Encoding;", *GZIP_ALL),
    ),
    "read timeout of 1 s": Variant(site="bare", lines=("proxy_read_timeout 1s;",)),
}


class Proxy:
    """A proxy in front of a server. Runs from `start` until `stop`; may be started again, at the same address."""

    program: str
    package: str

    def __init__(self, server_url: str, variant: Variant, folder: Path, port: int = 0) -> None:
        self.server_url = server_url
        self.variant = variant
        self.folder = folder
        self.port = port or free_port()
        self._plain_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._configure()

    @property
    def url(self) -> str:
        """Where Tallylight is found through it, without a slash at the end."""
        scheme = "http" if self.variant.site == "bare" else "https"
        return f"{scheme}://localhost:{self.port}{self.variant.prefix}"

    @property
    def ca(self) -> Path | None:
        """The certificate that a client has to trust; None over plain HTTP."""
        return None if self.variant.site == "bare" else self._ca()

    def trust(self) -> ssl.SSLContext:
        """What a client verifies the proxy with."""
        return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)

    def client(self) -> httpx.Client:
        """One that verifies it, speaks HTTP/2 where it can and keeps cookies."""
        return httpx.Client(http2=True, verify=self.trust(), timeout=ALARM)

    def points_to(self, server_url: str) -> None:
        """The server is somewhere else from the next start on."""
        self.server_url = server_url
        self._configure()

    def start(self) -> None:
        """Return once it accepts connections."""
        log = (self.folder / "output.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                self._command(), env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = SystemClock().monotonic() + ALARM
        while not self._answers():
            if self._process.poll() is not None or SystemClock().monotonic() > deadline:
                pytest.fail(f"{self.program} did not start:\n{(self.folder / 'output.log').read_text()}")
            threading.Event().wait(0.02)

    def stop(self) -> None:
        """End it and all of its connections at once."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(ALARM)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(ALARM)
            self._process = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), ALARM) as connection:
                if self.ca is None:
                    return True
                # Caddy listens before it has a certificate to show.
                with self.trust().wrap_socket(connection, server_hostname="localhost"):
                    return True
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _configure(self) -> None:
        raise NotImplementedError

    def _ca(self) -> Path:
        raise NotImplementedError


P = TypeVar("P", bound=Proxy)


class Nginx(Proxy):
    """The nginx of the system's packages."""

    program = "nginx"
    package = "nginx-light"

    def _command(self) -> list[str]:
        where = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        return [found("nginx", self.package), *where, "-g", "daemon off;"]

    def _ca(self) -> Path:
        return self.folder / "certificate.pem"

    def _configure(self) -> None:
        if self.variant.site != "bare" and not self._ca().exists():
            make_certificate(self._ca(), self.folder / "key.pem")
        told = (DEPLOY / "nginx" / "tallylight-proxy.conf").read_text()
        timeout = f"proxy_read_timeout {self.variant.read_timeout};"
        (self.folder / "tallylight-proxy.conf").write_text(changed(told, {"proxy_read_timeout 60s;": timeout}))
        # A test of root's lies in a folder that nobody else may enter.
        user = "user root;" if os.geteuid() == 0 else ""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n    ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)
        (self.folder / "nginx.conf").write_text(
            f"""{user}
worker_processes 1;
pid {self.folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    {temporary}
    {" ".join(self.variant.lines)}
    include site.conf;
}}
"""
        )
        (self.folder / "site.conf").write_text(self._site())

    def _site(self) -> str:
        upstream = self.server_url.removeprefix("http://")
        if self.variant.site == "bare":
            inner = " ".join(self.variant.inner)
            location = f"location / {{ proxy_pass {self.server_url}; {inner} }}"
            return f"server {{ listen 127.0.0.1:{self.port}; {location} }}\n"
        site = (DEPLOY / "nginx" / "tallylight.conf").read_text()
        if self.variant.site == "prefix":
            prefix = (DEPLOY / "nginx" / "tallylight-prefix.conf").read_text()
            (self.folder / "tallylight-prefix.conf").write_text(changed(prefix, {"127.0.0.1:8710": upstream}))
            own = site[site.index("    location /") : site.rindex("}")]
            site = changed(site, {own: "    include tallylight-prefix.conf;\n"})
        return changed(
            site,
            {
                "server 127.0.0.1:8710;": f"server {upstream};",
                "listen 80;": f"listen 127.0.0.1:{self._plain_port};",
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "pics.example;": "localhost;",
                "/etc/ssl/certs/pics.example.pem": str(self._ca()),
                "/etc/ssl/private/pics.example.key": str(self.folder / "key.pem"),
            },
        )


class Caddy(Proxy):
    """The Caddy of the system's packages. Its certificate comes from an authority of its own."""

    program = "caddy"
    package = "caddy"

    def _command(self) -> list[str]:
        return [found("caddy", self.package), "run", "--adapter", "caddyfile", "--config", str(self.folder / "main")]

    def _environment(self) -> dict[str, str]:
        folders = {name: str(self.folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        upstream, origin = self.server_url.removeprefix("http://"), self.url.removesuffix(PREFIX)
        return os.environ | folders | {"TALLYLIGHT_SITE": origin, "TALLYLIGHT_UPSTREAM": upstream}

    def _ca(self) -> Path:
        return self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def _configure(self) -> None:
        plain, tls = self._plain_port, self.port
        if self.variant.site == "bare":
            plain, tls = tls, plain
        (self.folder / "main").write_text(
            f"""{{
    admin off
    auto_https disable_redirects
    local_certs
    skip_install_trust
    http_port {plain}
    https_port {tls}
    servers {{
        protocols h1 h2
    }}
}}
{self._site()}"""
        )

    def _site(self) -> str:
        lines = "\n    ".join(self.variant.lines)
        if self.variant.site == "bare":
            inner = "\n        ".join(self.variant.inner)
            block = f"reverse_proxy {self.server_url} {{\n        {inner}\n    }}" if inner else ""
            return f"{self.url} {{\n    {lines}\n    {block or f'reverse_proxy {self.server_url}'}\n}}\n"
        for name in ("Caddyfile", "tallylight.caddy"):
            shutil.copy(DEPLOY / "caddy" / name, self.folder)
        site, own = self.folder / "Caddyfile", "\timport tallylight.caddy\n"
        mine = f"\thandle {PREFIX}* {{\n\t{own}\t}}\n" if self.variant.site == "prefix" else own
        site.write_text(changed(site.read_text(), {f"{own}}}": f"\t{lines}\n{mine}}}"}))
        return "import Caddyfile\n"


@contextmanager
def nginx(server_url: str, variant: Variant, folder: Path, port: int = 0) -> Iterator[Nginx]:
    """nginx in front of a server, for as long as the context is open."""
    with _running(Nginx(server_url, variant, folder / "nginx", port)) as proxy:
        yield proxy


@contextmanager
def caddy(server_url: str, variant: Variant, folder: Path, port: int = 0) -> Iterator[Caddy]:
    """Caddy in front of a server, for as long as the context is open."""
    with _running(Caddy(server_url, variant, folder / "caddy", port)) as proxy:
        yield proxy


@contextmanager
def _running(proxy: P) -> Iterator[P]:
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()


def found(program: str, package: str) -> str:
    """Where a program is. Skips the test where there is none, or fails it with TALLYLIGHT_REQUIRE_PROXIES=1."""
    # Debian puts nginx where the path of a plain user does not lead.
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    return path or go_without(f"{program} was not found: install it (Debian: apt install {package})")


def go_without(reason: str) -> NoReturn:
    """Skip the test for want of a proxy, or fail it where none may be missing."""
    if os.environ.get("TALLYLIGHT_REQUIRE_PROXIES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def make_certificate(certificate: Path, key: Path) -> None:
    """A certificate of localhost that only those trust who are told to."""
    names = "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1"
    subprocess.run(
        [
            *(found("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )


def changed(text: str, changes: Mapping[str, str]) -> str:
    """The text with each of these replaced; each has to be there, or the file of deploy/ and the test have parted."""
    for before, after in changes.items():
        assert before in text, f"{before!r} is not in:\n{text}"
        text = text.replace(before, after)
    return text
