"""How a stream that is held back is told from one that is not (static/live/promptness.js)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.serving import Server

#: Answers what each step but `open` did, and last whether the stream is proven. Times in ms; the page begins at 0.
SCRIPT = """
async (steps) => {
  const { Promptness } = await import('/static/live/promptness.js')
  const judge = new Promptness(0)
  const answers = []
  for (const [kind, now, sent] of steps) {
    if (kind === 'open') judge.openedAt = now
    else if (kind === 'tick') answers.push(judge.isOverdue(now))
    else answers.push(judge.isHeld(kind === 'heartbeat', sent, now))
  }
  return [...answers, judge.proven]
}
"""

Step = tuple[Any, ...]
PROVEN: tuple[Step, ...] = (("open", 50), ("state", 100, 100), ("heartbeat", 205, 200))
BUNCH: tuple[Step, ...] = (
    ("tick", 3000),
    ("state", 3000, 1000),
    ("state", 3001, 2000),
    ("state", 3002, 3000),
)
SECOND_BUNCH: tuple[Step, ...] = (("tick", 6000), ("state", 6000, 4000), ("state", 6001, 5900))


def judged(page: Page, server: Server, *steps: Step) -> list[bool]:
    page.goto(server.url)
    answers: list[bool] = page.evaluate(SCRIPT, steps)
    return answers


def test_a_heartbeat_apart_from_the_state_proves_a_stream(page: Page, server: Server) -> None:
    assert judged(page, server, *PROVEN) == [False, False, True]


def test_what_comes_together_and_late_was_held(page: Page, server: Server) -> None:
    steps = (("open", 50), ("state", 12_000, 100), ("heartbeat", 12_001, 200))
    assert judged(page, server, *steps) == [False, True, False]


def test_what_comes_together_but_soon_was_not(page: Page, server: Server) -> None:
    """A network slower than the heartbeat is no reason to poll."""
    steps = (("open", 50), ("state", 1000, 100), ("heartbeat", 1001, 200))
    assert judged(page, server, *steps) == [False, False, True]


@pytest.mark.parametrize(
    ("before", "last", "first_late"),
    [
        pytest.param((), 5000, 5001, id="no answer"),
        pytest.param((("open", 4000),), 7000, 7001, id="an answer without an event"),
    ],
)
def test_silence_is_overdue(page: Page, server: Server, before: tuple[Step, ...], last: int, first_late: int) -> None:
    assert judged(page, server, *before, ("tick", last), ("tick", first_late)) == [False, True, False]


def test_nothing_is_overdue_once_something_came(page: Page, server: Server) -> None:
    assert judged(page, server, ("open", 50), ("state", 100, 100), ("tick", 600_000)) == [False, False, False]


def test_one_bunch_is_a_hiccup_and_two_are_a_stream_held_back(page: Page, server: Server) -> None:
    answers = judged(page, server, *PROVEN, *BUNCH, *SECOND_BUNCH)
    assert answers == [False, False, False, False, False, False, False, False, True, True]


def test_a_long_bunch_counts_once(page: Page, server: Server) -> None:
    more = [("state", 3003 + number, 4000 + 1500 * number) for number in range(10)]
    assert not any(judged(page, server, *PROVEN, *BUNCH, *more)[:-1])


def test_bunches_of_a_page_that_was_held_up_itself_do_not_count(page: Page, server: Server) -> None:
    def without_ticks(steps: tuple[Step, ...]) -> list[Step]:
        return [step for step in steps if step[0] != "tick"]

    answers = judged(page, server, *PROVEN, ("tick", 500), *without_ticks(BUNCH), *without_ticks(SECOND_BUNCH))
    assert not any(answers[:-1])


def test_what_was_sent_together_may_come_together(page: Page, server: Server) -> None:
    """Several sessions in one write, time and again."""
    writes = [("state", 1000 * second + number, 1000 * second) for second in range(1, 20) for number in range(5)]
    ticks = [("tick", 1000 * second) for second in range(1, 20)]
    steps = sorted([*writes, *ticks], key=lambda step: step[1])
    assert not any(judged(page, server, *PROVEN, *steps)[:-1])
