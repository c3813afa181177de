"""WebKitGTK: its MiniBrowser, driven by WebKitWebDriver, on a screen that nobody sees."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from tests.browser.engines import processes
from tests.browser.engines.contract import Missing, Tab
from tests.browser.engines.playwright import find
from tests.browser.engines.webdriver import Driver
from tests.browser.proxy import Proxy
from tests.ports import free_port

#: Where Debian and Fedora put it; it is on nobody's PATH.
BROWSERS = ("lib/*/webkit2gtk-4.1/MiniBrowser", "libexec/webkit2gtk-4.1/MiniBrowser")
SCREEN = ("-screen", "0", "1280x900x24", "-nolisten", "tcp")
#: As the kernel cuts it off.
PROCESS = "WebKitWebProces"


@contextmanager
def webkit() -> Iterator[WebKit]:
    """The engine with a screen of its own, or raise Missing."""
    screen, driver = find("Xvfb"), find("WebKitWebDriver")
    browser = next(chain.from_iterable(Path("/usr").glob(place) for place in BROWSERS), None)
    if screen is None or driver is None or browser is None:
        raise Missing("no WebKitGTK was found: on Linux install it (Debian: apt install webkit2gtk-driver xvfb)")
    with _display(screen) as display:
        yield WebKit(driver, browser, display)


class WebKit:
    """WebKit, which Safari draws with."""

    name = "WebKitGTK"
    keeps_busy_pages = True
    outlives_kills = False

    def __init__(self, driver: str, browser: Path, display: str) -> None:
        self._driver = driver
        self._browser = browser
        self._environment = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11"}

    @contextmanager
    def profile(self, elsewhere: Proxy | None = None) -> Iterator[_Profile]:
        """A browser of its own: one has a single profile, and it is started in half a second."""
        port = free_port()
        others = processes.named(PROCESS)
        # A group of its own, so that nothing is left of a browser that outlives its session.
        with subprocess.Popen(
            [self._driver, f"--port={port}"], env=self._environment, start_new_session=True
        ) as process:
            try:
                driver = Driver(f"http://127.0.0.1:{port}", self._capabilities(elsewhere))
                try:
                    yield _Profile(driver, others)
                    if not driver.is_lost:
                        driver.quit()
                finally:
                    driver.close()
            finally:
                os.killpg(process.pid, signal.SIGKILL)

    def _capabilities(self, elsewhere: Proxy | None) -> dict[str, object]:
        options = {"binary": str(self._browser), "args": ["--automation"]}
        asked: dict[str, object] = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        if elsewhere is not None:
            # It can be taught no names; a proxy for all it asks does as well.
            asked["proxy"] = {"proxyType": "manual", "httpProxy": f"127.0.0.1:{elsewhere.port}"}
        return asked


class _Profile:
    def __init__(self, driver: Driver, others: set[int]) -> None:
        self._driver = driver
        self._others = others
        self._is_new = True

    def tab(self) -> Tab:
        if self._is_new:
            self._is_new = False
            return _Tab(self._driver, self._driver.tab(), self._others)
        others = processes.named(PROCESS)
        return _Tab(self._driver, self._driver.open_tab(), others)


class _Tab(Tab):
    """Only a profile's first tab is in front; the page in any other is hidden, as WebKit sees it."""

    def __init__(self, driver: Driver, handle: str, others: set[int]) -> None:
        self._driver = driver
        self._handle = handle
        self._others = others
        self._own: set[int] = set()

    def go(self, url: str) -> None:
        self._here().go(url)
        # Perhaps not the one it was opened with.
        self._own = processes.named(PROCESS) - self._others

    def back(self) -> None:
        self._here().back()

    def run(self, expression: str) -> Any:
        return self._here().run(f"return ({expression})")

    def pause(self, ms: int) -> None:
        threading.Event().wait(ms / 1000)

    def close(self) -> None:
        self._here().close_tab()

    def kill(self) -> None:
        processes.kill(self._own & processes.named(PROCESS))
        self._driver.is_lost = True

    def _here(self) -> Driver:
        self._driver.switch(self._handle)
        return self._driver


@contextmanager
def _display(program: str) -> Iterator[str]:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [program, "-displayfd", str(writing), *SCREEN], pass_fds=(writing,), stderr=subprocess.DEVNULL
    ) as process:
        os.close(writing)
        try:
            # To the end of the line: Xvfb dies if this is closed before it has written all of it.
            with os.fdopen(reading) as told:
                number = told.readline().strip()
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            process.terminate()
