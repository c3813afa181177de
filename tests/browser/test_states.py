"""States that a run passes too quickly to look at, or seldom comes to: the page is told of them as answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import Server
from tests.browser.told import NOW, SESSION, answer, at, tell

from tallylight.facts import Trouble
from tallylight.messages import Pace
from tallylight.model import Status


def test_while_counting_the_bar_is_indeterminate_and_the_counts_move(page: Page, server: Server) -> None:
    state = at(Status.PROCESSING, started_at=NOW - 70, files=12_000, processed=4_210)
    tell(page, server, state, Pace(files_per_s=61.2, bytes_per_s=104e6))
    expect(page.locator("#process-percent")).to_have_text("4,210")
    expect(page.locator("#process-of")).to_have_text("of at least 12,000 files")
    expect(page.locator("#process-bar")).not_to_have_attribute("value", "0")
    assert page.locator("#process-bar").evaluate("bar => bar.position") == -1
    expect(page.locator("#process-eta")).to_have_text("counting…")
    expect(page.locator("#process-files-per-s")).to_have_text("61.2 files/s")
    expect(page.locator("#process-bytes-per-s")).to_have_text("104 MB/s")
    expect(page.locator("#process-elapsed")).to_have_text("1:10")
    expect(page).to_have_title("4,210 files… · Tallylight")


def test_the_announcer_tells_where_the_session_stands(page: Page, server: Server) -> None:
    state = at(Status.PROCESSING, total_final=True, files=1_000, processed=420, errors=2)
    tell(page, server, state)
    expect(page.locator("#announcer")).to_have_text("Processing: 42%, 420 of 1,000 files, 2 failures.")


def test_a_session_that_failed_says_why_and_offers_what_it_has(page: Page, server: Server) -> None:
    state = at(
        Status.ERROR,
        files=10,
        processed=4,
        code="io_error",
        message="The disk refused in the middle.",
    )
    tell(page, server, state)
    expect(page.get_by_role("heading", name="The run stopped")).to_be_visible()
    expect(page.locator("#preview-error")).to_have_text("The disk refused in the middle.")
    expect(page.get_by_role("button", name="Commit 4 files to the catalog")).to_be_visible()


def test_refused_files_are_listed_with_their_reasons(page: Page, server: Server) -> None:
    refused = Trouble(NOW, "<b>a.png</b>", "commit_failed", "Its row is locked.")
    state = at(
        Status.COMMITTED,
        files=10,
        processed=10,
        commit_total=10,
        commit_done=8,
        commit_errors=2,
        troubles=(refused,),
    )
    tell(page, server, state)
    expect(page.get_by_text("8 files in the catalog. 2 files refused; they are listed below.")).to_be_visible()
    expect(page.locator("#refused-list")).to_have_text("<b>a.png</b>: Its row is locked.")
    expect(page.locator("#refused-more")).to_have_text("and 1 more")
    expect(page.locator("#failures")).to_be_hidden()


def test_a_commit_that_stopped_can_be_tried_again(page: Page, server: Server) -> None:
    state = at(
        Status.COMMIT_ERROR,
        processed=10,
        commit_total=10,
        commit_done=3,
        message="The disk is full.",
        code="disk_full",
    )
    tell(page, server, state)
    expect(page.locator("#commit-error")).to_have_text("The disk is full.")
    with page.expect_request("**/api/ingest/commit") as caught:
        page.route("**/api/ingest/commit", lambda route: route.fulfill(json={}))
        page.get_by_role("button", name="Try the commit again").click()
    assert caught.value.post_data_json == {"session_id": SESSION}


SWITCH = """
(session) => {
  history.pushState(null, '', `/sessions/${session}`)
  dispatchEvent(new PopStateEvent('popstate'))
}
"""


def test_another_session_is_shown_without_anything_of_the_one_before(
    page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors.append("409")
    state = at(
        Status.COMMIT_ERROR,
        processed=10,
        commit_total=10,
        commit_done=3,
        commit_errors=1,
        troubles=(Trouble(NOW, "a.png", "commit_failed", "Its row is locked."),),
    )
    other = "9b2f9a52-1b1c-4b7e-9d55-0123456789ab"
    troubles = (Trouble(NOW, "b.png", "commit_failed", "Its row is gone."),)
    answer(page, replace(state, session_id=other, commit_done=5, troubles=troubles))
    page.route("**/api/ingest/commit", lambda route: route.fulfill(status=409, json={"detail": "Not now."}))
    tell(page, server, state)
    expect(page.locator("#announcer")).to_contain_text("3 of 10")
    expect(page.locator("#refused-list")).to_have_text("a.png: Its row is locked.")
    page.get_by_role("button", name="Try the commit again").click()
    expect(page.get_by_text("Not now.")).to_be_visible()

    page.evaluate(SWITCH, other)

    expect(page.locator("#refused-list")).to_have_text("b.png: Its row is gone.")
    expect(page.get_by_text("Not now.")).to_have_count(0)
    expect(page.locator("#announcer")).to_contain_text("5 of 10")


def test_a_part_of_the_page_that_does_not_come_is_told_and_fetched_again(
    page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors.append("ERR_FAILED")
    page.route("**/static/session.js", lambda route: route.abort())
    tell(page, server, at(Status.PROCESSING, files=10, processed=4))
    lacking = page.get_by_role("alert").filter(has_text="A part of this page did not come.")
    expect(lacking).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Load it again").click()
    expect(lacking).to_be_visible()
    page.unroute("**/static/session.js")
    expect(page.locator("#process-percent")).to_have_text("4")
    expect(lacking).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_narrow_screen(page: Page, server: Server, scheme: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    long = Trouble(NOW, "folder/" + "x" * 150 + ".png", "truncated", "y" * 150)
    for status in (Status.PROCESSING, Status.COMPLETED, Status.COMMITTING, Status.COMMIT_ERROR):
        state = at(status, files=10, processed=4, errors=1, troubles=(long,))
        tell(page, server, state)
        expect(page.locator("#session")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, status
