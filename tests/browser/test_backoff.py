"""How long the page waits before it tries again (static/live/backoff.js)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.browser.serving import Server

SCRIPT = """
async ([drawn, failures]) => {
  const { backoff } = await import('/static/live/backoff.js')
  Math.random = () => drawn
  return failures.map(backoff)
}
"""
FAILURES = [0, 1, 2, 3, 4, 5, 6, 100, 5000]
LONGEST = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]


@pytest.mark.parametrize("drawn", [0.0, 0.25, 0.999])
def test_it_is_any_time_up_to_one_that_doubles_until_15_seconds(page: Page, server: Server, drawn: float) -> None:
    page.goto(server.url)
    assert page.evaluate(SCRIPT, [drawn, FAILURES]) == pytest.approx([drawn * longest for longest in LONGEST])
