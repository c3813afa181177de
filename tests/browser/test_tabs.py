"""What is between tabs of a browser, where Chromium alone can be brought to it; test_sharing has the rest."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

COUNT = "#count-processed_files"
BADGE = "#connection-text"
LEADS = "() => window.tallylight.leads()"


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
