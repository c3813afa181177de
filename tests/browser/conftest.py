"""Real browsers in front of a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect
from tests.browser.engines.contract import Engine, Missing, Profile
from tests.browser.engines.started import NAMES, Engines
from tests.browser.proxy import Proxy
from tests.browser.serving import Server

from tallylight.ingest import chunks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> None:
    """Not asked here: Playwright's synchronous API keeps a loop running in the test's own thread, which may block."""


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with Engines(tmp_path_factory.mktemp("engines")) as engines:
        yield engines


@pytest.fixture(scope="session")
def browser(engines: Engines) -> Browser:
    expect.set_options(timeout=5_000)
    try:
        return engines.chromium.browser
    except Missing as missing:
        go_without(str(missing))


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest, engines: Engines) -> Engine:
    """One after the other."""
    try:
        return engines.named(request.param)
    except Missing as missing:
        go_without(str(missing))


@pytest.fixture
def profile(engine: Engine, server: Server) -> Iterator[Profile]:
    """Of each engine. Needs the server so that pages close before it stops."""
    with engine.profile() as profile:
        yield profile


@pytest.fixture
def profiles(engines: Engines, server: Server) -> Iterator[list[Profile]]:
    """One of each engine, for what takes long and can happen to all of them at once."""
    with ExitStack() as stack:
        missing: list[str] = []
        profiles: list[Profile] = []
        for name in NAMES:
            try:
                profiles.append(stack.enter_context(engines.named(name).profile()))
            except Missing as reason:
                missing.append(str(reason))
        if not profiles or (missing and is_required()):
            go_without("; ".join(missing))
        yield profiles


def is_required() -> bool:
    return os.environ.get("TALLYLIGHT_REQUIRE_BROWSERS") == "1"


def go_without(reason: str) -> NoReturn:
    """Skip the test for want of a browser, or fail it where none may be missing."""
    if is_required():
        pytest.fail(reason)
    pytest.skip(reason)


#: Files in a chunk. By itself a chunk grows to what is done in 50 ms, on a fast machine to all files of a test that
#: wants to see one chunk after the other.
FEW = 4


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(chunks, "MOST_FILES", FEW)
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.url)
    yield proxy
    proxy.close()


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


#: The page's modules are there, and have taken over the form of the first step, which until then is sent to the server;
#: or the page says that one did not come.
TAKEN_OVER = """() => {
  const own = document.getElementById('preset-use')
  const isLacking = document.getElementById('unloaded')?.hidden === false
  return !document.getElementById('modules') && (!own || own.type === 'button' || isLacking)
}"""


@pytest.fixture
def page(context: BrowserContext, monkeypatch: pytest.MonkeyPatch) -> Page:
    """One whose `goto` returns once scripts do what the page is asked to, or say that they cannot."""
    page = context.new_page()
    goto = page.goto

    def opened(url: str, **options: Any) -> Response | None:
        response = goto(url, **options)
        page.wait_for_function(TAKEN_OVER)
        return response

    monkeypatch.setattr(page, "goto", opened)
    return page
