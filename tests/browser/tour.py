"""Every view in every state, one after the other: what must hold of all of them is looked at in each.

A part opens the page, brings it from one state to the next and gives the name of each it has reached. States that a run
comes to are those of a real one; those that pass too quickly, or need a fault, are told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server
from tests.browser.told import NOW, SESSION, tell

from tallylight.facts import State, Trouble
from tallylight.messages import Busy, Pace
from tallylight.model import Status

Part = Callable[[Page, Server], Iterator[str]]

#: Parts of what Chromium itself writes to the console on the way.
EXPECTED: Final = ("ERR_", "400", "401", "404")
#: As long as a file system takes it, without a place to break a line.
_LONG: Final = f"{'x' * 180}.png"
_BADGE: Final = "#connection-text"
_TROUBLES: Final = (
    Trouble(NOW, f"folder/{_LONG}", "truncated", "y" * 150),
    Trouble(NOW, "<b>odd</b>.png", "commit_failed", "Its row is locked."),
)
_STATE: Final = State(
    session_id=SESSION,
    seq=9,
    started_at=NOW - 70,
    total_final=True,
    files=1_200,
    processed=420,
    errors=2,
    keywords_added=1_234_567,
    troubles=_TROUBLES,
    last_file=f"folder/{_LONG}",
)


def told(status: Status) -> State:
    """A state with this status, as full as one may be."""
    return replace(
        _STATE,
        status=status,
        code="io_error",
        message="The disk refused in the middle of it.",
        commit_total=1_196,
        commit_done=1_000,
        commit_errors=2,
        undo_total=1_196,
        undo_done=100,
    )


def fill(server: Server) -> None:
    """Pictures of all kinds that a review has classes for, and one damaged."""
    for number in range(6):
        picture(server.root / f"day_{number % 2}" / f"gen_{number}.png", f"lighthouse, fog {number}", score=number % 6)
    picture(server.root / _LONG, "mist")
    (server.root / "copy.png").write_bytes((server.root / "day_0" / "gen_0.png").read_bytes())
    damaged(server.root / "broken.png")


def configure(page: Page, server: Server) -> Iterator[str]:
    fill(server)
    page.goto(server.url)
    expect(page.get_by_role("checkbox", name=f"Choose {server.root}")).to_be_visible()
    yield "nothing chosen"
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Choose")).to_be_visible()
    yield "started without a folder"
    page.get_by_role("button", name=f"Open {server.root}").click()
    expect(page.get_by_role("checkbox", name="Choose day_0")).to_be_visible()
    yield "inside a folder"
    walk.choose_root(page, server)
    yield "a folder chosen"


def process(page: Page, server: Server) -> Iterator[str]:
    fill(server)
    walk.start(page, server)
    expect(page.locator(_BADGE)).to_have_text("LIVE")
    yield "begun"
    walk.one_more_chunk(page, server)
    yield "under way, with a failure"
    page.locator("#log summary").click()
    expect(page.get_by_role("group", name="Files, the newest last").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("button", name="LIVE").click()
    expect(page.get_by_text("live, by a stream")).to_be_visible()
    yield "all opened"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    yield "paused"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("heading", name="Processing")).to_be_visible()
    server.stop()
    expect(page.locator(_BADGE)).to_have_text("reconnecting…")
    yield "reconnecting"
    # An hour later, by the page's clock.
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3_600_000 }")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(_BADGE)).to_have_text(re.compile("^offline"))
    yield "offline"


def process_told(page: Page, server: Server) -> Iterator[str]:
    pace = Pace(files_per_s=61.2, bytes_per_s=104e6)
    for name, state in {
        "scanning": replace(_STATE, status=Status.PROCESSING, total_final=False),
        "processing": replace(_STATE, status=Status.PROCESSING),
        "held": replace(
            _STATE, status=Status.HELD, code="held", message="All 10 files that the catalog has there are gone."
        ),
    }.items():
        tell(page, server, state, pace, [Busy(f"folder/{_LONG}", NOW - 3700), Busy("quick.png", NOW)])
        expect(page.get_by_role("progressbar")).to_be_visible()
        yield name


def review(page: Page, server: Server) -> Iterator[str]:
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    expect(page.get_by_role("button", name=re.compile("^Commit 8 files"))).to_be_visible()
    yield "ready"
    for name in ("New", "Duplicate", "Failed"):
        page.get_by_role("tab", name=name).click()
        files = page.get_by_role("listbox", name="Files").get_by_role("option")
        expect(files.first).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        yield f"files that are {name}"
        files.first.click()
        details = page.get_by_role("dialog")
        expect(details.get_by_role("button", name="Show embedded texts")).to_be_visible()
        yield f"details of one that is {name}"
        details.get_by_role("button", name="Close").click()


def nothing_to_review(page: Page, server: Server) -> Iterator[str]:
    (server.root / "notes.txt").write_text("no picture")
    server.engine.open()
    walk.start(page, server)
    expect(page.get_by_text("No picture or video is in these folders.")).to_be_visible()
    yield "nothing to do"
    tell(page, server, replace(_STATE, status=Status.ERROR, code="io_error", message="The disk refused."))
    expect(page.get_by_role("heading", name="The run stopped")).to_be_visible()
    yield "the run stopped"
    tell(page, server, replace(_STATE, status=Status.ERROR, code="database_unusable", message="It is away."))
    expect(page.get_by_role("region", name="Cut off")).to_be_visible()
    yield "cut off by its storage"


def commit(page: Page, server: Server) -> Iterator[str]:
    picture(server.root / "one.png", "fog", score=3)
    server.engine.open()
    walk.start(page, server)
    page.get_by_role("button", name="Commit 1 file").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    yield "committed"
    page.get_by_role("button", name="Undo the commit").click()
    dialog = page.get_by_role("dialog", name="Undo this commit?")
    expect(dialog).to_be_visible()
    yield "asked before an undo"
    dialog.get_by_role("button", name="Undo the commit").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    yield "undone"


def commit_told(page: Page, server: Server) -> Iterator[str]:
    state = replace(_STATE, processed=1_200, commit_total=1_198, commit_done=700)
    refused = replace(state, commit_done=1_196, commit_errors=2)
    for name, told, heading in (
        ("committing", replace(state, status=Status.COMMITTING), "Committing"),
        ("some refused", replace(refused, status=Status.COMMITTED), "Committed"),
        ("stopped", replace(state, status=Status.COMMIT_ERROR, code="disk_full", message="The disk is full."), "stop"),
        ("undoing", replace(refused, status=Status.UNDOING, undo_total=1_196, undo_done=100), "Undoing"),
    ):
        tell(page, server, told)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        yield name


def sessions(page: Page, server: Server) -> Iterator[str]:
    page.goto(f"{server.url}/sessions")
    expect(page.get_by_text("There is no session yet.")).to_be_visible()
    yield "no session"
    fill(server)
    server.begin()
    page.reload()
    expect(page.get_by_role("table", name="Running")).to_be_visible()
    yield "one is running"
    server.engine.open()
    earlier = page.get_by_role("table", name="Earlier")
    expect(earlier).to_be_visible()
    yield "one came to rest"
    earlier.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete this session?")).to_be_visible()
    yield "asked before deleting one"


def library(page: Page, server: Server) -> Iterator[str]:
    page.goto(f"{server.url}/library")
    expect(page.get_by_text("Nothing is committed yet.")).to_be_visible()
    yield "nothing in it"
    fill(server)
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit 8 files")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    page.goto(f"{server.url}/library")
    files = page.get_by_role("listbox").get_by_role("option")
    expect(files).to_have_count(8)
    expect(page.get_by_role("navigation", name="Narrow down").get_by_role("button").first).to_be_visible()
    yield "all files"
    page.set_viewport_size({"width": 1280, "height": 900})
    files.first.click()
    expect(page.get_by_role("complementary")).to_be_visible()
    yield "a file's details"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    yield "the keys"
    page.keyboard.press("Escape")
    words = page.get_by_role("searchbox", name="Search")
    words.fill("scroe:4")
    words.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did you mean score:?")
    yield "a search that cannot be"


def elsewhere(page: Page, server: Server) -> Iterator[str]:
    page.goto(f"{server.url}/sessions/7d3f9a52-0000-4000-8000-000000000000")
    expect(page.get_by_role("heading", name="No such session")).to_be_visible()
    yield "an unknown session"
    fill(server)
    server.engine.open()
    session = walk.start(page, server)
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    page.goto(f"{server.url}/api/ingest/report/{session}?format=html")
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    yield "the report"


PARTS: Final[dict[str, Part]] = {
    "configure": configure,
    "process": process,
    "process, told": process_told,
    "review": review,
    "nothing to review": nothing_to_review,
    "commit": commit,
    "commit, told": commit_told,
    "sessions": sessions,
    "library": library,
    "elsewhere": elsewhere,
}
