"""Chromium and Firefox, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright
from tests.browser.engines import processes
from tests.browser.engines.contract import Missing, Tab
from tests.browser.proxy import Proxy

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOXES = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")
CHROMIUM_ARGUMENTS = (
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
#: Playwright switches the back-forward cache off, which people's browsers have.
NOT_ARGUMENTS = ("--disable-back-forward-cache",)
#: No look-up ever leaves this machine; released builds heed the first only with MOZ_REMOTE_SETTINGS_DEVTOOLS set.
FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "network.dns.localDomains": "tally.test",
}


def find(*candidates: str | None) -> str | None:
    """The first of these programs that is here."""
    found = (shutil.which(candidate) for candidate in candidates if candidate)
    return next((path for path in found if path), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """Start Chromium, or raise Missing."""
    path = find(os.environ.get("TALLYLIGHT_CHROMIUM"), *CHROMIUMS)
    if path is None:
        raise Missing("no Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM")
    return playwright.chromium.launch(
        executable_path=path, args=list(CHROMIUM_ARGUMENTS), ignore_default_args=list(NOT_ARGUMENTS)
    )


def launch_firefox(playwright: Playwright, folder: Path) -> Browser:
    """Start Firefox through a script in the folder, or raise Missing."""
    path = find(*FIREFOXES)
    if path is None:
        raise Missing("no Firefox was found: install one (Debian: apt install firefox-esr)")
    # Playwright sets this variable, and then all of Firefox ends when one page's process does.
    script = folder / "firefox"
    script.write_text(f'#!/bin/sh\nunset MOZ_CRASHREPORTER_SHUTDOWN\nexec "{path}" "$@"\n')
    script.chmod(0o755)
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=script,
        env={**os.environ, "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"},
        firefox_user_prefs=FIREFOX_PREFERENCES,
    )


class _Engine:
    name: str
    keeps_busy_pages: bool
    outlives_kills = True
    tab: type[_Tab]

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @contextmanager
    def profile(self, elsewhere: Proxy | None = None) -> Iterator[_Profile]:
        # `elsewhere` is found without further ado: both were told of tally.test at their start.
        context = self.browser.new_context()
        context.set_default_timeout(10_000)
        try:
            yield _Profile(context, self.tab)
        finally:
            context.close()


class _Profile:
    def __init__(self, context: BrowserContext, kind: type[_Tab]) -> None:
        self._context = context
        self._kind = kind

    def tab(self) -> Tab:
        return self._kind(self._context)


class _Tab(Tab):
    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()

    def go(self, url: str) -> None:
        self.page.goto(url)

    def back(self) -> None:
        # A page out of the back-forward cache does not load.
        self.page.go_back(wait_until="commit")

    def run(self, expression: str) -> Any:
        return self.page.evaluate(f"() => ({expression})")

    def pause(self, ms: int) -> None:
        self.page.wait_for_timeout(ms)

    def close(self) -> None:
        self.page.close()


class _ChromiumTab(_Tab):
    def kill(self) -> None:
        with self.page.expect_event("crash"), suppress(Error):
            self.page.goto("chrome://crash")


class _FirefoxTab(_Tab):
    #: What a process is called once it runs a site's pages.
    PROCESS = "Isolated Web Co"

    def __init__(self, context: BrowserContext) -> None:
        self._others = processes.named(self.PROCESS)
        self._own: set[int] = set()
        super().__init__(context)

    def go(self, url: str) -> None:
        super().go(url)
        self._own = processes.named(self.PROCESS) - self._others

    def kill(self) -> None:
        if sys.platform != "linux":
            pytest.skip("how to find the process of a Firefox tab is known for Linux alone")
        processes.kill(self._own)


class Chromium(_Engine):
    """Blink, which also Chrome and Edge draw with."""

    name = "Chromium"
    keeps_busy_pages = True
    tab = _ChromiumTab


class Firefox(_Engine):
    """Gecko."""

    name = "Firefox"
    keeps_busy_pages = False
    tab = _FirefoxTab
