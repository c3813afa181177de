"""The engines that run for a test session."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright
from tests.browser.engines.contract import Engine
from tests.browser.engines.playwright import Chromium, Firefox, launch_chromium, launch_firefox
from tests.browser.engines.webkit import WebKit, webkit

NAMES = ("chromium", "firefox", "webkit")


class Engines(ExitStack):
    """Each starts when it is first asked for, or raises Missing, and stays until the context is left."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def named(self, name: str) -> Engine:
        """One of NAMES."""
        engine: Engine = getattr(self, name)
        return engine

    @cached_property
    def chromium(self) -> Chromium:
        return Chromium(self.enter_context(launch_chromium(self._playwright)))

    @cached_property
    def firefox(self) -> Firefox:
        return Firefox(self.enter_context(launch_firefox(self._playwright, self._folder)))

    @cached_property
    def webkit(self) -> WebKit:
        return self.enter_context(webkit())

    @cached_property
    def _playwright(self) -> Playwright:
        """Started once a process: a second one would find the first one's loop running."""
        return self.enter_context(sync_playwright())
