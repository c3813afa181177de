"""The step Process: what moves, what stands out, and what can be done about it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server
from tests.browser.told import NOW, SESSION, at, tell

from tallylight.messages import Busy, Pace
from tallylight.model import Status

WORKING = at(
    Status.PROCESSING,
    started_at=NOW - 70,
    total_final=True,
    files=1_000,
    processed=420,
)


def failures(page: Page) -> Locator:
    return page.get_by_role("region", name="Failures")


def fill(server: Server, pictures: int = 12) -> None:
    for number in range(pictures):
        picture(server.root / f"gen_{number:03}.png", "fog")


# --- the bar, the numbers, the pace ------------------------------------------------------------------------------


def test_the_bar_tells_its_stage_and_never_runs_backwards(page: Page, server: Server) -> None:
    fill(server, 24)
    walk.start(page, server)
    page.evaluate(
        """() => {
          const bar = document.getElementById('process-bar')
          window.widths = [bar.value]
          new MutationObserver(() => window.widths.push(bar.value)).observe(bar, { attributes: true })
        }"""
    )
    stages = page.get_by_role("list", name="Stages").get_by_role("listitem")
    expect(stages).to_have_text(["Count the files", "Read the files"])
    expect(stages.nth(1)).to_have_attribute("aria-current", "step")
    for _ in range(3):
        walk.one_more_chunk(page, server)
    walk.finish(page, server)
    widths = page.evaluate("() => window.widths")
    assert widths == sorted(widths)
    assert len(set(widths)) > 2


def test_numbers_pulse_where_they_change_and_not_for_whoever_wants_no_motion(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    count = page.locator("#count-processed_files")
    expect(count).to_have_text("0")
    # The page has drawn what it was told: its own zero looks the same.
    expect(page.locator("#process-elapsed")).not_to_have_text("–")
    assert count.get_attribute("data-beat") is None, "the first number is no change"
    size = page.get_by_role("region", name="Counts").bounding_box()
    walk.one_more_chunk(page, server)
    assert count.get_attribute("data-beat") in {"a", "b"}
    animation = "element => getComputedStyle(element).animationName"
    assert str(count.evaluate(animation)).startswith("glow-")
    assert page.get_by_role("region", name="Counts").bounding_box() == size, "something has shifted"
    page.emulate_media(reduced_motion="reduce")
    assert count.evaluate(animation) == "none"


def test_the_pace_is_drawn_and_told_in_words(page: Page, server: Server) -> None:
    tell(page, server, WORKING, Pace(files_per_s=61.2, bytes_per_s=104e6, eta_s=9.5))
    line = page.get_by_role("img", name=re.compile("^Speed of the last two minutes"))
    expect(line).to_have_accessible_name(
        "Speed of the last two minutes: now 61.2 files/s, at least 61.2 files/s, at most 61.2 files/s"
    )
    expect(page.get_by_role("img", name=re.compile("^Reading of .* now 104 MB.s"))).to_be_visible()
    expect(page.locator("#process-eta")).to_have_text("0:10")


SPARKLINE = """
async (values) => {
  await import('/static/elements/sparkline.js')
  const line = document.createElement('tally-sparkline')
  line.setAttribute('name', 'Speed')
  document.body.append(line)
  for (const [at, value] of values) line.add(at, value)
  return [line.querySelector('path:not(.area)').getAttribute('d'), line.ariaLabel ?? line.getAttribute('aria-label')]
}
"""


@pytest.mark.parametrize(
    ("values", "points", "pieces", "told"),
    [
        pytest.param([], 0, 0, "nothing yet", id="nothing"),
        pytest.param([[1, 5]], 1, 1, "now 5, at least 5, at most 5", id="one"),
        pytest.param([[1, 0], [2, 0]], 2, 1, "now 0, at least 0, at most 0", id="a standstill"),
        pytest.param([[1, 5], [1.5, 99], [2, 7]], 2, 1, "now 7, at least 5, at most 7", id="one a second"),
        pytest.param([[1, 5], [2, 6], [60, 7], [61, 8]], 4, 2, "now 8, at least 5, at most 8", id="a gap"),
        pytest.param([[at, at] for at in range(1, 401)], 121, 1, "now 400, at least 280", id="two minutes"),
        pytest.param([[100, 1], [101, 2], [50, 3], [51, 4]], 2, 1, "now 4, at least 3", id="a clock set back"),
    ],
)
def test_the_line_keeps_two_minutes(
    page: Page, server: Server, values: list[Any], points: int, pieces: int, told: str
) -> None:
    page.goto(server.url)
    path, label = page.evaluate(SPARKLINE, values)
    drawn = re.split("[ML]", path or "")[1:]
    assert (len(drawn), (path or "").count("M")) == (points, pieces)
    assert all(0 <= float(x) <= 120 and 0 <= float(y) <= 32 for x, y in (place.split() for place in drawn))
    assert told in label


# --- workers -----------------------------------------------------------------------------------------------------


def test_each_worker_is_named_and_the_slow_one_stands_out(page: Page, server: Server) -> None:
    busy = [Busy("day_1/huge\u202egnp.png", NOW - 71.4), Busy("day_2/small.png", NOW - 0.2)]
    tell(page, server, WORKING, Pace(), busy)
    workers = page.get_by_role("list", name="Workers").get_by_role("listitem")
    expect(workers).to_have_text(["day_1/huge⟨U+202E⟩gnp.pngslow, 1:11", "day_2/small.png0:00"])
    expect(workers.first).to_have_attribute("data-slow", "")
    expect(workers.last).not_to_have_attribute("data-slow", "")


WORKERS = """
async (told) => {
  const { Workers } = await import('/static/process/workers.js')
  document.body.innerHTML = '<ul id="workers-list"></ul>'
  const workers = new Workers()
  return told.map((names) => {
    workers.draw(names.map((file) => ({ file, s: 1 })))
    return [...document.querySelectorAll('li bdi')].map((row) => row.textContent)
  })
}
"""


def test_a_file_keeps_its_row_and_a_row_its_place(page: Page, server: Server) -> None:
    # A page of its own: what draws in ours would miss what is taken away. It says that it has no icon, for a browser
    # looks for one elsewhere otherwise, and tells of it where there is none.
    empty = '<!doctype html><link rel="icon" href="data:,">'
    page.route(f"{server.url}/empty", lambda route: route.fulfill(content_type="text/html", body=empty))
    page.goto(f"{server.url}/empty")
    told = [["a", "b", "c"], ["c", "d", "a"], ["d"], [], ["e", "f", "g", "h"]]
    assert page.evaluate(WORKERS, told) == [
        ["a", "b", "c"],
        ["a", "d", "c"],
        ["–", "d", "–"],
        ["–", "–", "–"],
        ["e", "f", "g", "h"],
    ]


# --- failures ----------------------------------------------------------------------------------------------------


TOPS = "all => all.map((each) => each.getBoundingClientRect().top)"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_failures_move_nothing_while_they_come(page: Page, server: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for number in range(16):
        damaged(server.root / f"gen_{number:02}.png")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    expect(failures(page)).to_be_visible()
    expect(page.get_by_role("region", name="Milestones")).to_be_visible()
    shown = page.locator("#session > section:visible")
    before = shown.evaluate_all(TOPS)
    for _ in range(2):
        walk.one_more_chunk(page, server)
    expect(page.get_by_text("Half done")).to_be_visible()
    expect(failures(page).get_by_role("row", name="gen_")).to_have_count(walk.shown(page)["errors"])
    assert shown.evaluate_all(TOPS) == before


def test_failures_stand_by_reason_and_one_reason_is_tried_again(page: Page, server: Server) -> None:
    for number in range(3):
        damaged(server.root / f"broken_{number}.png")
    (server.root / "hollow.png").write_bytes(b"")
    walk.start(page, server)
    walk.finish(page, server)
    expect(failures(page).get_by_role("button", name="Retry all failures")).to_be_visible()
    hollow = failures(page).get_by_role("listitem").filter(has_text="hollow.png")
    expect(hollow).to_contain_text("empty 1 file")
    expect(failures(page).get_by_role("listitem").filter(has_text="broken_1.png")).to_contain_text("3 files")
    picture(server.root / "hollow.png", "fog")

    failures(page).get_by_role("button", name="Retry: empty").click()

    expect(page.locator("#count-errors")).to_have_text("3")
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible()
    expect(hollow).to_have_count(0)
    # With one reason left, its own button is the one for all.
    expect(failures(page).get_by_role("button", name="Retry all failures")).to_be_hidden()
    for number in range(3):
        picture(server.root / f"broken_{number}.png", "fog")
    failures(page).get_by_role("button", name=re.compile("^Retry")).click()
    expect(page.locator("#count-errors")).to_have_text("0")
    expect(failures(page)).to_be_hidden()


def test_many_failures_of_one_reason_wait_to_be_opened(page: Page, server: Server) -> None:
    for number in range(30):
        damaged(server.root / f"broken_{number:02}.png")
    walk.start(page, server)
    walk.finish(page, server)
    page.reload()
    reason = failures(page).get_by_role("listitem")
    expect(reason).to_have_count(1)
    expect(reason).to_contain_text("30 files")
    reason.locator("summary").press("Enter")
    expect(reason.get_by_role("row", name=re.compile("broken"))).to_have_count(30)


def test_a_refused_retry_says_why_and_keeps_the_focus(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("409")
    damaged(server.root / "broken.png")
    walk.start(page, server)
    walk.finish(page, server)
    page.route("**/api/ingest/retry-failed/*", lambda route: route.fulfill(status=409, json={"detail": "Not now."}))
    retry = failures(page).get_by_role("button", name=re.compile("^Retry"))
    retry.press("Enter")
    expect(failures(page).get_by_role("alert")).to_have_text("Not now.")
    expect(retry).to_be_focused()


# --- where the storage failed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.ERROR, Status.COMMIT_ERROR])
def test_a_session_that_its_storage_cut_off_can_be_resumed(page: Page, server: Server, status: Status) -> None:
    cut_off = replace(WORKING, status=status, code="database_unusable", message="The database is away.", errors=2)
    tell(page, server, cut_off)
    with page.expect_request(f"**/api/ingest/resume/{SESSION}") as caught:
        page.route("**/api/ingest/resume/*", lambda route: route.fulfill(json={}))
        page.get_by_role("region", name="Cut off").get_by_role("button", name="Resume").click()
    assert caught.value.method == "POST"


def test_a_session_that_failed_otherwise_has_ended(page: Page, server: Server) -> None:
    tell(page, server, replace(WORKING, status=Status.ERROR, code="internal", message="Odd."))
    expect(page.get_by_role("heading", name="The run stopped")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()


# --- the log -----------------------------------------------------------------------------------------------------


def log_lines(page: Page) -> Locator:
    return page.get_by_role("group", name="Files, the newest last").get_by_role("listitem")


@pytest.mark.parametrize("live", ["stream", "poll"])
def test_the_log_names_each_file_and_failures_alone_where_asked(page: Page, server: Server, live: Any) -> None:
    server.stop()
    server.start(live)
    fill(server, 6)
    damaged(server.root / "broken.png")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    before = int(page.locator("#count-processed_files").inner_text())
    page.locator("#log summary").press("Enter")
    expect(log_lines(page)).to_have_count(before)
    walk.finish(page, server)
    expect(log_lines(page)).to_have_count(7)
    expect(log_lines(page).filter(has_text="gen_003.png")).to_have_text(re.compile(r"^readgen_003\.png[\d,]+ ms$"))
    page.get_by_role("checkbox", name="Failures only").check()
    expect(log_lines(page)).to_have_text([re.compile(r"broken\.png")])


def test_only_an_open_log_has_a_stream_of_its_own(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    server.until(lambda: server.get("/healthz")["readers"] == 1)
    page.locator("#log summary").click()
    server.until(lambda: server.get("/healthz")["readers"] == 2)
    page.locator("#log summary").click()
    server.until(lambda: server.get("/healthz")["readers"] == 1)
    page.locator("#log summary").click()
    walk.finish(page, server)
    server.until(lambda: server.get("/healthz")["readers"] == 1)


LOG = """
async () => {
  await import('/static/elements/log.js')
  const log = document.createElement('tally-log')
  document.body.prepend(log)
  let seq = 0
  const frame = () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  const file = () => ({ seq: ++seq, file: `gen_${seq}.png`, outcome: seq % 50 ? 'extracted' : 'failed', ms: 3 })
  window.log = {
    flood: async (many) => {
      for (let done = 0; done < many; done += 250) {
        log.add(Array.from({ length: 250 }, file))
        await frame()
      }
    },
    skip: async (many) => { log.add([], many); await frame() },
    frame,
  }
}
"""


def test_a_flood_is_kept_up_with_in_bounds(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.evaluate(LOG)
    page.evaluate("() => window.log.flood(10_000)")
    lines = log_lines(page)
    assert 5 < lines.count() < 25, "only what is in sight is drawn"
    expect(lines.last).to_contain_text("gen_10000.png")
    assert int(lines.last.get_attribute("aria-setsize") or 0) <= 2_500
    page.evaluate("() => window.log.skip(1234)")
    expect(lines.last).to_have_text("…1,234 files not shown: they came faster than can be read")
    page.get_by_role("checkbox", name="Failures only").check()
    expect(lines.filter(has_text="gen_10000.png")).to_be_visible()
    expect(lines.filter(has_text="gen_9999.png")).to_have_count(0)


#: As a key or a wheel does it: little by little.
SCROLL = """
(scroller) => new Promise((done) => {
  scroller.addEventListener('scrollend', done, { once: true })
  scroller.scrollBy({ top: -300, behavior: 'smooth' })
})
"""


def test_the_log_holds_still_for_whoever_scrolls_up_and_follows_again(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.evaluate(LOG)
    page.evaluate("() => window.log.flood(1_000)")
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    scroller = page.get_by_role("group", name="Files, the newest last")
    scroller.evaluate(SCROLL)
    expect(follow).to_have_attribute("aria-pressed", "false")
    page.evaluate("() => window.log.frame()")
    seen = log_lines(page).nth(3).inner_text()
    # So many that older ones are let go of.
    page.evaluate("() => window.log.flood(1_750)")
    assert log_lines(page).nth(3).inner_text() == seen
    follow.press("Space")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(log_lines(page).last).to_contain_text("gen_2750.png")


# --- around it ---------------------------------------------------------------------------------------------------


def test_milestones_are_listed_with_their_times(page: Page, server: Server) -> None:
    fill(server, 11)
    damaged(server.root / "broken.png")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    walk.finish(page, server)
    passed = page.get_by_role("region", name="Milestones").get_by_role("listitem")
    expect(passed.filter(has_text="All done")).to_have_text(re.compile(r"^\d\d:\d\d:\d\dAll done$"))
    for milestone in ("First file read", "First failure", "A quarter done", "Half done", "Three quarters done"):
        expect(passed.filter(has_text=milestone)).to_have_count(1)
    page.reload()
    expect(passed.filter(has_text="All done")).to_have_text("earlierAll done")


def test_the_badge_shows_how_the_page_is_connected(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    badge = page.get_by_role("button", name="LIVE Connection")
    badge.press("Enter")
    expect(badge).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("live, by a stream")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("live, by a stream")).to_be_hidden()
    expect(badge).to_be_focused()


def test_the_icon_fills_and_is_the_lamp_again_at_rest(page: Page, server: Server) -> None:
    fill(server)
    walk.start(page, server)
    icon = page.locator("#favicon")
    expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
    walk.finish(page, server)
    expect(icon).to_have_attribute("href", "/static/lamp-off.svg")
    expect(page).to_have_title("Ready to review · Tallylight")


HIDDEN = """
window.told = []
window.isHidden = false
Object.defineProperty(document, 'hidden', { get: () => window.isHidden })
window.Notification = class {
  static permission = 'default'
  static async requestPermission() { return (Notification.permission = window.answer) }
  constructor(title, options) { window.told.push([title, options.body]) }
}
"""


@pytest.mark.parametrize("is_hidden", [True, False])
def test_the_end_is_told_to_whoever_asked_and_looks_elsewhere(
    context: BrowserContext, server: Server, is_hidden: bool
) -> None:
    context.add_init_script(HIDDEN)
    page = context.new_page()
    fill(server, 5)
    walk.start(page, server)
    page.evaluate("() => { window.answer = 'granted' }")
    wish = page.get_by_role("checkbox", name="Tell me when it is done")
    expect(wish).not_to_be_checked()
    wish.check()
    page.evaluate("hidden => { window.isHidden = hidden }", is_hidden)
    walk.finish(page, server)
    assert page.evaluate("() => window.told") == ([["Ready to review", "5 files"]] if is_hidden else [])


def test_a_browser_that_refuses_is_told_of_and_the_wish_is_taken_back(context: BrowserContext, server: Server) -> None:
    context.add_init_script(HIDDEN)
    page = context.new_page()
    fill(server, 1)
    walk.start(page, server)
    page.evaluate("() => { window.answer = 'denied' }")
    page.get_by_role("checkbox", name="Tell me when it is done").click()
    expect(page.get_by_role("checkbox", name="Tell me when it is done")).not_to_be_checked()
    expect(page.locator("#notify-trouble")).to_contain_text("does not let this page")


#: As Chrome on Android has it, in a profile that keeps nothing for the page.
STINGY = """
Notification = class extends Notification {
  constructor() { throw new TypeError('Illegal constructor. Use a service worker.') }
}
Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('Denied', 'SecurityError') } })
"""


def test_a_browser_that_cannot_tell_and_keeps_nothing_does_the_rest(context: BrowserContext, server: Server) -> None:
    context.add_init_script(HIDDEN + STINGY)
    page = context.new_page()
    fill(server, 5)
    walk.start(page, server)
    page.evaluate("() => { window.answer = 'granted' }")
    page.get_by_role("checkbox", name="Tell me when it is done").check()
    page.evaluate("() => { window.isHidden = true }")
    walk.finish(page, server)
    expect(page.locator("#notify")).not_to_be_checked()
    expect(page.locator("#count-processed_files")).to_have_text("5")
