"""A real server in a process of its own, and the few requests a benchmark makes of it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers; its workers are warm, for `serve` warms them before it listens."""

    port: int
    client: httpx.Client
    pid: int

    def start(self, folder: Path, **parameters: Any) -> str:
        """Begin a session over the folder; answers its id."""
        body = {"parameters": {"directory": str(folder), **parameters}}
        return str(self._post("/api/ingest/process", body)["session_id"])

    def commit(self, session_id: str) -> None:
        """Begin to commit a session."""
        self._post("/api/ingest/commit", {"session_id": session_id})

    def status(self, session_id: str) -> dict[str, Any]:
        """The session's newest message."""
        response = self.client.get(f"/api/ingest/status/{session_id}")
        response.raise_for_status()
        return dict(response.json())

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        if response.is_error:
            raise SystemExit(f"{path} answered {response.status_code}: {response.text}")
        return dict(response.json())


@contextmanager
def running(root: Path, data: Path, jobs: int) -> Iterator[Server]:
    """Serve `root` while the context is open."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("tallylight")), "serve", "--root", str(root), "--data", str(data)]
    with launched([*command, "--port", str(port), "--jobs", str(jobs)], port, data.with_suffix(".log")) as server:
        yield server


@contextmanager
def launched(command: Sequence[str], port: int, log: Path) -> Iterator[Server]:
    """Run a command that serves on `port` while the context is open."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait(client, process, log)
                yield Server(port, client, process.pid)
        finally:
            process.terminate()
            process.wait(_STOPS_WITHIN_S)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"The server did not start: {log.read_text()}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
