"""Before a commit: what it will do. While it runs: how far it is. After it: what happened, and the way back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server
from tests.browser.told import NOW, at, tell

from tallylight.messages import Pace
from tallylight.model import Status


def fill(server: Server) -> None:
    for number in range(3):
        picture(server.root / f"gen_{number}.png", f"fog {number}")
    (server.root / "copy.png").write_bytes((server.root / "gen_0.png").read_bytes())


def test_a_sentence_says_what_will_happen_as_files_are_set_aside(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    commit = page.get_by_role("button", name=re.compile("^Commit "))
    expect(commit).to_have_accessible_description("A commit writes 4 files to the catalog: 3 new and 1 duplicate.")
    page.get_by_role("option", name="gen_1.png").focus()
    page.keyboard.press("Space")
    expect(commit).to_have_accessible_description(
        "A commit writes 3 files to the catalog: 2 new and 1 duplicate. 1 file is set aside and left alone."
    )


def test_an_undo_says_what_it_does_and_puts_all_back(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    undo = page.get_by_role("button", name="Undo the commit")
    undo.press("Enter")
    dialog = page.get_by_role("dialog", name="Undo this commit?")
    expect(dialog).to_contain_text("forgets what this commit added, and has back what it changed: 4 files.")
    page.keyboard.press("Escape")
    expect(undo).to_be_focused()
    assert server.get("/api/media")["total"] == 4

    undo.press("Enter")
    dialog.get_by_role("button", name="Undo the commit").press("Enter")
    expect(page.get_by_text("The catalog is as it was before: 4 files put back.")).to_be_visible()
    assert server.get("/api/media")["total"] == 0
    page.get_by_role("button", name="Commit again").click()
    expect(page.get_by_text("4 files in the catalog.")).to_be_visible()


def test_an_undo_that_is_refused_says_why(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("409")
    fill(server)
    first = walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    for number in range(3):
        picture(server.root / f"gen_{number}.png", f"mist {number}")
    second = walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()

    page.goto(f"{server.url}/sessions/{first}")
    page.get_by_role("button", name="Undo the commit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Undo the commit").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"Session {second} was committed later")


def test_rate_and_time_left_are_told_while_it_runs(page: Page, server: Server) -> None:
    state = at(
        Status.COMMITTING,
        files=1000,
        processed=1000,
        commit_total=1000,
        commit_done=250,
        commit_started_at=NOW - 5,
    )
    tell(page, server, state, Pace(files_per_s=50.0, eta_s=15.0))
    expect(page.get_by_role("heading", name="Committing")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Committing")).to_have_attribute("value", "25")
    told = page.locator("#commit-pace")
    expect(told).to_have_text(re.compile(r"Speed\s*50.0 files/s\s*Elapsed\s*0:05\s*Time left\s*0:15"))


def test_a_button_that_did_its_work_leaves_the_keyboard_at_the_heading(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).press("Enter")
    page.get_by_role("button", name="Undo the commit").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Undo the commit").press("Enter")
    again = page.get_by_role("button", name="Commit again")
    again.press("Enter")
    expect(page.get_by_role("heading", name="Committed")).to_be_focused()


def test_back_closes_what_stands_over_the_page(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    page.get_by_role("button", name="Undo the commit").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_back_to_the_first_step_from_a_page_loaded_for_a_session(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.reload()
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()
    expect(page.get_by_role("checkbox", name=f"Choose {server.root}")).to_be_visible()
