"""One connection for all tabs, in every engine, under a name that is this machine's own and under one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.browser import watch
from tests.browser.engines.contract import Engine, Profile, Tab
from tests.browser.proxy import Proxy
from tests.browser.serving import Server


@dataclass(frozen=True)
class Place:
    """Where tabs are opened, and with what."""

    profile: Profile
    proxy: Proxy

    @property
    def has_locks(self) -> bool:
        """Only a secure context does, and without https that is this machine."""
        return "127.0.0.1" in self.proxy.url

    def opened(self, session: str, tabs: int) -> list[Tab]:
        return [watch.opened(self.profile, self.proxy.url, session) for _ in range(tabs)]


@pytest.fixture(params=["127.0.0.1", "tally.test"])
def place(request: pytest.FixtureRequest, engine: Engine, server: Server) -> Iterator[Place]:
    """A loopback address, and a name that browsers take for another machine: no secure context, so no locks."""
    proxy = Proxy(server.url, request.param)
    with engine.profile(proxy if request.param == "tally.test" else None) as profile:
        yield Place(profile, proxy)
    proxy.close()


def one_leads(tabs: list[Tab]) -> Tab:
    """Wait until one of these leads, and return it."""
    for _ in range(200):
        if leaders := [tab for tab in tabs if tab.run(watch.LEADS)]:
            assert len(leaders) == 1
            return leaders[0]
        tabs[0].pause(50)
    raise AssertionError("none of the tabs took the lead")


def test_eight_tabs_stay_live_over_one_connection(profile: Profile, server: Server) -> None:
    session = watch.begun(server)
    # Streams of their own would be more than a browser allows a server.
    tabs = [watch.opened(profile, server.url, session) for _ in range(8)]
    watch.all_count(tabs, server, session)
    watch.all_count(tabs[::-1], server, session)
    one_leads(tabs)
    assert watch.readers(server) == 1
    server.engine.open()
    for tab in tabs:
        watch.counts(tab, 30)
        watch.says(tab, "connected")


def test_a_leader_that_is_closed_is_replaced(place: Place, server: Server) -> None:
    session = watch.begun(server)
    tabs = place.opened(session, 3)
    assert tabs[0].run("'locks' in navigator") == place.has_locks
    while len(tabs) > 1:
        leader = one_leads(tabs)
        tabs.remove(leader)
        leader.close()
        one_leads(tabs)
        watch.all_count(tabs, server, session)
        watch.wait(tabs[0], lambda: watch.readers(server) == 1)


def test_a_leader_that_is_killed_is_replaced(engine: Engine, place: Place, server: Server) -> None:
    session = watch.begun(server)
    leader, follower = place.opened(session, 2)
    assert one_leads([leader, follower]) is leader
    leader.kill()
    watch.wait(follower, lambda: ["last_event_id=" in head for head in place.proxy.asked] == [False, True])
    watch.wait(follower, lambda: watch.readers(server) == 1)
    if engine.outlives_kills:
        watch.all_count([follower], server, session)


def test_a_late_tab_is_told_everything_at_once_by_the_leader(place: Place, server: Server) -> None:
    session = watch.begun(server)
    (first,) = place.opened(session, 1)
    watch.all_count([first], server, session)
    # Nothing of the server's own answers reaches the second tab.
    place.proxy.swallow("/api/ingest/(status|stream|poll)")
    (second,) = place.opened(session, 1)
    assert second.run(watch.COUNT) == first.run(watch.COUNT)
    assert watch.readers(server) == 1
