"""The page of all sessions: what came of each, moving while it runs; deleting one; the same without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

from tallylight.web.routes import session_pages

PICTURES = 10


def fill(server: Server) -> None:
    for number in range(PICTURES):
        picture(server.root / f"gen_{number:03}.png", f"fog {number}")
    damaged(server.root / "broken.png")


def row(page: Page, text: str) -> str:
    """What the one row with this text says, cells apart by a bar."""
    cells = page.get_by_role("row", name=re.compile(text)).locator("td").all_inner_texts()
    return " | ".join(cells[1:5])


def test_a_running_session_moves_and_goes_down_when_it_rests(page: Page, server: Server) -> None:
    fill(server)
    page.goto(f"{server.url}/sessions")
    expect(page.get_by_text("There is no session yet.")).to_be_visible()
    server.begin()

    running = page.get_by_role("table", name="Running").get_by_role("row", name=re.compile(server.root.name))
    expect(running).to_be_visible()
    expect(page.get_by_text("LIVE")).to_be_visible()
    server.engine.let(1)
    expect(running).to_contain_text(re.compile(r"[1-9]\d?%"))
    server.engine.open()

    rested = page.get_by_role("table", name="Earlier").get_by_role("row", name=re.compile(server.root.name))
    expect(rested).to_contain_text("Ready to review")
    expect(page.get_by_role("table", name="Running")).to_have_count(0)
    assert re.fullmatch(rf"0:\d\d \| {PICTURES + 1} \| 1 \| Ready to review", row(page, "Ready"))


def test_what_was_committed_and_undone_is_told(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=f"Commit {PICTURES} files").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    assert row(page, "Committed").endswith(f"{PICTURES + 1} | 1 | Committed: {PICTURES} files")

    page.get_by_role("link", name=server.root.name).click()
    page.get_by_role("button", name="Undo the commit").click()
    page.get_by_role("dialog", name="Undo this commit?").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("row", name=re.compile("Undone: 10 files put back"))).to_be_visible()


def test_deleting_asks_first_and_takes_the_row_away(page: Page, server: Server) -> None:
    fill(server)
    server.engine.open()
    first, second = server.begin(), server.begin()
    page.goto(f"{server.url}/sessions")
    rows = page.get_by_role("table", name="Earlier").get_by_role("button", name="Delete")
    expect(rows).to_have_count(2)

    dialog = page.get_by_role("dialog", name="Delete this session?")
    rows.first.press("Enter")
    expect(dialog).to_contain_text("What it committed stays in the catalog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(rows.first).to_be_focused()
    expect(rows).to_have_count(2)

    rows.first.press("Enter")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("link", name=server.root.name)).to_be_focused()
    assert [one["session_id"] for one in server.get("/api/ingest/sessions")["sessions"]] == [first]
    assert second != first


def test_a_deletion_that_fails_says_so_in_the_dialog(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("503")
    fill(server)
    server.engine.open()
    server.begin()
    page.goto(f"{server.url}/sessions")
    page.route("**/api/ingest/session/*", lambda route: route.fulfill(status=503, json={"detail": "Not now."}))
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_have_text("Not now.")
    # As if the rows had been read anew meanwhile.
    page.locator("tr[data-session]").evaluate("row => row.replaceWith(row.cloneNode(true))")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Delete")).to_be_focused()


def test_the_same_settings_are_filled_in_however_old_the_session_is(page: Page, server: Server) -> None:
    fill(server)
    server.engine.open()
    page.goto(server.url)
    asked = {"parameters": {"directory": str(server.root), "tier": "index", "max_files": 7}}
    assert page.request.post(f"{server.url}/api/ingest/process", data=asked).ok
    for _ in range(6):
        server.begin()
    page.goto(f"{server.url}/sessions")
    page.get_by_role("link", name="Same settings again").last.click()
    expect(page.get_by_role("radio", name="Index")).to_be_checked()
    expect(page.get_by_role("spinbutton", name=re.compile("Stop after"))).to_have_value("7")
    expect(page.locator("#sessions-list li")).to_have_count(5)
    page.get_by_role("link", name="All sessions").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_without_scripts_it_is_a_table_with_pages(browser: Browser, server: Server) -> None:
    fill(server)
    server.engine.open()
    count = session_pages.PAGE + 1
    for _ in range(count):
        server.begin()
    server.until(lambda: server.get("/api/ingest/active-session")["session_id"] is None)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/sessions")
    reports = page.get_by_role("link", name="Report")
    expect(reports).to_have_count(session_pages.PAGE)
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="Older sessions").click()
    expect(reports).to_have_count(1)
    page.get_by_role("link", name="Newest sessions").click()
    expect(reports).to_have_count(session_pages.PAGE)
    context.close()
