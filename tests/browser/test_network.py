"""What networks do to streams, and what the page makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from gzip import compress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.proxy import Proxy
from tests.browser.serving import Server

import tallylight.web

BADGE = "#connection-text"
COUNT = "#count-processed_files"
#: What Chromium itself writes to the console while nobody answers.
GONE = ("ERR_", "502", "503")
MODULES = Path(tallylight.web.__file__).parent / "static" / "live"


@pytest.fixture
def proxy(server: Server, allowed_errors: list[str]) -> Iterator[Proxy]:
    allowed_errors += GONE
    proxy = Proxy(server.url)
    yield proxy
    proxy.close()


def started(page: Page, server: Server, proxy: Proxy) -> str:
    """A session that the page follows through the proxy. Returns its id."""
    for number in range(30):
        picture(server.root / f"gen_{number:03}.png", "lighthouse, fog")
    session = walk.start(page, server)
    page.goto(f"{proxy.url}/sessions/{session}")
    return session


def test_the_modules_are_small() -> None:
    together = b"".join(path.read_bytes() for path in sorted(MODULES.glob("*.js")))
    assert len(compress(together, 9)) < 6 * 1024


def test_a_slow_3g_network_is_no_reason_to_poll(context: BrowserContext, page: Page, server: Server) -> None:
    for number in range(30):
        picture(server.root / f"gen_{number:03}.png", "lighthouse, fog")
    session = server.begin()
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/api/ingest/poll" in request.url else None)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.goto(f"{server.url}/sessions/{session}")
    expect(page.locator(BADGE)).to_have_text("LIVE", timeout=20_000)
    for _ in range(3):
        walk.one_more_chunk(page, server)
    walk.finish(page, server)
    assert walk.shown(page) == walk.told(server, session)
    assert polls == []


def test_where_streams_are_held_back_the_page_polls_until_one_gets_through(
    page: Page, server: Server, proxy: Proxy
) -> None:
    # Waits are at their shortest.
    page.add_init_script("Math.random = () => 0.01")
    proxy.hold_streams()
    session = started(page, server, proxy)
    expect(page.locator(BADGE)).to_have_text("polling", timeout=10_000)
    seen = [walk.shown(page)["processed_files"]]
    for _ in range(3):
        walk.one_more_chunk(page, server)
        seen.append(walk.shown(page)["processed_files"])
    assert seen == sorted(set(seen))

    before = proxy.streams
    proxy.release_streams()
    expect(page.locator(BADGE)).to_have_text("LIVE", timeout=25_000)
    assert proxy.streams == before + 1
    walk.finish(page, server)
    assert walk.shown(page) == walk.told(server, session)
    server.until(lambda: server.get("/healthz")["readers"] == 1)


def test_an_operator_may_ask_for_polls(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    server.stop()
    server.start(live="poll")
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/api/ingest/stream" in request.url else None)
    walk.start(page, server)
    expect(page.locator(BADGE)).to_have_text("polling")
    walk.finish(page, server)
    assert streams == []


def test_an_operator_may_ask_for_streams_only(page: Page, server: Server, proxy: Proxy) -> None:
    server.stop()
    server.start(live="stream")
    proxy.hold_streams()
    started(page, server, proxy)
    # Long after the time in which a page that may poll does so.
    page.wait_for_timeout(6_000)
    expect(page.locator(BADGE)).to_have_text("connecting…")


def test_the_page_measures_how_long_updates_take_to_be_seen(page: Page, server: Server) -> None:
    for number in range(10):
        picture(server.root / f"gen_{number}.png", "fog")
    walk.start(page, server)
    walk.one_more_chunk(page, server)
    walk.one_more_chunk(page, server)
    page.wait_for_function("() => window.tallylight.latency().count > 1")
    told = page.evaluate("() => window.tallylight.latency()")
    assert 0 < told["p50"] <= told["p95"] <= told["max"] < 5_000

    page.get_by_role("button", name="LIVE").click()
    expect(page.locator("#panel-connection")).to_have_text("live, by a stream")
    expect(page.locator("#panel-tab")).to_contain_text("this tab holds it")
    expect(page.locator("#panel-latency")).to_contain_text("half within")
