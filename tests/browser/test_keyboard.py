"""The whole way without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser import tour, walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

#: What stands where a keyboard is, for whoever reads a failure.
FOCUSED = "() => `${document.activeElement.tagName} ${document.activeElement.textContent.trim().slice(0, 40)}`"
#: Notes at each change of the first count whether what had the focus has it still, and all that the live region said.
WATCHED = """
() => {
  const held = document.activeElement
  window.watched = { changes: 0, lost: [], said: [] }
  const note = () => {
    watched.changes++
    if (document.activeElement !== held) watched.lost.push(document.activeElement.outerHTML.slice(0, 80))
  }
  const told = document.getElementById('announcer')
  const changes = { childList: true, characterData: true, subtree: true }
  new MutationObserver(note).observe(document.getElementById('count-processed_files'), changes)
  new MutationObserver(() => watched.said.push(told.textContent)).observe(told, changes)
}
"""
#: Regions that speak by themselves. Where a dialog is open all else is silent, so it may have one of its own.
POLITE = """
() => [...document.querySelectorAll('[role=status], [role=log], [aria-live=polite], output')]
  .filter((each) => !each.closest('dialog')).map((each) => each.id)
"""


#: Chunks that are let through one by one.
STEPS = 6


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until this has the focus."""
    passed = []
    for _ in range(60):
        page.keyboard.press(key)
        if target.count() and target.evaluate("each => each === document.activeElement"):
            return
        passed.append(page.evaluate(FOCUSED))
    raise AssertionError(f"{key} never came to {target}, only to {passed}")


def test_from_the_first_folder_to_the_rating(page: Page, server: Server) -> None:
    picture(server.root / "inner" / "one.png", "fog")
    picture(server.root / "inner" / "two.png", "mist")
    page.goto(server.url)
    expect(page.get_by_role("checkbox", name=f"Choose {server.root}")).to_be_visible()

    tab_to(page, page.get_by_role("button", name=f"Open {server.root}"))
    page.keyboard.press("Enter")
    expect(page.locator("#folders-path")).to_be_focused()
    tab_to(page, page.get_by_role("checkbox", name="Choose inner"))
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="png")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Start", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Processing")).to_be_focused()

    tab_to(page, page.get_by_role("button", name="Pause"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    server.engine.open()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Ready to review")).to_be_focused()

    left_out = page.get_by_role("option", name="one.png")
    expect(left_out).to_be_visible()
    tab_to(page, page.get_by_role("option").first)
    if not left_out.evaluate("each => each === document.activeElement"):
        page.keyboard.press("ArrowRight")
    expect(left_out).to_be_focused()
    page.keyboard.press("Space")
    expect(left_out).to_have_attribute("aria-selected", "false")
    tab_to(page, page.get_by_role("button", name="Commit 1 file"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Committed")).to_be_focused()

    tab_to(page, page.get_by_role("link", name="Library", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    kept = page.get_by_role("option", name="two.png")
    expect(kept).to_be_visible()
    tab_to(page, kept)
    page.keyboard.press("4")
    expect(kept).to_contain_text("★ 4")
    expect(kept).to_be_focused()
    server.until(lambda: [medium["score"] for medium in server.get("/api/media")["media"]] == [4])


def test_the_focus_stays_while_numbers_move_at_speed_and_little_is_said(page: Page, server: Server) -> None:
    for number in range(120):
        picture(server.root / f"gen_{number:03}.png", "fog")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.evaluate(WATCHED)
    # However fast the machine is: each of these is seen on the page before the next, the rest as fast as they come.
    for _ in range(STEPS):
        walk.one_more_chunk(page, server)
    walk.finish(page, server)

    watched = page.evaluate("watched")
    assert watched["changes"] > STEPS
    # What had the focus goes with its step.
    assert all("Ready to review" in lost for lost in watched["lost"]), watched["lost"]
    expect(page.get_by_role("heading", name="Ready to review")).to_be_focused()
    assert 1 <= len(watched["said"]) <= 3, watched["said"]
    assert watched["said"][-1].startswith("Ready to review")


@pytest.mark.parametrize("part", [part for part in tour.PARTS if part != "elsewhere"])
def test_one_region_alone_speaks_by_itself(page: Page, server: Server, allowed_errors: list[str], part: str) -> None:
    allowed_errors += tour.EXPECTED
    for state in tour.PARTS[part](page, server):
        assert page.evaluate(POLITE) == ["announcer"], state


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
