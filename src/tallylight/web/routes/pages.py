"""The one page, under each of its addresses, and the health check."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

import tallylight
from tallylight.ingest.extract import nsfw
from tallylight.model import Json
from tallylight.services import Services
from tallylight.web.context import Given

router = APIRouter()

TEMPLATES: Final = Jinja2Templates(
    env=Environment(loader=PackageLoader("tallylight.web"), autoescape=True, undefined=StrictUndefined)
)


@router.get("/", include_in_schema=False)
@router.get("/ingest-v2", include_in_schema=False)
def home(request: Request, services: Given) -> Response:
    return _page(request, services, "")


@router.get("/sessions/{session_id}", include_in_schema=False)
def session_page(request: Request, services: Given, session_id: str) -> Response:
    # Whether there is such a session the page finds out itself, and says so.
    return _page(request, services, session_id)


@router.get("/healthz", tags=["server"])
async def health(services: Given) -> Json:
    """Whether the server is up."""
    return {"status": "ok", "version": tallylight.__version__, "readers": services.hub.readers}


def _page(request: Request, services: Services, session_id: str) -> Response:
    # Reads the template from disk, so its routes are plain functions, which the framework calls in a thread.
    context = {
        "session_id": session_id,
        "nsfw_missing": "" if nsfw.available() else nsfw.MISSING,
        "version": tallylight.__version__,
        "live": services.settings.live,
        "prefix": public.prefix if (public := services.settings.public_url) is not None else "",
    }
    return TEMPLATES.TemplateResponse(request, "page.html.jinja", context, headers={"cache-control": "no-cache"})
