"""Live progress in somebody else's app: what the example and the how-to promise of two tabs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.docs.test_live_progress import AppServer as HowTo
from tests.docs.test_live_progress import app
from tests.examples.test_any_asgi_app import SERVERS, serving
from tests.serving import Server

#: What the page sets its bar to; frames are drawn of the tab in front alone.
NOTE_VALUES = """
window.values = new Set();
const value = Object.getOwnPropertyDescriptor(HTMLProgressElement.prototype, "value");
const set = function (to) { window.values.add(to); value.set.call(this, to); };
Object.defineProperty(HTMLProgressElement.prototype, "value", { ...value, set });
"""


@pytest.fixture(params=["how-to", *SERVERS])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    server: Server
    if request.param == "how-to":
        app(tmp_path / "app.py")
        with HowTo(tmp_path, tmp_path) as server:
            yield server.url
            server.stop()
    else:
        with serving(request.param) as server:
            yield server.url


def test_a_job_that_one_tab_starts_moves_the_bar_of_both(browser: Browser, url: str) -> None:
    context = browser.new_context()
    context.add_init_script(NOTE_VALUES)
    try:
        first, second = context.new_page(), context.new_page()
        for page in (first, second):
            page.goto(url)
        first.get_by_role("button").first.click()
        for page in (first, second):
            expect(page.get_by_role("progressbar")).to_have_js_property("value", 100)
            assert page.evaluate("window.values.size") > 5, "it moved, and did not jump"
    finally:
        context.close()
