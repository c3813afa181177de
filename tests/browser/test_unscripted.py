"""Without JavaScript: from the first page to the commit, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.pictures import picture
from tests.browser.serving import Server
from tests.ports import free_port


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_from_the_folders_to_the_commit(plain: Page, server: Server) -> None:
    picture(server.root / "day_1" / "one.png", "fog")
    picture(server.root / "day_2" / "two.png", "rain")
    plain.goto(server.url)
    expect(plain.get_by_role("searchbox")).to_have_count(0)
    plain.get_by_role("radio", name="Metadata Headers").check()
    plain.get_by_role("button", name=f"Open {server.root}").click()
    plain.get_by_role("checkbox", name="Choose day_1").check()
    plain.get_by_role("button", name="Up").click()
    expect(plain.get_by_role("checkbox", name="day_1")).to_be_checked()
    expect(plain.get_by_role("radio", name="Metadata Headers")).to_be_checked()
    plain.get_by_role("button", name="Estimate first").click()
    expect(plain.locator("#estimate")).to_contain_text("1 file")
    plain.get_by_role("button", name="Start", exact=True).click()

    expect(plain.get_by_role("button", name="Pause")).to_be_visible()
    assert "/sessions/" in plain.url
    session = plain.url.rpartition("/")[2]
    server.engine.open()
    # It looks again by itself.
    expect(plain.get_by_role("heading", name="Ready to review")).to_be_visible()
    expect(plain.locator(".unscripted")).to_contain_text("1 of 1 file")
    plain.get_by_role("button", name="Commit").click()
    expect(plain.get_by_role("heading", name="Committed: 1 file")).to_be_visible()
    assert server.get(f"/api/ingest/status/{session}")["status"] == "committed"
    plain.get_by_role("link", name="Same settings again").click()
    expect(plain.get_by_role("radio", name="Metadata Headers")).to_be_checked()


def test_what_is_missing_is_told(plain: Page, server: Server) -> None:
    plain.goto(server.url)
    plain.get_by_label("Stop after this many files").fill("3")
    plain.get_by_label("Stop after this many files").press("Enter")
    expect(plain.get_by_role("alert").filter(has_text="Choose at least one folder")).to_be_visible()
    expect(plain.get_by_label("Stop after this many files")).to_have_value("3")
    assert server.get("/api/ingest/sessions")["sessions"] == []


@pytest.mark.parametrize("scripted", [True, False])
def test_who_logs_out_is_out(scripted: bool, browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    server = Server(tmp_path, port=port, public_url=f"http://127.0.0.1:{port}/")
    server.start()
    context = browser.new_context(java_script_enabled=scripted)
    context.set_default_timeout(10_000)
    try:
        page = context.new_page()
        page.goto(f"{server.url}/?token={server.token}")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert context.cookies() == []
        page.goto(server.url)
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.get_by_label("Token").fill(server.token)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()
    finally:
        context.close()
        server.stop()
