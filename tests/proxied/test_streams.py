"""What of a stream comes through each proxy: all of it, at once, and for as long as it takes."""

from __future__ import annotations

import statistics

import httpx
import pytest
from tests.open_server import HEARTBEAT, OpenServer
from tests.proxied.client import Arrivals, Follower
from tests.proxied.conftest import EACH, FILES, Put
from tests.proxies import BROKEN_NGINX, CADDY, NGINX, Proxy, Variant

VARIANTS = {"nginx": NGINX, "caddy": CADDY}
#: Seconds of lag that a held back stream of this length would exceed by far.
PROMPT = 1.0


def has_ended(arrivals: Arrivals) -> bool:
    return "end" in arrivals.names


@pytest.mark.parametrize(("kind", "name"), EACH, ids=str)
def test_every_event_comes_at_once_and_nothing_is_cut(kind: str, name: str, server: OpenServer, put: Put) -> None:
    proxy = put(kind, VARIANTS[kind][name], server.address)
    session_id = server.process(skip_existing=False)
    path = f"/api/ingest/stream/{session_id}"
    plain = Follower(server, proxy, f"{path}?outcomes=1")
    # What the page asks for: patches, which the server compresses itself.
    packed = Follower(server, proxy, f"{path}?patch=1", {"Accept-Encoding": "gzip"})
    with plain, packed:
        first = plain.until(lambda arrivals: arrivals.states).states[0]
        packed.until(lambda arrivals: arrivals.states)
        assert first["processed_files"] < FILES, "told while the work goes on"
        plain.until(has_ended)
        packed.until(has_ended)
    arrivals = plain.arrivals
    assert statistics.median(arrivals.lags()) < PROMPT
    told_at = {state["processed_files"]: at for at, state in _timed(arrivals)}
    assert len(told_at) > 3, "one after the other"
    assert max(told_at.values()) - min(told_at.values()) > PROMPT, "spaced as they happened"
    assert arrivals.states[-1] == server.get(f"/api/ingest/status/{session_id}")
    assert (arrivals.states[-1]["status"], arrivals.states[-1]["progress"]) == ("completed", 100)
    assert len(arrivals.outcomes()) == len(set(arrivals.outcomes())) == FILES
    assert arrivals.headers["content-type"].startswith("text/event-stream")
    version = "HTTP/1.1" if VARIANTS[kind][name].site == "bare" else "HTTP/2"
    assert arrivals.answers == [(200, version)], "one connection from the first event to the last"
    assert packed.arrivals.headers["content-encoding"] == "gzip"
    assert packed.arrivals.names.count("patch") > 2
    _the_end_is_the_end(server, proxy, path, arrivals)
    _other_answers_are_whole(server, proxy, session_id)


def _timed(arrivals: Arrivals) -> list[tuple[float, dict[str, int]]]:
    times = [at for at, event in arrivals.events if event.name == "message"]
    return list(zip(times, arrivals.states, strict=True))


def _the_end_is_the_end(server: OpenServer, proxy: Proxy, path: str, arrivals: Arrivals) -> None:
    """204 passes, which tells an EventSource never to come back."""
    (last,) = [event.id for _, event in arrivals.events if event.name == "end"]
    with Follower(server, proxy, path, {"Last-Event-ID": last}) as again:
        again.until(lambda told: told.answers and told.answers[-1][0] == 204)
    assert again.arrivals.events == []


def _other_answers_are_whole(server: OpenServer, proxy: Proxy, session_id: str) -> None:
    for path in ("/openapi.json", "/static/app.js", f"/api/ingest/items/{session_id}"):
        with proxy.client() as client, httpx.Client() as direct:
            through = client.get(proxy.url + path, headers=server.headers())
            straight = direct.get(server.address + path, headers=server.headers())
        assert (through.status_code, through.content) == (200, straight.content)


#: Longer than a heartbeat, and much shorter than the stream is silent.
READ_TIMEOUT = 2.5 * HEARTBEAT
SHORT = {
    "nginx, deploy": ("nginx", Variant(read_timeout=f"{READ_TIMEOUT:.0f}s")),
    "nginx": ("nginx", Variant(site="bare", lines=(f"proxy_read_timeout {READ_TIMEOUT:.0f}s;",))),
    "caddy": ("caddy", Variant(site="bare", inner=("transport http {", f"read_timeout {READ_TIMEOUT:.0f}s", "}"))),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_stream_that_has_nothing_to_tell_outlives_the_read_timeout(name: str, server: OpenServer, put: Put) -> None:
    """Of 60 s by default, with a heartbeat every 10 s; here both are shorter."""
    kind, variant = SHORT[name]
    proxy = put(kind, variant, server.address)
    with Follower(server, proxy, "/api/ingest/stream") as shared:
        beats = round(2 * READ_TIMEOUT / HEARTBEAT) + 1
        arrivals = shared.until(lambda told: told.names.count("heartbeat") > beats)
        assert arrivals.events[-1][0] - arrivals.events[0][0] > READ_TIMEOUT
        session_id = server.process(max_files=0)
        shared.until(lambda told: any(state["session_id"] == session_id for state in told.states))
        assert len(shared.arrivals.answers) == 1, "the one connection"


def test_a_read_timeout_below_the_heartbeat_cuts_it(server: OpenServer, put: Put) -> None:
    """Shows that the timeouts of the test before are heeded, and what a client makes of it: it comes back."""
    proxy = put("nginx", BROKEN_NGINX["read timeout of 1 s"], server.address)
    with Follower(server, proxy, "/api/ingest/stream") as shared:
        shared.until(lambda told: len(told.answers) > 2)
    assert "bye" not in shared.arrivals.names


def test_a_proxy_that_compresses_and_ignores_the_header_holds_events_back(server: OpenServer, put: Put) -> None:
    """Shows that the other tests would notice."""
    proxy = put("nginx", BROKEN_NGINX["ignores X-Accel-Buffering, gzip on"], server.address)
    session_id = server.process(skip_existing=False)
    with Follower(server, proxy, f"/api/ingest/stream/{session_id}") as held:
        held.until(has_ended)
    assert max(held.arrivals.lags()) > PROMPT
    times = [at for at, _ in held.arrivals.events]
    assert times[-1] - times[0] < PROMPT, "all at the end"
