"""A peer that dies without a word: nothing comes from it any more, not even an acknowledgement."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import ALARM, Server

#: Runs what follows in a network of its own, which has a loopback device and no way to anywhere.
_APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up || exit 99; exec "$@"', "sh")
PEER = "127.0.0.2"


class Apart(Server):
    """A server in that network, which only processes that enter it can reach."""

    def inside(self, *command: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    def run(self, *command: str) -> str:
        ran = subprocess.run(self.inside(*command), capture_output=True, text=True, timeout=ALARM, check=True)
        return ran.stdout

    def stats(self) -> Any:
        return json.loads(self.run("curl", "--silent", f"{self.url}/api/ingest/stream-stats"))

    def sockets(self) -> int:
        """Connections that it has open."""
        return len(self.run("ss", "-tnH", "state", "established", f"sport = :{self.port}").splitlines())

    def follow(self, address: str) -> subprocess.Popen[str]:
        """A reader that has had the first line of its stream, and comes from this address."""
        url = f"{self.url}/api/ingest/stream"
        command = self.inside("curl", "--silent", "--no-buffer", "--interface", address, url)
        reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert reader.stdout is not None
        assert reader.stdout.readline().startswith("retry:")
        return reader


@pytest.fixture
def server(crowded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apart]:
    if os.geteuid() != 0:
        pytest.skip("only root may cut a network of its own")
    if missing := [name for name in ("unshare", "nsenter", "ip", "ss", "curl") if shutil.which(name) is None]:
        pytest.skip(f"needed to cut a network: {', '.join(missing)}")
    if subprocess.run([*_APART, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network of its own can be had here")
    monkeypatch.setenv("TALLYLIGHT_READER_DEADLINE", "1")
    with Apart(crowded, tmp_path / "data", prefix=_APART) as server:
        yield server


def test_a_peer_that_is_cut_off_is_noticed_and_its_connection_freed(server: Apart) -> None:
    alive, dead = server.follow("127.0.0.1"), server.follow(PEER)
    try:
        before = server.stats()
        assert (before["readers"]["shared"], server.sockets()) == (2, 2)
        server.run("ip", "route", "add", "blackhole", f"{PEER}/32", "table", "local")
        asked = json.dumps({"parameters": {"directory": str(server.root)}})
        header = "Content-Type: application/json"
        server.run(
            "curl", "--silent", "--fail", "--header", header, "--data", asked, f"{server.url}/api/ingest/process"
        )
        assert alive.stdout is not None
        while server.stats()["readers"]["shared"] == 2:
            assert alive.stdout.readline(), "the other's stream goes on"
        assert server.sockets() == 1
        assert server.stats()["ended"] == {**before["ended"], "stalled": 1}
    finally:
        for reader in (alive, dead):
            reader.kill()
            reader.communicate()
