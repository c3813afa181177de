"""From configuring to committed, on a real server whose pace the test sets."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

PICTURES = 10


def fill(server: Server) -> None:
    for number in range(PICTURES):
        picture(
            server.root / f"day_{number % 3}" / f"gen_{number:03}.png",
            f"lighthouse, fog, red coat {number}",
            score=number % 6,
        )
    damaged(server.root / "broken.png")


def test_every_count_moves_and_agrees_with_the_api_at_the_end(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    expect(page.get_by_text("LIVE")).to_be_visible()

    seen = [walk.shown(page)]
    while seen[-1]["processed_files"] < PICTURES + 1:
        walk.one_more_chunk(page, server)
        seen.append(walk.shown(page))

    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    assert len({frozenset(counts.items()) for counts in seen}) >= 4
    for name in walk.COUNTS:
        values = [counts[name] for counts in seen]
        assert values == sorted(values), f"{name} went back"
    assert walk.shown(page) == walk.told(server, session)
    assert walk.shown(page)["errors"] == 1
    assert walk.shown(page)["keywords_added"] > PICTURES


def test_percent_file_and_rate_are_told_while_it_runs(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    expect(page.locator("#process-of")).to_have_text(f"0 of {PICTURES + 1} files")
    walk.one_more_chunk(page, server)

    done = walk.shown(page)["processed_files"]
    percent = done * 100 // (PICTURES + 1)
    expect(page.locator("#process-percent")).to_have_text(f"{percent}%")
    expect(page.locator("#process-of")).to_have_text(f"{done} of {PICTURES + 1} files")
    expect(page.get_by_role("progressbar", name="Processing")).to_have_attribute("value", str(percent))
    expect(page.locator("#process-file")).to_have_text(re.compile(r"\.png$"))
    expect(page).to_have_title(f"{percent}% · Tallylight")
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile(r"^data:image/svg\+xml,"))


def test_the_commit_lands(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.finish(page, server)
    expect(page.get_by_role("tab", name="New")).to_have_text(f"New {PICTURES}")
    expect(page.get_by_role("listbox", name="Files").get_by_role("option")).to_have_count(PICTURES)

    page.get_by_role("button", name=f"Commit {PICTURES} files to the catalog").click()

    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    expect(page.get_by_text(f"{PICTURES} files in the catalog.")).to_be_visible()
    assert server.get(f"/api/ingest/commit-status/{session}")["status"] == "committed"
    page.get_by_role("link", name="Start another").last.click()
    expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()
    expect(page.locator("#sessions-list")).to_contain_text(f"Committed · {PICTURES + 1} files, 1 failure")


def test_the_review_counts_files_on_which_sources_disagree(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog", score=2)
    picture(server.root / "two.png", "fog")
    names = 'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://ns.adobe.com/xap/1.0/"'
    (server.root / "one.xmp").write_text(f'<r:RDF {names}><r:Description x:Rating="5"/></r:RDF>')
    walk.start(page, server)
    walk.finish(page, server)
    expect(page.get_by_role("tab", name="Conflicts")).to_have_text("Conflicts 1")


def test_a_second_run_finds_everything_in_the_catalog(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name="Commit 1 file to the catalog").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()

    walk.start(page, server)

    expect(page.get_by_text("Nothing to do: the one file is in the catalog, unchanged.")).to_be_visible()
    expect(page.get_by_role("button", name="Commit")).to_be_hidden()


def test_a_reload_goes_on_where_the_session_is(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.one_more_chunk(page, server)
    before = walk.shown(page)

    page.reload()

    expect(page.locator("#count-processed_files")).to_have_text(str(before["processed_files"]))
    expect(page.get_by_text("LIVE")).to_be_visible()
    walk.one_more_chunk(page, server)
    walk.finish(page, server)
    assert walk.shown(page) == walk.told(server, session)


def test_a_second_tab_sees_the_same(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.one_more_chunk(page, server)
    second = page.context.new_page()
    second.goto(server.url)
    second.get_by_role("link", name="Watch it").click()
    expect(second.locator("#count-processed_files")).to_have_text(page.locator("#count-processed_files").inner_text())

    walk.one_more_chunk(second, server)
    expect(page.locator("#count-processed_files")).to_have_text(second.locator("#count-processed_files").inner_text())
    walk.finish(page, server)

    expect(second.get_by_role("heading", name="Ready to review")).to_be_visible()
    assert walk.shown(second) == walk.shown(page) == walk.told(server, session)


def test_cancel_stops_and_keeps_what_was_found(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.one_more_chunk(page, server)
    done = walk.shown(page)["processed_files"]

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.locator("#preview-summary")).to_contain_text(f"{done} of {PICTURES + 1} files")
    assert server.get(f"/api/ingest/status/{session}")["status"] == "cancelled"


def test_a_paused_run_stands_still_until_it_is_resumed(page: Page, server: Server) -> None:
    fill(server)
    session = walk.start(page, server)
    walk.one_more_chunk(page, server)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    expect(page.get_by_text("LIVE")).to_be_visible()
    expect(page.locator("#process-eta")).to_have_text("–")
    assert server.get(f"/api/ingest/status/{session}")["status"] == "paused"

    server.engine.open()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    assert walk.shown(page)["processed_files"] == PICTURES + 1


def test_a_held_run_says_why_and_goes_on_when_it_is_told_to(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("Commit")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    for day in range(3):
        (server.root / f"day_{day}").rename(server.root.parent / f"unplugged_{day}")

    walk.start(page, server)
    expect(page.get_by_role("heading", name="Held")).to_be_visible()
    expect(page.locator("#process-held")).to_contain_text(f"{PICTURES} of {PICTURES} files the catalog has there")
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    expect(page.locator("#process-held")).to_be_hidden()
    expect(page.get_by_text(f"Missing: {PICTURES} files of the catalog")).to_be_visible()
    page.get_by_role("button", name="Commit what is missing").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()


def test_failed_files_are_tried_again(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    expect(page.get_by_role("row", name=re.compile("broken.png"))).to_be_visible()
    picture(server.root / "broken.png", "fog")

    page.get_by_role("button", name="Retry 1 failed file").click()

    expect(page.get_by_role("button", name=f"Commit {PICTURES + 1} files to the catalog")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()
    expect(page.locator("#count-errors")).to_have_text("0")
    expect(page.get_by_role("row", name=re.compile("broken.png"))).to_have_count(0)


def test_failures_are_told_with_time_and_reason(page: Page, server: Server) -> None:
    for number in range(8):
        damaged(server.root / f"broken_{number}.png")
    walk.start(page, server)
    walk.finish(page, server)

    rows = page.get_by_role("region", name="Failures").get_by_role("row", name=re.compile("broken"))
    expect(rows).to_have_count(8)
    assert {row.locator("bdi").inner_text() for row in rows.all()} == {f"broken_{number}.png" for number in range(8)}
    expect(rows.first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d.*\."))


def test_nothing_to_ingest_is_said(page: Page, server: Server) -> None:
    (server.root / "notes.txt").write_text("no picture")
    server.engine.open()
    walk.start(page, server)
    expect(page.get_by_text("No picture or video is in these folders.")).to_be_visible()
    expect(page.get_by_role("button", name="Commit")).to_be_hidden()
