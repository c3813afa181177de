"""Contenders as processes: started, told to publish, stopped."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stream_process import SERVER_CORE, line_of, pinned
from stream_source import Source

PYTHON_NAMES = ("floor", "tallylight", "tallylight-shared", "tallylight-patch", "sse-starlette", "fastapi.sse")
NCHAN = "nginx + nchan"
NAMES = (*PYTHON_NAMES, NCHAN)

_SERVER = Path(__file__).with_name("stream_server.py")
_MODULE = "lib/nginx/modules/ngx_nchan_module.so"
_STARTS_WITHIN_S = 10

_NGINX = """
load_module {module};
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/pid; error_log stderr error;
events {{ worker_connections 16000; }}
http {{
  access_log off; tcp_nodelay on; client_body_temp_path {folder}/body; nchan_shared_memory_size 64M;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location = / {{ nchan_subscriber eventsource; nchan_channel_id one; nchan_subscriber_first_message newest; }}
    location = /publish {{ nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 10; }}
  }}
}}
"""


class Running(Protocol):
    """A contender that serves."""

    @property
    def pid(self) -> int: ...

    @property
    def port(self) -> int: ...

    def publish(self, rate: float, updates: int) -> None:
        """Publish so many updates at so many a second; return after the last."""
        ...


@dataclass(frozen=True, slots=True)
class PythonServer:
    """Publishes by itself when asked to."""

    pid: int
    port: int

    def publish(self, rate: float, updates: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=updates / rate + 120)
        connection.request("GET", f"/publish?rate={rate}&updates={updates}")
        connection.getresponse().read()
        connection.close()


@dataclass(frozen=True, slots=True)
class Nginx:
    """Is published to over HTTP, from outside: that is how it is used, and not counted as its own time."""

    pid: int
    port: int

    def publish(self, rate: float, updates: int) -> None:
        source, start = Source("one"), time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        for number in range(updates):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            connection.request("POST", "/publish", json.dumps(source.next(), separators=(",", ":")))
            connection.getresponse().read()
        connection.close()


@dataclass(frozen=True, slots=True)
class Places:
    """Where the contenders that are no part of this project are."""

    folder: Path  #: temporary
    sse_starlette: Path | None  #: a folder to import it from
    nginx: Path | None  #: the prefix with sbin/nginx and the nchan module

    def missing(self, name: str) -> str:
        """Why a contender cannot be measured here; empty where it can."""
        if name == "sse-starlette" and self.sse_starlette is None:
            return "sse-starlette could not be installed"
        if name == NCHAN and self.nginx is None:
            return "nginx with its nchan module is not installed (Debian: libnginx-mod-nchan)"
        return ""


def install_sse_starlette(folder: Path) -> Path | None:
    """Install it for this run only: it must not become a dependency, for it patches uvicorn at import."""
    target = folder / "sse-starlette"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), "sse-starlette"]
    return target if subprocess.run(command, check=False).returncode == 0 else None


def find_nginx(prefix: Path) -> Path | None:
    """The prefix, where it holds both nginx and nchan."""
    return prefix if (prefix / "sbin/nginx").exists() and (prefix / _MODULE).exists() else None


@contextmanager
def serving(name: str, places: Places) -> Iterator[Running]:
    """Serve one contender while the context is open."""
    with _nginx(places) if name == NCHAN else _python(name, places) as running:
        yield running


@contextmanager
def _python(name: str, places: Places) -> Iterator[Running]:
    extra = {"PYTHONPATH": str(places.sse_starlette)} if name == "sse-starlette" else {}
    with pinned(SERVER_CORE, [sys.executable, str(_SERVER), name], extra) as process:
        yield PythonServer(process.pid, int(line_of(process)))


@contextmanager
def _nginx(places: Places) -> Iterator[Running]:
    assert places.nginx is not None
    folder, port = places.folder / "nginx", _free_port()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(module=places.nginx / _MODULE, folder=folder, port=port))
    with pinned(SERVER_CORE, [str(places.nginx / "sbin/nginx"), "-p", str(folder), "-c", str(settings)]) as process:
        _wait_for(port)
        yield Nginx(process.pid, port)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
