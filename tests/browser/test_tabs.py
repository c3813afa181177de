"""All tabs of a browser over one connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.proxy import Proxy
from tests.browser.serving import Server

COUNT = "#count-processed_files"
BADGE = "#connection-text"
LEADS = "() => window.tallylight.leads()"


@pytest.fixture
def elsewhere(server: Server, allowed_errors: list[str]) -> Iterator[Proxy]:
    """The server under a name that browsers do not take for this machine: no secure context, so no locks."""
    allowed_errors += ("Cross-Origin-Opener-Policy", "ERR_")
    proxy = Proxy(server.url, "tally.test")
    yield proxy
    proxy.close()


def fill(server: Server) -> None:
    for number in range(30):
        picture(server.root / f"gen_{number:03}.png", "lighthouse, fog")


def readers(server: Server) -> int:
    found: int = server.get("/healthz")["readers"]
    return found


def opened(context: BrowserContext, url: str, tabs: int) -> list[Page]:
    """So many more tabs, each one live."""
    pages = [context.new_page() for _ in range(tabs)]
    for page in pages:
        page.goto(url)
        expect(page.locator(BADGE)).to_have_text("LIVE")
    return pages


def leaders(pages: list[Page]) -> list[Page]:
    return [page for page in pages if page.evaluate(LEADS)]


def one_leads(pages: list[Page]) -> Page:
    """Wait until one of these leads, and return it."""
    for _ in range(200):
        if found := leaders(pages):
            assert len(found) == 1
            return found[0]
        pages[0].wait_for_timeout(50)
    raise AssertionError("none of the tabs took the lead")


def all_count(pages: list[Page], server: Server) -> None:
    """One more chunk is counted in every tab."""
    walk.one_more_chunk(pages[0], server)
    now = pages[0].locator(COUNT).inner_text()
    for page in pages[1:]:
        expect(page.locator(COUNT)).to_have_text(now)


def test_eight_tabs_stay_live_over_one_connection(context: BrowserContext, page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    # Seven streams of their own would be one more than a browser allows a server: the last tab would not load.
    pages = [page, *opened(context, page.url, 7)]
    all_count(pages, server)
    all_count(pages[::-1], server)
    assert len(leaders(pages)) == 1
    server.until(lambda: readers(server) == 1)
    for each in pages:
        expect(each.locator(BADGE)).to_have_text("LIVE")
    walk.finish(page, server)
    for each in pages:
        expect(each.get_by_role("heading", name="Ready to review")).to_be_visible()


def test_when_the_leader_is_closed_another_tab_goes_on(context: BrowserContext, page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    pages = [page, *opened(context, page.url, 2)]
    while len(pages) > 1:
        leader = one_leads(pages)
        pages.remove(leader)
        leader.close()
        one_leads(pages)
        all_count(pages, server)
        server.until(lambda: readers(server) == 1)


def test_a_leader_that_crashes_is_replaced(context: BrowserContext, page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    pages = [page, *opened(context, page.url, 1)]
    leader = one_leads(pages)
    pages.remove(leader)
    crash(leader)
    assert one_leads(pages) is pages[0]
    all_count(pages, server)


def crash(page: Page) -> None:
    """Kill the tab's process."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")


def test_a_leader_that_hangs_is_replaced_and_follows_when_it_wakes(
    context: BrowserContext, page: Page, server: Server
) -> None:
    """As one that is frozen: Chromium freezes no tab that is seen, and a headless one sees them all."""
    fill(server)
    walk.start(page, server)
    (second,) = opened(context, page.url, 1)
    assert one_leads([page, second]) is page
    page.evaluate("() => void setTimeout(() => { const wake = Date.now() + 7_000; while (Date.now() < wake); })")

    # Someone looks at the other tab, which asks, and gets no answer.
    show(second, hidden=False)
    second.wait_for_function(LEADS)
    walk.one_more_chunk(second, server)

    page.wait_for_function("() => !window.tallylight.leads()", timeout=15_000)
    all_count([page, second], server)
    server.until(lambda: readers(server) == 1)


def test_a_late_tab_is_told_everything_at_once(
    context: BrowserContext, page: Page, server: Server, allowed_errors: list[str]
) -> None:
    """By the leader: nothing of the server's own answers reaches it."""
    fill(server)
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    allowed_errors.append("ERR_FAILED")
    second = context.new_page()
    second.route(re.compile("/api/ingest/(status|stream|poll)"), lambda route: route.abort())
    second.goto(page.url)
    expect(second.locator(COUNT)).to_have_text(page.locator(COUNT).inner_text())
    expect(second.locator(BADGE)).to_have_text("LIVE")
    assert readers(server) == 1


def test_the_leader_asks_for_a_session_at_rest_that_another_tab_shows(
    context: BrowserContext, page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors.append("ERR_FAILED")
    fill(server)
    session = walk.start(page, server)
    walk.finish(page, server)
    page.goto(server.url)
    expect(page.locator(BADGE)).to_have_text("connected")
    second = context.new_page()
    second.route("**/api/ingest/status/*", lambda route: route.abort())
    with page.expect_request(f"**/api/ingest/stream?*session={session}*"):
        second.goto(f"{server.url}/sessions/{session}")
    expect(second.get_by_role("heading", name="Ready to review")).to_be_visible()
    server.until(lambda: readers(server) == 1)


def test_tabs_share_without_locks_too(context: BrowserContext, page: Page, server: Server, elsewhere: Proxy) -> None:
    fill(server)
    session = walk.start(page, server)
    page.close()
    pages = opened(context, f"{elsewhere.url}/sessions/{session}", 3)
    assert not pages[0].evaluate("() => isSecureContext")
    assert not pages[0].evaluate("() => 'locks' in navigator")
    all_count(pages, server)
    leader = one_leads(pages)
    server.until(lambda: readers(server) == 1)

    pages.remove(leader)
    leader.close()
    one_leads(pages)
    all_count(pages, server)
    server.until(lambda: readers(server) == 1)


def test_a_tab_that_can_reach_no_other_has_its_own_connection_while_it_is_seen(page: Page, server: Server) -> None:
    fill(server)
    page.add_init_script("delete globalThis.BroadcastChannel")
    walk.start(page, server)
    server.until(lambda: readers(server) == 1)
    show(page, hidden=True)
    server.until(lambda: readers(server) == 0)
    show(page, hidden=False)
    walk.one_more_chunk(page, server)
    expect(page.locator(BADGE)).to_have_text("LIVE")


def show(page: Page, *, hidden: bool) -> None:
    """What the page sees when its tab is covered by another; headless Chromium shows all tabs at once."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
            document.dispatchEvent(new Event('visibilitychange'))
        }""",
        hidden,
    )
