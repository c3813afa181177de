"""A page that is told of a session by answers alone: states that a run passes too quickly, or seldom comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Page, Route
from tests.browser.serving import Server

from tallylight.facts import State
from tallylight.messages import Busy, Pace, view
from tallylight.model import Status

SESSION = "7d3f9a52-1b1c-4b7e-9d55-0123456789ab"
NOW = 1_800_000_000.0


def at(status: Status, **known: Any) -> State:
    """The session in this status, with what else is known of it."""
    return State(session_id=SESSION, seq=9, status=status, **known)


def always(answer: Mapping[str, Any]) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=answer)


def tell(
    page: Page,
    server: Server,
    state: State,
    pace: Pace | None = None,
    busy: Sequence[Busy] = (),
    *,
    preview: Mapping[str, Any] | None = None,
) -> None:
    """Open the session's page; all that it hears of it is this state, and of its preview what is said otherwise."""
    answer(page, state, pace, busy, preview=preview)
    page.goto(f"{server.url}/sessions/{state.session_id}")


def answer(
    page: Page,
    state: State,
    pace: Pace | None = None,
    busy: Sequence[Busy] = (),
    *,
    preview: Mapping[str, Any] | None = None,
) -> None:
    """Answer whatever is asked of this session as `tell` does."""
    session = state.session_id
    answers: dict[str, Any] = {
        "status": view(state, NOW, pace, busy=busy),
        "items": {"items": [], "next": None},
        "failures": {"session_id": session, "reasons": []},
        "report": {"parameters": {"nsfw_threshold": 0.5}, "preview": {}, "by_type": {}, "folders_unread": []},
        "facets": {
            "session_id": session,
            "complete": True,
            "files": 0,
            **{name: {} for name in ("type", "model", "score", "month")},
            "size": {"ends": [], "files": []},
            "nsfw": [],
        },
        "preview": {
            "session_id": session,
            "preview": "0-0",
            "complete": True,
            "files": {"new": state.processed - state.errors, "failed": state.errors},
            "unlisted": {},
            "set_aside": {},
            "to_commit": state.processed - state.errors,
            "conflicts": 0,
            "items": [],
            "next": None,
            **(preview or {}),
        },
    }
    for name, body in answers.items():
        page.route(f"**/api/ingest/{name}/{session}*", always(body))
