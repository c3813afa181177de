"""How the page measures its own latency (static/latency.js)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page
from tests.browser.serving import Server

#: Tells of drawings that arrived so many ms ago, and answers the summary once all in the same frame are painted.
SCRIPT = """
async (ages) => {
  const { Latency } = await import('/static/latency.js')
  const latency = new Latency()
  const now = performance.now()
  for (const age of ages) latency.drew(now - age)
  const early = latency.summary().count
  while (latency.summary().count < Math.min(1000, ages.length)) await new Promise(requestAnimationFrame)
  return { ...latency.summary(), early, waited: performance.now() - now }
}
"""
HIDDEN = """
async () => {
  const { Latency } = await import('/static/latency.js')
  const latency = new Latency()
  Object.defineProperty(document, 'hidden', { value: true, configurable: true })
  latency.drew(performance.now())
  delete document.hidden
  latency.drew(performance.now())
  while (latency.summary().count < 1) await new Promise(requestAnimationFrame)
  return latency.summary().count
}
"""


def measured(page: Page, server: Server, ages: list[float]) -> dict[str, Any]:
    page.goto(server.url)
    answer: dict[str, Any] = page.evaluate(SCRIPT, ages)
    return answer


def test_nothing_painted_is_nothing_measured(page: Page, server: Server) -> None:
    summary = measured(page, server, [])
    assert (summary["count"], summary["p50"], summary["p95"], summary["max"]) == (0, 0, 0, 0)


def test_it_is_the_time_from_arrival_to_the_task_after_the_frame(page: Page, server: Server) -> None:
    summary = measured(page, server, [10_000])
    assert summary["early"] == 0, "it is counted once it is painted, not when it is drawn"
    assert 10_000 < summary["p50"] == summary["p95"] == summary["max"] <= 10_000 + summary["waited"]


def test_the_shares_are_those_of_all_updates(page: Page, server: Server) -> None:
    summary = measured(page, server, [10_000.0 * age for age in range(1, 101)])
    assert summary["count"] == 100
    for name, age in (("p50", 500_000), ("p95", 950_000), ("max", 1_000_000)):
        assert age < summary[name] <= age + summary["waited"]


def test_the_last_thousand_are_kept(page: Page, server: Server) -> None:
    summary = measured(page, server, [10_000_000.0] * 200 + [10_000.0] * 1000)
    assert summary["count"] == 1000
    assert summary["max"] <= 10_000 + summary["waited"]


def test_what_comes_to_a_hidden_page_is_not_counted(page: Page, server: Server) -> None:
    page.goto(server.url)
    assert page.evaluate(HIDDEN) == 1
