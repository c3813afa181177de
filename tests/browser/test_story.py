"""The whole way, from a folder to the catalog, in each engine, and for an archive as large as people have them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser import walk, watch
from tests.browser.by_role import press, see
from tests.browser.engines.contract import Profile
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

from tallylight.ingest import chunks

PICTURES = 30
#: Far beyond what twenty thousand files take on a busy machine.
ALARM_MS = 90_000


def test_from_a_folder_to_the_catalog_in_each_engine(profile: Profile, server: Server) -> None:
    watch.fill(server)
    damaged(server.root / "broken.png")
    tab = profile.tab()
    tab.go(server.url)
    press(tab, "checkbox", f"Choose {server.root}")
    tab.until("document.querySelectorAll('#filetypes-list input').length > 0")
    press(tab, "button", "Start")
    see(tab, "heading", "Processing")
    tab.until("location.pathname.startsWith('/sessions/')")
    session = tab.run("location.pathname").rpartition("/")[2]
    watch.says(tab, "LIVE")

    seen = [0]
    while seen[-1] < PICTURES + 1:
        seen.append(watch.let_one_through(server, session))
        watch.counts(tab, seen[-1])
    assert len(seen) > 5, "the numbers moved while it ran"

    see(tab, "heading", "Ready to review")
    press(tab, "button", f"Commit {PICTURES} files")
    see(tab, "heading", "Committed")
    tab.until(f"document.getElementById('commit-summary').textContent.startsWith('{PICTURES} files in the catalog')")
    assert server.get("/api/media")["total"] == PICTURES


#: An archive as large as people have them.
MANY = 20_000
IN_A_CHUNK = 200
#: Notes what moved.
_WATCHING = """
window.moved = []
new PerformanceObserver((list) => {
  // Less is a fraction of a pixel, as numbers are rounded.
  for (const { value, sources } of list.getEntries()) if (value >= 0.0001)
    moved.push(`${value.toFixed(5)} ${sources.map(({ node }) => node?.id || node?.nodeName).join(' ')}`)
}).observe({ type: 'layout-shift' })
"""


def fill_with_many(server: Server) -> None:
    """A few pictures by many names, in folders as a generator makes them: a run that opens none does not see it."""
    originals = [server.root / f"original_{number}.png" for number in range(10)]
    for original in originals:
        picture(original, "lighthouse, fog")
    for number in range(MANY - len(originals)):
        name = server.root / f"day_{number // 1_000:02}" / f"gen_{number:05}.png"
        name.parent.mkdir(exist_ok=True)
        name.hardlink_to(originals[number % len(originals)])


def test_twenty_thousand_files_leave_the_page_at_ease(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MOST_FILES", IN_A_CHUNK)
    fill_with_many(server)
    page.add_init_script(_WATCHING)
    walk.choose_root(page, server)
    page.get_by_role("radio", name=re.compile("^Index")).check()
    session = walk.press_start(page)
    expect(page.get_by_text("LIVE")).to_be_visible()
    for _ in range(3):
        walk.one_more_chunk(page, server)
    # The page is laid out by now: what moves from here on is moved by numbers.
    page.evaluate("moved.length = 0")
    for _ in range(8):
        walk.one_more_chunk(page, server)
    assert page.evaluate("moved") == []

    server.engine.open()
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible(timeout=ALARM_MS)
    assert walk.shown(page) == walk.told(server, session)
    assert walk.shown(page)["processed_files"] == MANY
    page.get_by_role("button", name=f"Commit {MANY:,} files").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible(timeout=ALARM_MS)
    expect(page.get_by_text(f"{MANY:,} files in the catalog.")).to_be_visible()
    assert server.get("/api/media")["total"] == MANY
