"""Servers and links that are away for a while, in every engine."""

from __future__ import annotations

import pytest
from tests.browser import watch
from tests.browser.engines.contract import Profile
from tests.browser.proxy import Proxy
from tests.browser.serving import Server


def test_a_proxy_that_answers_502_and_503_during_a_restart_is_outlasted(
    profile: Profile, server: Server, proxy: Proxy
) -> None:
    session = watch.begun(server)
    tab = watch.opened(profile, proxy.url, session)
    before = tab.run(watch.COUNT)
    for status in (502, 503):
        proxy.refuse(status)
        so_far = proxy.refused
        while proxy.refused == so_far:
            tab.pause(50)
        assert tab.run(watch.COUNT) == before
    watch.says(tab, "reconnecting…")
    proxy.accept()
    watch.says(tab, "LIVE")
    watch.all_count([tab], server, session)


def test_a_server_that_is_down_for_four_seconds_is_found_again(profiles: list[Profile], server: Server) -> None:
    session = watch.begun(server)
    tabs = [watch.opened(profile, server.url, session) for profile in profiles]
    server.engine.open()
    for tab in tabs:
        watch.says(tab, "connected")
    server.stop()
    for tab in tabs:
        watch.says(tab, "reconnecting…")
    tabs[0].pause(4_000)
    server.start()
    for tab in tabs:
        watch.says(tab, "connected")
        watch.counts(tab, 30)


@pytest.mark.timeout(120)
def test_a_link_that_is_cut_for_twenty_seconds_is_mended(profiles: list[Profile], server: Server, proxy: Proxy) -> None:
    session = watch.begun(server)
    tabs = [watch.opened(profile, proxy.url, session) for profile in profiles]
    proxy.silence()
    files = watch.let_one_through(server, session)
    tabs[0].pause(20_000)
    proxy.mend()
    for tab in tabs:
        watch.counts(tab, files)
        watch.says(tab, "LIVE")
    watch.all_count(tabs, server, session)
