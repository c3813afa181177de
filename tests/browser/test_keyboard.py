"""The whole way without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

FOCUSED = "() => (document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()"


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus reads so."""
    passed = []
    for _ in range(40):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if text in passed[-1]:
            return
    raise AssertionError(f"Tab never came to {text!r}, only to {passed}")


def test_from_the_first_folder_to_the_commit(page: Page, server: Server) -> None:
    picture(server.root / "inner" / "one.png", "fog")
    page.goto(server.url)
    expect(page.locator("#folders-list li")).to_have_count(1)

    tab_to(page, "Open")
    page.keyboard.press("Enter")
    expect(page.locator("#folders-path")).to_be_focused()
    tab_to(page, "inner")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="png")).to_be_checked()
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Processing")).to_be_focused()
    walk.finish(page, server)
    expect(page.get_by_role("heading", name="Ready to review")).to_be_focused()
    tab_to(page, "Commit 1 file")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Committed")).to_be_focused()
    tab_to(page, "Start another")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()


def test_the_first_tab_leads_past_the_head(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_removing_a_folder_keeps_the_place(page: Page, server: Server) -> None:
    walk.choose_root(page, server)
    page.get_by_role("button", name="Remove").press("Enter")
    expect(page.locator("#folders-path")).to_be_focused()
    expect(page.get_by_role("checkbox", name=f"Choose {server.root}")).not_to_be_checked()


def test_a_refused_command_keeps_the_focus(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("409")
    picture(server.root / "one.png", "fog")
    session = walk.start(page, server)
    page.route("**/api/ingest/cancel/*", lambda route: route.fulfill(status=409, json={"detail": "Not now."}))

    page.get_by_role("button", name="Cancel").press("Enter")

    expect(page.get_by_text("Not now.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    assert server.get(f"/api/ingest/status/{session}")["status"] == "processing"
