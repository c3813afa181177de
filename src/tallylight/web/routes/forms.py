"""Where the page's own forms are sent when no script sends something better: start a session, and act on one.

The doors let in what the own page sends, and nothing else (`web/security.py`). Each leads on to the session's page.
"""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from tallylight.errors import BadParameters, NotFound, TallylightError
from tallylight.ingest.supervisor import Supervisor
from tallylight.model import Parameters
from tallylight.services import Services
from tallylight.web.configure_form import Fields, asked_by, fields_of
from tallylight.web.context import Given
from tallylight.web.problems import status_of
from tallylight.web.routes.pages import configure_page, prefix_of, show_session
from tallylight.web.security import SESSION_FORMS
from tallylight.web.texts import language_of, texts

router = APIRouter(include_in_schema=False)

_ACTIONS: Final = {
    "commit": Supervisor.commit,
    "cancel": Supervisor.cancel,
    "pause": Supervisor.pause,
    "resume": Supervisor.resume,
    "retry": Supervisor.retry,
    "undo": Supervisor.undo,
}
assert _ACTIONS.keys() == set(SESSION_FORMS)


@router.post("/sessions")
async def start(request: Request, services: Given) -> Response:
    """Start what was filled in, and show it; where that cannot be, the form again with the reason."""
    fields: Fields = {}
    try:
        fields = fields_of((await request.body()).decode("utf-8", "replace"))
        parameters = await to_thread.run_sync(_asked, services, fields, language_of(request))
        session = await services.supervisor.start(parameters)
    except TallylightError as error:
        return await to_thread.run_sync(configure_page, request, services, fields, str(error), status_of(error))
    return RedirectResponse(f"{prefix_of(services)}/sessions/{session.session_id}", 303)


def _asked(services: Services, fields: Fields, language: str) -> Parameters:
    asked = asked_by(fields)
    if not asked.directories:
        # In words of the form, which knows of no parameters.
        raise BadParameters(texts(language)("configure.no_folder"))
    return asked.to_parameters(services.roots)


@router.post("/sessions/{session_id}/{action}")
async def act(request: Request, services: Given, session_id: str, action: str) -> Response:
    """Do one of SESSION_FORMS, and show the session; where that cannot be, with the reason."""
    if action not in _ACTIONS:
        raise NotFound(f"Nothing of that name can be done with a session; known are {', '.join(_ACTIONS)}.")
    try:
        await _ACTIONS[action](services.supervisor, session_id)
    except TallylightError as error:
        return await show_session(request, services, session_id, str(error), status_of(error))
    return RedirectResponse(f"{prefix_of(services)}/sessions/{session_id}", 303)
