"""Every view fits a phone and a desk at 200 % zoom: nothing scrolls sideways or is cut off, and all can be hit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import room, tour
from tests.browser.serving import Server
from tests.browser.told import tell

from tallylight.model import Status
from tallylight.web.texts import LANGUAGES

#: A small phone; 1280 × 800 at 200 %; and a desk.
SIZES = ((360, 640), (640, 400), (1280, 900))


@pytest.fixture
def allowed_errors() -> list[str]:
    return [*tour.EXPECTED]


@pytest.mark.parametrize("part", tour.PARTS)
def test_everything_fits_and_can_be_hit(page: Page, server: Server, part: str) -> None:
    found = [
        f"{state}, {sentence}"
        for state in tour.PARTS[part](page, server)
        for size in SIZES
        for sentence in room.lacking(page, *size)
    ]
    assert not found, "\n".join(found)


def test_what_is_too_wide_too_small_or_cut_off_would_be_found(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.evaluate("document.getElementById('main').style.width = '50rem'")
    page.evaluate("document.getElementById('configure-title').style = 'height: 0.5rem; overflow: hidden'")
    page.evaluate(
        "document.querySelectorAll('.languages a').forEach((each) => (each.style = 'font-size: 2px; line-height: 1'))"
    )
    found = "\n".join(room.lacking(page, 360, 640))
    assert "scrolls sideways" in found
    assert "too small" in found
    assert "cut off" in found

    page.evaluate("document.getElementById('main').style = 'width: 10rem; overflow: auto'")
    page.evaluate("document.getElementById('configure').style.width = '20rem'")
    assert "scrolls sideways inside" in "\n".join(room.lacking(page, 360, 640))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_longer_words_fit_too(browser: Browser, server: Server, language: str) -> None:
    tour.fill(server)
    server.engine.open()
    session = server.begin()
    server.until(lambda: server.get(f"/api/ingest/status/{session}")["status"] == "completed")
    context = browser.new_context(locale=language)
    page = context.new_page()
    assert page.request.post(f"{server.url}/api/ingest/commit", data={"session_id": session}).ok
    server.until(lambda: server.get(f"/api/ingest/status/{session}")["status"] == "committed")
    found: list[str] = []
    for path in ("/", "/library", "/sessions", "/sessions/7d3f9a52-0000-4000-8000-000000000000"):
        page.goto(f"{server.url}{path}")
        expect(page.locator("#connection-text")).not_to_have_text(re.compile("…"))
        if path == "/library":
            page.set_viewport_size({"width": 1280, "height": 900})
            page.get_by_role("listbox").get_by_role("option").first.click()
            expect(page.get_by_role("complementary")).to_be_visible()
            expect(page.locator(".facet").first).to_be_visible()
        found += [f"{path}, {sentence}" for size in SIZES for sentence in room.lacking(page, *size)]
    for status in Status:
        tell(page, server, tour.told(status))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found += [f"{status}, {sentence}" for size in SIZES for sentence in room.lacking(page, *size)]
    assert page.evaluate("document.documentElement.lang") == language
    context.close()
    assert not found, "\n".join(found)
