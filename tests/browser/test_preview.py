"""The review shows what a commit would do, class by class, each file in full, and leaves out of it what is excluded."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server
from tests.browser.told import at, tell
from tests.contract.journal_suite import append, begun, extracted

from tallylight.db import open_database
from tallylight.facts import Counted, Discovered, Moved, Processed, Started
from tallylight.journal.sql import SqlJournal
from tallylight.model import Outcome, Status

NASTY = "<img src=x onerror=document.title='pwned'>.png"
MANY = 20_000


def fill(server: Server) -> None:
    for number in range(3):
        picture(server.root / f"gen_{number}.png", f"fog {number}, (lighthouse:1.3), [rain]")
    picture(server.root / NASTY, "mist")
    (server.root / "copy.png").write_bytes((server.root / "gen_0.png").read_bytes())
    damaged(server.root / "broken.png")


def reviewed(page: Page, server: Server) -> str:
    """A session over the whole root, ready to review; its id."""
    session = walk.start(page, server)
    walk.finish(page, server)
    expect(files(page).first).to_be_visible()
    return session


def files(page: Page, name: str | None = None) -> Locator:
    grid = page.get_by_role("listbox", name="Files")
    return grid.get_by_role("option") if name is None else grid.get_by_role("option", name=name)


def commit(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Commit "))


def show(page: Page, tab: str, count: int) -> None:
    page.get_by_role("tab", name=tab).click()
    expect(files(page)).to_have_count(count)


def test_what_is_excluded_is_left_out_of_the_commit(page: Page, server: Server) -> None:
    fill(server)
    session = reviewed(page, server)
    expect(commit(page)).to_have_text("Commit 5 files to the catalog")
    show(page, "New", 4)
    files(page, "gen_1.png").focus()
    page.keyboard.press("Space")
    expect(commit(page)).to_have_text("Commit 4 files to the catalog")
    expect(files(page, "gen_1.png")).to_have_attribute("aria-selected", "false")
    expect(files(page, "gen_1.png")).to_be_focused()
    expect(page.get_by_role("tab", name="New")).to_have_text("New 4 (1 excluded)")
    files(page, NASTY).locator("[data-choose]").click()
    expect(commit(page)).to_have_text("Commit 3 files to the catalog")
    assert page.title() != "pwned"

    show(page, "Duplicate", 1)
    expect(files(page)).to_contain_text("same as")
    page.get_by_role("button", name="Exclude all 1").press("Enter")
    expect(commit(page)).to_have_text("Commit 2 files to the catalog")
    expect(page.get_by_role("button", name="Include all 1")).to_be_focused()
    expect(files(page)).to_have_attribute("aria-selected", "false")
    page.get_by_role("button", name="Include all 1").click()
    expect(commit(page)).to_have_text("Commit 3 files to the catalog")

    show(page, "Failed", 1)
    expect(files(page)).not_to_have_attribute("aria-selected", re.compile("."))

    page.reload()
    expect(commit(page)).to_have_text("Commit 3 files to the catalog")
    expect(files(page, "gen_1.png")).to_have_attribute("aria-selected", "false")
    commit(page).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    expect(page.get_by_text("3 files in the catalog.")).to_be_visible()
    found = {medium["path"].rpartition("/")[2] for medium in server.get("/api/media")["media"]}
    assert len(found) == 3
    assert not found & {"gen_1.png", NASTY}
    assert server.get(f"/api/ingest/preview/{session}")["set_aside"] == {"new": 2}


@pytest.mark.parametrize("allowed_errors", [["409 (Conflict)"]])
def test_a_commit_that_would_do_something_else_says_so(page: Page, server: Server) -> None:
    fill(server)
    session = reviewed(page, server)
    expect(page.get_by_role("button", name="Commit 5 files to the catalog")).to_be_visible()
    excluded = page.request.post(f"{server.url}/api/ingest/preview/{session}/exclude", data={"class": ["duplicate"]})
    assert excluded.ok, excluded.text()
    page.get_by_role("button", name="Commit 5 files to the catalog").click()
    expect(page.locator("#commit-trouble")).to_contain_text("This commit would not do what was shown")
    expect(page.get_by_role("button", name="Commit 4 files to the catalog")).to_be_visible()


def test_tabs_follow_the_arrows_and_skip_the_empty_ones(page: Page, server: Server) -> None:
    fill(server)
    reviewed(page, server)
    tab = page.get_by_role("tab", selected=True)
    expect(tab).to_have_text("New 4")
    expect(page.get_by_role("tabpanel", name="New 4")).to_be_visible()
    expect(page.get_by_role("tab", name="Moved")).to_be_disabled()
    tab.focus()
    for key, text in (
        ("ArrowRight", "Duplicate 1"),
        ("ArrowRight", "Failed 1"),
        ("ArrowRight", "New 4"),
        ("End", "Failed 1"),
    ):
        page.keyboard.press(key)
        expect(tab).to_have_text(text)
        expect(tab).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Failed 1")).to_contain_text("Could not be read")


def test_the_details_of_a_file_and_of_its_neighbours(page: Page, server: Server) -> None:
    fill(server)
    reviewed(page, server)
    show(page, "New", 4)
    files(page).first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 4")
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    shown = []
    for step in range(4):
        if step:
            page.keyboard.press("ArrowRight")
        expect(dialog).to_contain_text(f"{step + 1} of 4")
        expect(dialog.get_by_role("heading", name="Prompt", exact=True)).to_be_visible()
        shown.append(dialog.get_by_role("heading", level=2).inner_text())
        expect(dialog.get_by_role("img", name=f"Picture of {shown[-1]}")).to_be_visible()
        if shown[-1] == "gen_1.png":
            expect(dialog.locator(".prompt")).to_have_text("fog 1, lighthouse×1.3, rain×0.91")
            expect(dialog.get_by_text("Euler a")).to_be_visible()
            dialog.get_by_role("button", name="Show embedded texts").click()
            expect(dialog.locator("pre")).to_contain_text("(lighthouse:1.3)")
            expect(dialog.get_by_role("heading", name="Embedded texts")).to_be_focused()
    assert sorted(shown) == sorted(["gen_1.png", "gen_2.png", NASTY, *({"gen_0.png", "copy.png"} & {*shown})])
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("4 of 4")
    dialog.get_by_role("checkbox", name="Commit this file").uncheck()
    expect(commit(page)).to_have_text("Commit 4 files to the catalog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(files(page).nth(3)).to_be_focused()
    expect(files(page).nth(3)).to_have_attribute("aria-selected", "false")


def test_a_duplicate_stands_beside_what_it_is_the_same_as(page: Page, server: Server) -> None:
    fill(server)
    reviewed(page, server)
    show(page, "Duplicate", 1)
    files(page).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("figure")).to_have_count(2)
    expect(dialog).to_contain_text("The same, earlier in this run")
    page.keyboard.press("Escape")
    commit(page).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    (server.root / "later.png").write_bytes((server.root / "gen_2.png").read_bytes())
    walk.start(page, server)
    expect(files(page, "later.png")).to_be_visible()
    files(page, "later.png").click()
    expect(dialog).to_contain_text("The same, in the catalog")
    expect(dialog.get_by_role("img", name="Picture of gen_2.png")).to_be_visible()


def test_what_is_refused_in_the_details_is_told_in_them(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("503")
    fill(server)
    reviewed(page, server)
    page.route("**/preview/*/exclude", lambda route: route.fulfill(status=503, json={"detail": "The disk is full."}))
    files(page, "gen_1.png").click()
    dialog = page.get_by_role("dialog")
    takes = dialog.get_by_role("checkbox", name="Commit this file")
    takes.click()
    expect(dialog.get_by_role("alert")).to_have_text("The disk is full.")
    expect(takes).to_be_checked()
    page.unroute("**/preview/*/exclude")
    takes.uncheck()
    expect(commit(page)).to_have_text("Commit 4 files to the catalog")
    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_a_count_that_gets_no_answer_is_asked_for_again(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("503")
    fill(server)
    session = walk.start(page, server)
    for name in ("preview", "facets"):
        answer = partial(Route.fulfill, status=503, json={"detail": "The database is away."})
        page.route(f"**/api/ingest/{name}/{session}*", answer, times=1)
    walk.finish(page, server)
    expect(page.get_by_role("alert").filter(has_text="The database is away.")).to_be_visible()
    expect(files(page).first).to_be_visible()
    expect(page.get_by_role("table", name="Files by type")).to_be_visible()
    expect(page.get_by_text("The database is away.")).to_have_count(0)


def test_what_was_counted_so_far_is_not_told_as_all(page: Page, server: Server) -> None:
    state = at(Status.COMPLETED, total_final=True, files=10, processed=10)
    tell(page, server, state, preview={"complete": False, "files": {"new": 3}, "to_commit": 3})
    expect(page.get_by_role("tab", name="New")).to_have_text("New 3")
    expect(commit(page)).to_have_text("Commit 10 files to the catalog")
    expect(commit(page)).to_have_accessible_description("")


def test_part_of_a_class_is_shown_and_excluded(page: Page, server: Server) -> None:
    fill(server)
    (server.root / "draft.jpg").write_bytes((server.root / "gen_1.png").read_bytes() + b" ")
    reviewed(page, server)
    show(page, "New", 5)
    page.get_by_role("searchbox", name="Only names like").fill("gen_*")
    expect(page.get_by_text(re.compile("^. files named gen_"))).to_be_visible()
    named = files(page).count()
    assert named in {2, 3}
    page.get_by_role("button", name=f"Exclude all {named}").click()
    expect(commit(page)).to_have_text(f"Commit {6 - named} files to the catalog")
    page.get_by_role("button", name="Show everything").click()
    expect(files(page)).to_have_count(5)
    page.get_by_role("searchbox").fill("nothing*")
    expect(page.get_by_text("No file fits.")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("table", name="Files by type").get_by_role("button", name="jpg").click()
    expect(files(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("*.jpg")


def test_the_preview_is_exported(page: Page, server: Server) -> None:
    fill(server)
    reviewed(page, server)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert len(Path(waiting.value.path()).read_text().splitlines()) == 7


@pytest.fixture
def archive(server: Server, tmp_path: Path) -> Server:
    """A server with sessions that were recorded before it started."""
    server.stop()
    database = open_database(tmp_path / "data" / "tallylight.db")
    journal = SqlJournal(database)
    for name, many in (("many", MANY), ("few", 30)):
        outcomes = [replace(extracted(f"{number:05}.png"), **odd(number)) for number in range(1, many + 1)]
        recorded(journal, name, outcomes)
    database.close()
    server.start()
    return server


def odd(number: int) -> dict[str, Any]:
    score = None if number % 10 else number % 100 / 100
    return {"sha256": f"{number:064x}", "nsfw_score": score, "has_thumbnail": False, "warnings": ()}


def recorded(journal: SqlJournal, session_id: str, outcomes: list[Outcome]) -> None:
    begun(
        journal,
        session_id,
        Started(at=0.5),
        Moved(at=0.5, status=Status.PROCESSING),
        Discovered(at=1.0, files=len(outcomes)),
    )
    for start in range(0, len(outcomes), 1000):
        append(journal, session_id, *(Processed(at=2.0, outcome=one) for one in outcomes[start : start + 1000]))
    append(journal, session_id, Counted(at=2.5), Moved(at=3.0, status=Status.COMPLETED))


def test_twenty_thousand_files_take_as_many_elements_as_the_screen(page: Page, archive: Server) -> None:
    page.goto(f"{archive.url}/sessions/many")
    expect(page.get_by_role("tab", name="New")).to_have_text("New 20,000", timeout=60_000)
    grid = page.get_by_role("listbox", name="Files")
    expect(files(page, "00001.png")).to_be_visible()
    cells = files(page).count()
    assert cells < 100
    files(page, "00001.png").focus()
    page.keyboard.press("End")
    expect(files(page, f"{MANY}.png")).to_be_focused(timeout=20_000)
    expect(files(page, f"{MANY}.png")).to_have_attribute("aria-posinset", str(MANY))
    assert files(page).count() <= cells + 10
    page.keyboard.press("Home")
    expect(files(page, "00001.png")).to_be_focused()
    grid.evaluate("""
      async (grid) => {
        for (const way of [1, -1]) {
          for (let step = 0; step <= 120; step++) {
            grid.scrollTop = (grid.scrollHeight * (way > 0 ? step : 120 - step)) / 120
            await new Promise(requestAnimationFrame)
          }
        }
      }
    """)
    expect(files(page, "00001.png")).to_be_visible()
    assert files(page).count() <= cells + 10


def test_the_threshold_veils_counts_and_excludes(page: Page, archive: Server) -> None:
    page.goto(f"{archive.url}/sessions/many")
    slider = page.get_by_role("slider", name="Blur from")
    expect(page.get_by_text("1,400 files are scored 25% or more.")).to_be_visible(timeout=60_000)
    expect(files(page, "00030.png")).to_contain_text("NSFW 30%")
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("1,200 files are scored 31% or more.")).to_be_visible()
    expect(files(page, "00030.png")).not_to_contain_text("NSFW")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("0 files are scored 99% or more.")).to_be_visible()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Show only these").click()
    expect(page.get_by_text("200 files scored 90% or more")).to_be_visible()
    files(page, "00090.png").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Scored 90% NSFW. Show it").click()
    expect(dialog.get_by_role("button", name="Show it")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Exclude these 200").click()
    expect(commit(page)).to_have_text("Commit 19,800 files to the catalog")


def test_pictures_are_veiled_until_it_is_known_which_are_to_be(page: Page, archive: Server) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route("**/api/ingest/report/few*", hold)
    with page.expect_request("**/api/ingest/report/few*"):
        page.goto(f"{archive.url}/sessions/few")
    expect(page.get_by_text("files are scored")).to_be_visible()
    veiled = [files(page, name).locator("[data-veiled]") for name in ("00010.png", "00030.png")]
    for each in veiled:
        expect(each).to_have_count(1)
    asked[0].continue_()
    expect(veiled[0]).to_have_count(0)
    expect(veiled[1]).to_have_count(1)


PROMPTS = """
async (prompts) => {
  const { runs } = await import('/static/elements/prompt.js')
  return prompts.map((prompt) => runs(prompt).map(({ text, weight }) => [text, Math.round(weight * 1000) / 1000]))
}
"""


def test_prompts_are_read_as_their_program_weighs_them(page: Page, server: Server) -> None:
    page.goto(server.url)
    told = page.evaluate(PROMPTS, ["a (b:1.2) c", "((a)) [b]", r"\(a\) :)", "(a (b:2):0.5)", "(open", "a:1.2", ""])
    assert told == [
        [["a ", 1], ["b", 1.2], [" c", 1]],
        [["a", 1.21], [" ", 1], ["b", 0.909]],
        [["(a) :)", 1]],
        [["a ", 0.5], ["b", 1]],
        [["(open", 1]],
        [["a:1.2", 1]],
        [],
    ]
