"""Chromium in front of the server, and what is seen of the page from outside of its own code."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from page_trace import CATEGORIES, Trace, read

_CANDIDATES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = (
    # Chromium's own sandbox does not start for root, as which containers run.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No look-up ever leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_SIZE: Final = {"width": 1280, "height": 900}

#: Notes when the first of the six counts was changed, and the beginning of the frame after the one that shows it: what
#: can be known of a paint without asking the code that draws. The mark finds the change in the trace. And what moved.
_OBSERVER: Final = """
(() => {
  const seen = (window.seen = [])
  const shifts = (window.shifts = [])
  new PerformanceObserver((list) => {
    const named = ({ node }) => node?.id || node?.className || node?.nodeName
    for (const { startTime, value, sources } of list.getEntries())
      shifts.push([startTime, value, sources.map(named).join(' ')])
  }).observe({ type: 'layout-shift', buffered: true })
  document.addEventListener('DOMContentLoaded', () => {
    const target = document.getElementById('count-processed_files')
    if (!target) return
    new MutationObserver(() => {
      const shown = Number(target.textContent.replaceAll(',', ''))
      const at = performance.now()
      performance.mark(`drawn ${shown}`)
      requestAnimationFrame(() => requestAnimationFrame(() => seen.push([shown, at, performance.now()])))
    }).observe(target, { childList: true, characterData: true, subtree: true })
  })
})()
"""
#: Milliseconds between 1970 and the page's time origin, by the clock that the server reads too. `Date.now()` has whole
#: ones: of many looks the one is best that came just after it moved.
_ORIGIN: Final = """
() => {
  const end = performance.now() + 20
  let origin = 0
  while (performance.now() < end) origin = Math.max(origin, Date.now() - performance.now())
  return origin
}
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the first count on the page. Times in ms of the page's own clock."""

    shown: int
    at: float
    next_frame: float  #: when the frame after the one that shows it began


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A browser while the context is open, with these arguments too. Ends the benchmark where there is none."""
    candidates = (os.environ.get("TALLYLIGHT_CHROMIUM", ""), *_CANDIDATES)
    path = next((found for candidate in candidates if (found := shutil.which(candidate))), None)
    if path is None:
        raise SystemExit("No Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *arguments])
        yield browser
        browser.close()


def new_page(browser: Browser, *, observed: bool = False) -> Page:
    """A page in a profile of its own."""
    page = browser.new_context(viewport=_SIZE).new_page()
    if observed:
        page.add_init_script(_OBSERVER)
    return page


def until_reviewed(page: Page, within_s: float) -> None:
    """Return once the page says that all files have their outcome."""
    page.get_by_role("heading", name="Ready to review").wait_for(timeout=within_s * 1000)


def changes(page: Page) -> list[Change]:
    """What the observer saw."""
    return [Change(*seen) for seen in page.evaluate("seen")]


@dataclass(frozen=True, slots=True)
class Shift:
    """Something moved that nobody had touched. `at` in ms of the page's own clock."""

    at: float
    value: float  #: as the layout instability API has it
    moved: str  #: what moved, for whoever mends it


def shifts(page: Page) -> list[Shift]:
    """What moved."""
    return [Shift(*seen) for seen in page.evaluate("shifts")]


def origin(page: Page) -> float:
    """When the page's own clock began, in wall time, in ms."""
    return float(page.evaluate(_ORIGIN))


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[Trace]]:
    """Trace the page while the context is open; the list then holds the trace."""
    found: list[Trace] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=path, categories=list(CATEGORIES))
        try:
            yield found
        finally:
            browser.stop_tracing()
        found.append(read(path))
