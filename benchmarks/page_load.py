"""How soon the page is there, and what it weighs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser

from page_browser import new_page
from page_session import Running
from tallylight.web.routes.pages import PAGES

#: Resolves to when the page's first text or picture was painted, in ms after its address was asked for.
_FIRST_PAINT: Final = """
() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [first] = list.getEntriesByName('first-contentful-paint')
    if (first) resolve(first.startTime)
  }).observe({ type: 'paint', buffered: true })
})
"""
#: Bytes of the document and of all files of the page, packed as they came; what the API answers is not our code.
_FETCHED: Final = """
() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(({ name }) => !new URL(name).pathname.startsWith('/api/'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""
_SETTLED_MS: Final = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Loads in fresh profiles, one after the other in turn."""

    loads: int
    page_ms: float  #: median first paint of the first page
    blank_ms: float  #: and of one with nothing in it, of the same server
    page_bytes: dict[
        str, int
    ]  #: all of our own that a visit fetches, asked for or not, as it travels, by the page's name
    all_bytes: int  #: all pages, all that there is below static/, each once

    @property
    def more_ms(self) -> float:
        return self.page_ms - self.blank_ms


def loaded(browser: Browser, session: Running, loads: int) -> Load:
    """Load the first page so many times, and a blank one, and weigh all pages."""
    address = f"http://127.0.0.1:{session.server.port}"
    ours, blank = [], []
    for _ in range(loads):
        ours.append(_first_paint(browser, f"{address}/"))
        blank.append(_first_paint(browser, f"{address}/blank"))
    # The first of each is not counted: the server packs its files then.
    with httpx.Client(base_url=address, headers={"accept-encoding": "gzip"}) as client:
        everything = {path: _weight(client, path) for path in (*PAGES.values(), *_static())}
    return Load(
        loads=loads - 1,
        page_ms=statistics.median(ours[1:]),
        blank_ms=statistics.median(blank[1:]),
        page_bytes={name: _fetched(browser, address + path) for name, path in PAGES.items()},
        all_bytes=sum(everything.values()),
    )


def _first_paint(browser: Browser, address: str) -> float:
    page = new_page(browser)
    page.goto(address)
    at = float(page.evaluate(_FIRST_PAINT))
    page.context.close()
    return at


def _fetched(browser: Browser, address: str) -> int:
    page = new_page(browser)
    page.goto(address)
    # It ends with what the page imports by itself once it is shown.
    page.wait_for_timeout(_SETTLED_MS)
    fetched = int(page.evaluate(_FETCHED))
    page.context.close()
    return fetched


def _weight(client: httpx.Client, path: str) -> int:
    response = client.get(path)
    response.raise_for_status()
    return response.num_bytes_downloaded


def _static() -> list[str]:
    folder = Path(str(files("tallylight.web"))) / "static"
    served = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    # Types are read by editors and the type checker alone.
    return [f"/static/{path}" for path in served if not path.endswith(".d.ts")]
