"""The review lists what a commit would do, class by class, and leaves out of it what is unticked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

NASTY = "<img src=x onerror=document.title='pwned'>.png"


def fill(server: Server) -> None:
    for number in range(3):
        picture(server.root / f"gen_{number}.png", f"fog {number}")
    picture(server.root / NASTY, "mist")
    (server.root / "copy.png").write_bytes((server.root / "gen_0.png").read_bytes())
    damaged(server.root / "broken.png")


def test_what_is_unticked_is_left_out_of_the_commit(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.finish(page, server)
    commit = page.get_by_role("button", name=re.compile("^Commit "))
    expect(commit).to_have_text("Commit 5 files to the catalog")

    new = page.get_by_role("button", name="New", exact=True)
    new.focus()
    page.keyboard.press("Enter")
    expect(new).to_have_attribute("aria-pressed", "true")
    expect(new).to_be_focused()
    files = page.locator("#diff-list").get_by_role("checkbox")
    expect(files).to_have_count(4)
    page.get_by_role("checkbox", name="gen_1.png").focus()
    page.keyboard.press("Space")
    expect(commit).to_have_text("Commit 4 files to the catalog")
    expect(page.locator("#plan-list")).to_contain_text("not in the catalog yet, 1 excluded")
    page.get_by_role("checkbox", name=NASTY).uncheck()
    expect(commit).to_have_text("Commit 3 files to the catalog")

    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator("#diff-list")).to_contain_text("same as")
    page.get_by_role("button", name="Exclude all 1").click()
    expect(commit).to_have_text("Commit 2 files to the catalog")
    expect(files).not_to_be_checked()
    page.get_by_role("button", name="Include all 1").click()
    expect(commit).to_have_text("Commit 3 files to the catalog")

    page.get_by_role("button", name="Failed", exact=True).click()
    expect(page.locator("#diff-list li")).to_have_count(1)
    expect(files).to_have_count(0)

    page.reload()
    expect(commit).to_have_text("Commit 3 files to the catalog")
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.get_by_role("checkbox", name="gen_1.png")).not_to_be_checked()
    commit.click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    expect(page.get_by_text("3 files in the catalog.")).to_be_visible()
    found = {medium["path"].rpartition("/")[2] for medium in server.get("/api/media")["media"]}
    assert len(found) == 3
    assert not found & {"gen_1.png", NASTY}
    assert server.get(f"/api/ingest/preview/{session}")["set_aside"] == {"new": 2}


@pytest.mark.parametrize("allowed_errors", [["409 (Conflict)"]])
def test_a_commit_that_would_do_something_else_says_so(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.finish(page, server)
    expect(page.get_by_role("button", name="Commit 5 files to the catalog")).to_be_visible()
    excluded = page.request.post(f"{server.url}/api/ingest/preview/{session}/exclude", data={"class": ["duplicate"]})
    assert excluded.ok, excluded.text()
    page.get_by_role("button", name="Commit 5 files to the catalog").click()
    expect(page.locator("#commit-trouble")).to_contain_text("This commit would not do what was shown")
    expect(page.get_by_role("button", name="Commit 4 files to the catalog")).to_be_visible()
