"""The page that lists the sessions, as a table that also works without scripts."""

from __future__ import annotations

from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from tallylight.journal import Journal, Session
from tallylight.model import Json
from tallylight.services import Services
from tallylight.web.context import Given
from tallylight.web.routes.pages import draw
from tallylight.web.session_list import row
from tallylight.web.texts import language_of, texts

router = APIRouter()

#: Sessions at rest on one page.
PAGE: Final = 50


@router.get("/sessions", include_in_schema=False)
async def sessions_page(
    request: Request, services: Given, before: Annotated[float | None, Query(allow_inf_nan=False)] = None
) -> Response:
    """Those in motion, on the first page; then a page of all others, newest first."""
    found, moving = await to_thread.run_sync(_read, services.journal, before)
    seen = {session.session_id for session in moving}
    # On further pages they are neither among those in motion, which the first page has, nor among the others.
    listed = [
        *(moving if before is None else []),
        *(session for session in found[:PAGE] if session.session_id not in seen),
    ]
    # On the loop, where records move; what is drawn of them is drawn in a thread.
    told = [(session, dict(services.newest(session).state)) for session in listed]
    older = found[PAGE - 1].created_at if len(found) > PAGE else None
    return await to_thread.run_sync(_draw, request, services, told, {"older": older, "is_first": before is None})


def _draw(request: Request, services: Services, told: list[tuple[Session, Json]], given: Json) -> Response:
    t = texts(language_of(request))
    rows = [row(session, message, t) for session, message in told]
    split = {"moving": [one for one in rows if one.is_moving], "resting": [one for one in rows if not one.is_moving]}
    page = {"here": "sessions", "entry": "sessions/page.js", "styles": ["sessions"]}
    return draw(request, services, "sessions.html.jinja", {**page, **split, **given})


def _read(journal: Journal, before: float | None) -> tuple[list[Session], list[Session]]:
    return journal.sessions(limit=PAGE + 1, before=before), list(reversed(journal.sessions_in_motion()))
