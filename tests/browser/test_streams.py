"""One tab and its stream, in every engine."""

from __future__ import annotations

from tests.browser import watch
from tests.browser.engines.contract import Profile
from tests.browser.proxy import Proxy
from tests.browser.serving import Server

LAST = "events[events.length - 1]"


def test_counts_move_while_files_are_read(profile: Profile, server: Server) -> None:
    session = watch.begun(server)
    tab = watch.opened(profile, server.url, session)
    for _ in range(3):
        watch.all_count([tab], server, session)
    server.engine.open()
    watch.counts(tab, 30)
    tab.until("document.getElementById('preview-title').checkVisibility()")


def test_the_page_resumes_a_lost_stream_from_its_last_position(profile: Profile, server: Server, proxy: Proxy) -> None:
    session = watch.begun(server)
    tab = watch.opened(profile, proxy.url, session)
    watch.all_count([tab], server, session)
    assert ["last_event_id=" in head for head in proxy.asked] == [False]

    proxy.cut()
    watch.says(tab, "LIVE")
    watch.all_count([tab], server, session)
    assert ["last_event_id=" in head for head in proxy.asked] == [False, True]


def test_a_plain_event_source_resumes_with_its_last_id_and_ends_at_204(
    profile: Profile, server: Server, proxy: Proxy
) -> None:
    session = watch.begun(server)
    tab = profile.tab()
    tab.go(f"{proxy.url}/static/lamp.svg")
    tab.run(
        f"(window.events = [], window.source = new EventSource('/api/ingest/stream/{session}'),"
        " source.onmessage = event => events.push(event), 0)"
    )
    files = watch.let_one_through(server, session)
    tab.until(f"events.length && JSON.parse({LAST}.data).processed_files === {files}")
    position = tab.run(f"{LAST}.lastEventId")

    proxy.cut()
    files = watch.let_one_through(server, session)
    tab.until(f"JSON.parse({LAST}.data).processed_files === {files}")
    assert _positions(proxy) == [None, position]

    # The server ends the stream, the browser comes back by itself, and is told that nothing more will come.
    server.engine.open()
    tab.until("source.readyState === EventSource.CLOSED")
    assert tab.run(f"JSON.parse({LAST}.data).status") == "completed"
    assert _positions(proxy) == [None, position, tab.run(f"{LAST}.lastEventId") + ".end"]


def _positions(proxy: Proxy) -> list[str | None]:
    """The header Last-Event-ID of each request for a stream."""
    heads = [dict(line.partition(": ")[::2] for line in head.splitlines()) for head in proxy.asked]
    return [{name.lower(): value for name, value in head.items()}.get("last-event-id") for head in heads]
