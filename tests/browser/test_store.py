"""Which message the page believes (static/store.js)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.serving import Server

#: Does each step to a store that follows session "s"; answers what the message says then, and how often it changed.
SCRIPT = """
async (steps) => {
  const { Store } = await import('/static/store.js')
  const store = new Store()
  store.follow('s')
  let changes = 0
  store.addEventListener('change', () => changes++)
  for (const [method, ...given] of steps) store[method](...given)
  return [store.message?.says ?? null, changes]
}
"""
STEPS = """
async (statuses) => {
  const { stepOf, atRest } = await import('/static/store.js')
  return statuses.map((status) => [stepOf({ status }), atRest({ status })])
}
"""


def told(seq: int, t: float, says: str, session: str = "s") -> tuple[str, dict[str, Any]]:
    return "accept", {"session_id": session, "seq": seq, "t": t, "says": says}


@pytest.mark.parametrize(
    ("steps", "says", "changes"),
    [
        pytest.param([told(1, 1, "a")], "a", 1, id="the first"),
        pytest.param([told(1, 1, "a"), told(2, 2, "b")], "b", 2, id="a newer fact"),
        pytest.param([told(2, 2, "b"), told(1, 3, "a")], "b", 1, id="an older fact, whatever its time"),
        pytest.param([told(1, 1, "a"), told(1, 2, "b")], "b", 2, id="a refresh"),
        pytest.param([told(1, 2, "b"), told(1, 1, "a")], "b", 1, id="an older refresh"),
        pytest.param([told(1, 1, "a"), told(1, 1, "again")], "again", 2, id="the same again"),
        pytest.param([told(1, 1, "a", "other")], None, 1, id="another session"),
        pytest.param([told(9, 9, "a"), ("renew",), told(1, 1, "b")], "b", 2, id="an older one after a reset"),
        pytest.param([told(9, 9, "a"), ("renew", "s"), told(1, 1, "b")], "b", 2, id="after a reset of this session"),
        pytest.param([told(9, 9, "a"), ("renew", "other"), told(1, 1, "b")], "a", 1, id="after a reset of another"),
        pytest.param([told(9, 9, "a"), ("renew",)], "a", 1, id="what is shown stays until it is replaced"),
        pytest.param(
            [told(9, 9, "a"), ("renew",), told(5, 5, "b"), told(4, 4, "c")], "b", 2, id="a reset is for one message"
        ),
        pytest.param([("connected", "live"), ("connected", "live")], None, 1, id="a connection that stays as it is"),
    ],
)
def test_the_newest_message_counts(
    page: Page, server: Server, steps: list[Any], says: str | None, changes: int
) -> None:
    page.goto(server.url)
    assert page.evaluate(SCRIPT, steps) == [says, changes]


def test_the_step_of_each_status(page: Page, server: Server) -> None:
    wanted = {
        "starting": ["process", False],
        "processing": ["process", False],
        "completed": ["preview", True],
        "cancelled": ["preview", True],
        "error": ["preview", True],
        "committing": ["commit", False],
        "committed": ["commit", True],
        "commit_error": ["commit", True],
        "deleted": ["preview", True],
    }
    page.goto(server.url)
    assert page.evaluate(STEPS, list(wanted)) == list(wanted.values())
