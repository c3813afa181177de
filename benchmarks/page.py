"""Measures the page in Chromium: how soon it and its numbers are painted, what it keeps in memory, what it moves.

A real server process with an engine that makes outcomes up. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

import page_heap
from page_browser import Change, Shift, changes, chromium, new_page, origin, shifts, traced, until_reviewed
from page_load import loaded
from page_results import Moved, Paint, Results, Spread, table
from page_session import running
from page_wire import Wire
from readme import machine, put

_LATEST: Final = Path(__file__).with_name("page.json")
PARTS: Final = ("load", "paint", "heap", "wire")
#: So many updates come each second that every slot is taken; and so few that every fact finds a free one.
FLOOD, LIGHT = 5_000.0, 10.0
STREAM, STATUS = "/api/ingest/stream", "/api/ingest/status"
_SLACK_S: Final = 30.0
#: After the first number: lists of workers and milestones come, and the connection says that it is live.
_OPENING_MS: Final = 1_000
#: What polls in place of our page: at its address, so that it is asked with the same headers.
_POLLING: Final = """<!doctype html><title>polling</title><script>
const session = location.pathname.split('/').pop()
async function ask() {
  const state = await (await fetch(`/api/ingest/status/${session}`)).json()
  document.title = `${state.progress}%`
  if (state.status !== 'completed') return
  clearInterval(timer)
  window.isOver = true
}
const timer = setInterval(ask, EVERY_MS)
ask()
</script>"""


def main() -> None:
    """Measure, print, and write page.json."""
    options = _options()
    with chromium() as browser:
        results = Results(
            date=datetime.now(UTC).date().isoformat(),
            machine=machine(),
            versions={"Chromium": browser.version, "Python": platform.python_version(), "uvicorn": version("uvicorn")},
        )
        _measure(options, results, browser)
    if "heap" in options.only:
        _say("Heap …")
        results.updates = 20_000 if options.quick else 100_000
        with running(files=2, files_per_s=0.01) as session:
            results.heap_kb = page_heap.kilobytes(session.address, session.status(), results.updates)
    if not options.quick and _LATEST.exists():
        results.complete(json.loads(_LATEST.read_text()))
    text = table(results)
    print(text)
    if options.quick:
        return
    _LATEST.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    if options.readme:
        put("Latest page", text)


def _measure(options: argparse.Namespace, results: Results, browser: Browser) -> None:
    quick = options.quick
    if "load" in options.only:
        _say("Load …")
        with running(files=2, files_per_s=0.01) as session:
            results.load = loaded(browser, session, loads=4 if quick else 16)
    if "paint" in options.only:
        seconds = 3 if quick else 12
        for rate in (FLOOD, LIGHT):
            _say(f"Paint at {rate:,g} files/s …")
            results.paints.append(_paint(browser, rate, round(rate * seconds)))
    if "wire" in options.only:
        # 40 files a second take every slot: 20 updates a second.
        for files, rate, polls, at_most in (
            (60 if quick else 1_000, 4, 1, 0.5),
            (200 if quick else 1_000, 40, 20, 0.2),
        ):
            _say(f"Wire, {files:,} files at {rate}/s …")
            results.moved.append(_moved(browser, files, rate, polls, at_most))


# --- paint ------------------------------------------------------------------------------------------------------------


def _paint(browser: Browser, rate: float, files: int) -> Paint:
    with running(files, rate) as session:
        page = new_page(browser, observed=True)
        with traced(browser, page) as traces:
            page.goto(session.address)
            until_reviewed(page, files / rate + _SLACK_S)
        own, seen, began = page.evaluate("tallylight.latency()"), changes(page), origin(page)
        moved = _while_moving(shifts(page), seen)
        page.context.close()
        done = session.done()
    trace = traces[0]
    painted = [(change.shown, began + change.at + change.until_painted) for change in trace.drawn]
    presented = [(change.shown, began + change.at + change.until_presented) for change in trace.drawn]
    return Paint(
        files_per_s=rate,
        reached=(len(done) - 1) / (done[-1] - done[0]) * 1000,
        own=Spread(own["count"], own["p50"], own["p95"], own["max"]),
        next_frame=Spread.of([change.next_frame - change.at for change in seen]),
        painted=Spread.of([change.until_painted for change in trace.drawn]),
        presented=Spread.of([change.until_presented for change in trace.drawn]),
        # Not the first: what had happened before the page came is no latency.
        newest_painted=Spread.of([at - done[count - 1] for count, at in painted[1:]]),
        newest_presented=Spread.of([at - done[count - 1] for count, at in presented[1:]]),
        every_painted=Spread.of(
            [at - done[fact] for (before, _), (count, at) in pairwise(painted) for fact in range(before, count)]
        ),
        loading_ms=trace.loading_ms,
        moving_ms=trace.moving_ms,
        review_ms=trace.review_ms,
        shift=sum(shift.value for shift in moved),
    )


def _while_moving(found: list[Shift], seen: list[Change]) -> list[Shift]:
    """Not what moved while the page opened, nor when the review took the place of the numbers."""
    moved = [shift for shift in found if seen[0].at + _OPENING_MS < shift.at < seen[-1].at]
    for shift in moved:
        _say(f"  moved by {shift.value:.4f} at {shift.at:,.0f} ms: {shift.moved}")
    return moved


# --- wire -------------------------------------------------------------------------------------------------------------


def _moved(browser: Browser, files: int, rate: float, polls: float, at_most: float) -> Moved:
    """One session, looked at by our page and by one that polls, each through a proxy of its own."""
    with (
        running(files, rate) as session,
        Wire(session.server.port, (STREAM, STATUS)) as ours,
        Wire(session.server.port, (STREAM, STATUS)) as theirs,
    ):
        start = time.monotonic()
        polling = _polling_page(browser, theirs.url + session.path, polls)
        page = new_page(browser)
        page.goto(ours.url + session.path)
        polling.wait_for_function("() => window.isOver", timeout=(files / rate + _SLACK_S) * 1000)
        until_reviewed(page, _SLACK_S)
        seconds = time.monotonic() - start
        # Our page asks for the status too, once, when it opens.
        moved, polled = ours.traffic(STREAM) + ours.traffic(STATUS), theirs.traffic(STATUS)
        updates = session.told()
        for each in (page, polling):
            each.context.close()
    return Moved(
        files=files,
        files_per_s=rate,
        polls_per_s=polls,
        seconds=seconds,
        updates=updates,
        page=moved,
        polling=polled,
        at_most=at_most,
    )


def _polling_page(browser: Browser, address: str, polls: float) -> Page:
    page = new_page(browser)
    document = _POLLING.replace("EVERY_MS", str(round(1000 / polls)))
    page.route(address, lambda route: route.fulfill(body=document, content_type="text/html"))
    page.goto(address)
    return page


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, to see that it works; nothing is kept of it")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"{', '.join(PARTS)}; the others stay as in page.json",
    )
    parser.add_argument("--readme", action="store_true", help="also put the tables into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
