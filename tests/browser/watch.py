"""The page as somebody sees it who looks on, in a tab of any engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.browser.engines.contract import LOOKS, Profile, Tab
from tests.browser.pictures import picture
from tests.browser.serving import Server

BADGE = "document.getElementById('connection-text').textContent"
COUNT = "document.getElementById('count-processed_files').textContent"
LEADS = "window.tallylight.leads()"


def begun(server: Server) -> str:
    """A session over thirty pictures, none of them read yet. Returns its id."""
    fill(server)
    return server.begin()


def fill(server: Server) -> None:
    """Thirty pictures."""
    for number in range(30):
        picture(server.root / f"gen_{number:03}.png", "lighthouse, fog")


def opened(profile: Profile, address: str, session: str) -> Tab:
    """A tab that shows the session, live."""
    tab = profile.tab()
    tab.go(f"{address}/sessions/{session}")
    says(tab, "LIVE")
    return tab


def says(tab: Tab, words: str) -> None:
    """Wait for what the page says of its connection."""
    tab.until(f"{BADGE} === '{words}'")


def counts(tab: Tab, files: int) -> None:
    """Wait until so many files are counted."""
    tab.until(f"{COUNT} === '{files}'")


def let_one_through(server: Server, session: str) -> int:
    """Let one more chunk through; returns how many files are processed then."""

    def processed() -> int:
        files: int = server.get(f"/api/ingest/status/{session}")["stats"]["processed_files"]
        return files

    before = processed()
    server.engine.let(1)
    server.until(lambda: processed() > before)
    return processed()


def all_count(tabs: Sequence[Tab], server: Server, session: str) -> None:
    """One more chunk is counted in every tab."""
    files = let_one_through(server, session)
    for tab in tabs:
        counts(tab, files)


def wait(tab: Tab, condition: Callable[[], bool]) -> None:
    """Wait for something that is seen elsewhere, while the tab goes on."""
    for _ in range(LOOKS):
        if condition():
            return
        tab.pause(50)
    raise AssertionError("it never came about")


def readers(server: Server) -> int:
    """Streams that the server writes to."""
    found: int = server.get("/healthz")["readers"]
    return found
