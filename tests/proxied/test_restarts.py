"""The proxy or the server goes away in the middle of a run and comes back: a reader resumes, and misses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.open_server import OpenServer
from tests.proxied.client import Arrivals, Follower
from tests.proxied.conftest import FILES, KINDS
from tests.proxies import Proxy, Variant


def restart_the_proxy(proxy: Proxy, _: OpenServer) -> None:
    proxy.restart()


def restart_the_server(_: Proxy, server: OpenServer) -> None:
    server.stop()
    server.start()


def kill_the_server(_: Proxy, server: OpenServer) -> None:
    server.kill()
    server.start()


def has_ended(arrivals: Arrivals) -> bool:
    return "end" in arrivals.names


@pytest.mark.parametrize("restart", [restart_the_proxy, restart_the_server, kill_the_server])
@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_resumes_with_its_last_id(
    kind: str, restart: Callable[[Proxy, OpenServer], None], slow_files: Path, tmp_path: Path
) -> None:
    server = OpenServer(slow_files, tmp_path / "data", "--public-url", "https://localhost/", "--trusted-proxy", "::1")
    proxy = KINDS[kind](server.address, Variant(), tmp_path / kind)
    with server:
        proxy.start()
        try:
            session_id = server.process()
            with Follower(server, proxy, f"/api/ingest/stream/{session_id}?outcomes=1") as follower:
                follower.until(lambda arrivals: arrivals.states and arrivals.states[-1]["processed_files"] >= 2)
                restart(proxy, server)
                arrivals = follower.until(has_ended)
        finally:
            proxy.stop()
        server.stop()
    assert len([status for status, _ in arrivals.answers if status == 200]) > 1, "it was cut, and came back"
    assert "reset" not in arrivals.names
    processed = [state["processed_files"] for state in arrivals.states]
    assert processed == sorted(processed)
    assert (arrivals.states[-1]["status"], processed[-1]) == ("completed", FILES)
    assert len(arrivals.outcomes()) == len(set(arrivals.outcomes())) == FILES, "each once"
