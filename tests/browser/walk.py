"""The page as a person uses it: what is read and pressed in more than one test."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser.serving import Server

COUNTS = (
    "processed_files",
    "metadata_extracted",
    "keywords_added",
    "scores_imported",
    "nsfw_detected",
    "errors",
)


def choose_root(page: Page, server: Server) -> None:
    """Open the page and tick the only root; returns once its file types are known."""
    page.goto(server.url)
    page.get_by_role("checkbox", name=f"Choose {server.root}").check()
    expect(page.locator("#filetypes-note")).not_to_have_text(re.compile("Choose|Looking"))


def press_start(page: Page) -> str:
    """Start, and return the session's id once the page has its address."""
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}$"))
    return page.url.rpartition("/")[2]


def start(page: Page, server: Server) -> str:
    """A session over the whole root, as the page begins it. Returns its id."""
    choose_root(page, server)
    return press_start(page)


def one_more_chunk(page: Page, server: Server) -> None:
    """Let one chunk through and wait until the page counts it."""
    before = page.locator("#count-processed_files").inner_text()
    server.engine.let(1)
    expect(page.locator("#count-processed_files")).not_to_have_text(before)


def finish(page: Page, server: Server) -> None:
    """Let everything through and wait for the review."""
    server.engine.open()
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()


def shown(page: Page) -> dict[str, int]:
    """The six counts as the page shows them now."""
    return {name: int(page.locator(f"#count-{name}").inner_text().replace(",", "")) for name in COUNTS}


def told(server: Server, session: str) -> dict[str, int]:
    """The same six, as the API tells them."""
    stats = server.get(f"/api/ingest/status/{session}")["stats"]
    return {name: stats[name] for name in COUNTS}
