"""Pages that are left, returned to, covered and looked at again, in every engine."""

from __future__ import annotations

import pytest
from tests.browser import watch
from tests.browser.engines.contract import Engine, Profile
from tests.browser.serving import Server

#: What a page sees when its tab is covered by another, and when it is looked at again.
SHOW = """(Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }}),
    document.dispatchEvent(new Event('visibilitychange')))"""


def test_a_page_lets_go_when_it_is_left_and_is_up_to_date_when_it_is_back(
    engine: Engine, profile: Profile, server: Server
) -> None:
    session = watch.begun(server)
    tab = watch.opened(profile, server.url, session)
    tab.run("window.isTheSame = true")
    tab.go(f"{server.url}/static/lamp.svg")
    watch.wait(tab, lambda: watch.readers(server) == 0)
    files = watch.let_one_through(server, session)

    tab.back()
    tab.until("document.getElementById('connection-text')")
    watch.counts(tab, files)
    watch.says(tab, "LIVE")
    # Else it was loaded anew.
    assert tab.run("window.isTheSame === true") == engine.keeps_busy_pages
    watch.all_count([tab], server, session)
    watch.wait(tab, lambda: watch.readers(server) == 1)


@pytest.mark.parametrize("event", ["online", "visibilitychange"])
def test_a_page_that_waits_tries_again_at_once(profile: Profile, server: Server, event: str) -> None:
    server.stop()
    server.start(live="stream")
    session = watch.begun(server)
    tab = watch.opened(profile, server.url, session)
    # Pauses of minutes: it would not come back in time by itself.
    tab.run("(Math.random = () => 100, 0)")
    server.stop()
    watch.says(tab, "reconnecting…")
    server.start(live="stream")
    tab.run("dispatchEvent(new Event('online'))" if event == "online" else SHOW.format(hidden="false"))
    # The session goes on with the server that is back.
    watch.says(tab, "LIVE")
