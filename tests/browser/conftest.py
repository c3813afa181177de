"""A real Chromium in front of a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from tests.browser.serving import Server

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    # Chromium's own sandbox does not start for root, as which containers run.
    "--no-sandbox",
    "--disable-gpu",
    # No look-up ever leaves this machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # tally.test stands for a server that is known by a name.
    "--host-resolver-rules=MAP tally.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_chromium() -> str | None:
    named = os.environ.get("TALLYLIGHT_CHROMIUM")
    found = (shutil.which(candidate) for candidate in (*([named] if named else []), *CANDIDATES))
    return next((path for path in found if path), None)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> None:
    """Not asked here: Playwright's synchronous API keeps a loop running in the test's own thread, which may block."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        reason = "no Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM"
        if os.environ.get("TALLYLIGHT_REQUIRE_BROWSERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=5_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def allowed_errors() -> list[str]:
    """Parts of console errors that a test provokes; any other fails it."""
    return []


@pytest.fixture
def context(browser: Browser, server: Server, allowed_errors: list[str]) -> Iterator[BrowserContext]:
    """A fresh profile whose console stays clean. Needs the server so that pages close before it stops."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(5_000)
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in allowed_errors):
            errors.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
