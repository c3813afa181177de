"""The page through the real nginx and Caddy: over HTTP/2, below a path, and behind the log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser import walk, watch
from tests.browser.conftest import FEW
from tests.browser.serving import Server
from tests.ports import free_port
from tests.proxies import Caddy, Nginx, Proxy, Site, Variant

from tallylight.ingest import chunks

COUNT = "#count-processed_files"
BADGE = "#connection-text"


@dataclass(frozen=True)
class Place:
    """A server, the proxy in front of it, and a browser that trusts it and has been nowhere yet."""

    server: Server
    proxy: Proxy
    context: BrowserContext

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def link(self) -> str:
        return f"{self.url}/?token={self.server.token}"


def placed(kind: type[Proxy], site: Site, browser: Browser, folder: Path) -> Iterator[Place]:
    port = free_port()
    proxy = kind(f"http://127.0.0.1:{port}", Variant(site=site), folder / "proxy")
    server = Server(folder, port=port, public_url=f"{proxy.url}/")
    server.start()
    proxy.start()
    # The certificate is one that only the test trusts; what is verified elsewhere is let through here.
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(10_000)
    try:
        yield Place(server, proxy, context)
    finally:
        context.close()
        proxy.stop()
        server.stop()


@pytest.fixture(params=["nginx", "caddy"])
def below_a_path(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setattr(chunks, "MOST_FILES", FEW)
    yield from placed({"nginx": Nginx, "caddy": Caddy}[request.param], "prefix", browser, tmp_path)


@pytest.fixture
def behind_nginx(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(chunks, "MOST_FILES", FEW)
    yield from placed(Nginx, "deploy", browser, tmp_path)


@pytest.fixture
def behind_plain_nginx(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(chunks, "MOST_FILES", FEW)
    yield from placed(Nginx, "bare", browser, tmp_path)


def logged_in(place: Place) -> Page:
    page = place.context.new_page()
    page.goto(place.link)
    # LIVE where a session is in motion, whichever it is.
    expect(page.locator(BADGE)).to_have_text(re.compile("^(connected|LIVE)$"))
    return page


def all_count(pages: list[Page], server: Server, session: str) -> None:
    files = watch.let_one_through(server, session)
    for page in pages:
        expect(page.locator(COUNT)).to_have_text(str(files))


def test_a_whole_run_below_a_path(below_a_path: Place) -> None:
    place = below_a_path
    watch.fill(place.server)
    requests: list[str] = []
    page = logged_in(place)
    page.on("request", lambda request: requests.append(request.url))
    assert page.url == f"{place.url}/", "and nothing of the token stays in the address"
    page.get_by_role("checkbox", name=f"Choose {place.server.root}").check()
    expect(page.locator("#filetypes-note")).not_to_have_text(re.compile("Choose|Looking"))
    session = walk.press_start(page)
    assert page.url == f"{place.url}/sessions/{session}"
    expect(page.locator(BADGE)).to_have_text("LIVE")
    all_count([page], place.server, session)
    page.reload()
    expect(page.locator(BADGE)).to_have_text("LIVE")
    walk.finish(page, place.server)
    pictures = page.locator("#plan-grid img")
    expect(pictures.first).to_be_visible()
    # It is shown before it is loaded.
    assert pictures.first.evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
    with page.expect_navigation():
        page.locator("#preview-report").click()
    assert page.url == f"{place.url}/api/ingest/report/{session}"
    # Out of the back-forward cache it does not load.
    page.go_back(wait_until="commit")
    with page.expect_navigation():
        page.locator("a.brand").click()
    assert page.url == f"{place.url}/"
    assert [url for url in requests if not url.startswith((f"{place.url}/", "data:"))] == []


def test_over_http_2_eight_tabs_with_a_stream_each_stay_live(behind_nginx: Place) -> None:
    place = behind_nginx
    session = watch.begun(place.server)
    logged_in(place).close()
    # Without channels between tabs each has a connection of its own, while it is seen; headless all of them are.
    place.context.add_init_script("delete globalThis.BroadcastChannel")
    pages = [place.context.new_page() for _ in range(8)]
    for page in pages:
        page.goto(f"{place.url}/sessions/{session}")
        expect(page.locator(BADGE)).to_have_text("LIVE")
    assert pages[7].evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    place.server.until(lambda: watch.readers(place.server) == 8)
    all_count(pages, place.server, session)
    all_count(pages[::-1], place.server, session)
    place.server.engine.open()
    for page in pages:
        expect(page.locator(COUNT)).to_have_text("30")


def test_over_http_1_eight_tabs_share_one_stream(behind_plain_nginx: Place) -> None:
    place = behind_plain_nginx
    session = watch.begun(place.server)
    logged_in(place).close()
    pages = [place.context.new_page() for _ in range(8)]
    for page in pages:
        page.goto(f"{place.url}/sessions/{session}")
        expect(page.locator(BADGE)).to_have_text("LIVE")
    assert pages[7].evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "http/1.1"
    assert watch.readers(place.server) == 1
    all_count(pages, place.server, session)
    place.server.engine.open()
    for page in pages:
        expect(page.locator(COUNT)).to_have_text("30")


def test_a_page_outlives_the_restart_of_the_proxy_and_of_the_server(behind_nginx: Place) -> None:
    place = behind_nginx
    session = watch.begun(place.server)
    page = logged_in(place)
    page.goto(f"{place.url}/sessions/{session}")
    expect(page.locator(BADGE)).to_have_text("LIVE")
    place.proxy.restart()
    expect(page.locator(BADGE)).to_have_text("LIVE", timeout=20_000)
    all_count([page], place.server, session)
    place.server.stop()
    place.server.start()
    expect(page.locator(BADGE)).to_have_text("LIVE", timeout=20_000)
    all_count([page], place.server, session)


def test_the_log_in_needs_no_script_and_leads_on(behind_nginx: Place, browser: Browser) -> None:
    place = behind_nginx
    session = place.server.begin()
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    try:
        page = context.new_page()
        answer = page.goto(f"{place.url}/sessions/{session}")
        assert answer is not None
        assert answer.status == 401
        page.get_by_label("Token").fill("guess")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("not the server's token")
        page.get_by_label("Token").fill(place.server.token)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{place.url}/sessions/{session}")
        expect(page.get_by_role("navigation", name="Steps")).to_be_visible()
        (cookie,) = context.cookies()
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    finally:
        context.close()


def test_another_token_sends_pages_to_the_log_in_and_ends_their_streams(behind_nginx: Place) -> None:
    place = behind_nginx
    session = watch.begun(place.server)
    page = logged_in(place)
    page.goto(f"{place.url}/sessions/{session}")
    expect(page.locator(BADGE)).to_have_text("LIVE")
    place.server.rotate()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    place.server.until(lambda: watch.readers(place.server) == 0)
    page.get_by_label("Token").fill(place.server.token)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(BADGE)).to_have_text("LIVE")
    all_count([page], place.server, session)
