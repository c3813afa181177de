"""What the page says and keeps while the server cannot be reached."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

BADGE = "#connection-text"
#: What Chromium itself writes to the console when a server goes away.
GONE = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")


def come_back(page: Page, server: Server) -> None:
    """Start the server again and spare the test the pause that a stopping server asks pages to make."""
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")


def test_counts_stay_while_the_server_is_away_and_the_page_comes_back(
    page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors += GONE
    picture(server.root / "one.png", "fog")
    walk.start(page, server)
    walk.finish(page, server)
    before = walk.shown(page)
    expect(page.locator(BADGE)).to_have_text("connected")

    server.stop()
    expect(page.locator(BADGE)).to_have_text("reconnecting…")
    assert walk.shown(page) == before

    come_back(page, server)
    expect(page.locator(BADGE)).to_have_text("connected")
    assert walk.shown(page) == before


def test_a_session_that_a_stop_cut_off_goes_on(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors += GONE
    for number in range(6):
        picture(server.root / f"{number}.png", "fog")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    done = walk.shown(page)["processed_files"]

    server.stop()
    expect(page.locator(BADGE)).to_have_text("reconnecting…")
    come_back(page, server)

    expect(page.get_by_role("heading", name="Processing")).to_be_visible()
    assert walk.shown(page)["processed_files"] == done
    walk.finish(page, server)
    assert walk.shown(page)["processed_files"] == 6


def test_an_answer_that_ends_an_event_source_for_good_does_not_end_the_page(
    page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors.append("502")
    refused: list[str] = []

    def refuse_twice(route: Route) -> None:
        if len(refused) == 2:
            return route.fallback()
        refused.append(route.request.url)
        return route.fulfill(status=502, body="Bad gateway")

    page.route("**/api/ingest/stream?*", refuse_twice)
    page.goto(server.url)
    expect(page.locator(BADGE)).to_have_text("connected", timeout=10_000)
    assert len(refused) == 2
