"""The pages, each under its addresses, and the health check."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

import tallylight
from tallylight.ingest.extract import nsfw
from tallylight.live import accepts_gzip
from tallylight.model import Json
from tallylight.services import Services
from tallylight.web.context import Given
from tallylight.web.modules import modules
from tallylight.web.next_page import within
from tallylight.web.texts import COOKIE, LANGUAGES, language_of, texts

router = APIRouter()

TEMPLATES: Final = Jinja2Templates(
    env=Environment(loader=PackageLoader("tallylight.web"), autoescape=True, undefined=StrictUndefined)
)


#: The pages that every page links to, by their names in the catalogues (`site.…`).
PAGES: Final = {"ingest": "/", "library": "/library", "sessions": "/sessions"}
#: Seconds that a browser keeps the choice of a language.
YEAR_S: Final = 365 * 86_400


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


@router.get("/language/{language}", include_in_schema=False)
def choose_language(request: Request, services: Given, language: str, next: str = "/") -> Response:  # noqa: A002
    """Keep a reader's choice of language, and go back to the page it was made on."""
    prefix = services.settings.public_url.prefix if services.settings.public_url is not None else ""
    answer = RedirectResponse(prefix + within(next), 303, headers={"cache-control": "no-store"})
    if language in LANGUAGES:
        is_secure = request.scope["scheme"] == "https"
        answer.set_cookie(COOKIE, language, max_age=YEAR_S, path=prefix or "/", secure=is_secure, samesite="lax")
    return answer


def _page(request: Request, services: Services, session_id: str) -> Response:
    missing = "" if nsfw.available() else nsfw.MISSING
    styles = ["configure", "session", "process", "grid", "preview", "commit"]
    step = {"session_id": session_id, "nsfw_missing": missing, "styles": styles}
    return draw(request, services, "page.html.jinja", {"here": "ingest", "entry": "app.js", **step})


def draw(request: Request, services: Services, template: str, given: Mapping[str, Any]) -> Response:
    """Make a page of a template that extends the layout; `given` says `here` (one of PAGES), `entry` (its module) and
    `styles`. Reads files, so routes that call it are plain functions, which the framework calls in a thread.
    """
    public = services.settings.public_url
    query = f"?{request.url.query}" if request.url.query else ""
    context = {
        "t": texts(language_of(request)),
        "languages": LANGUAGES,
        "pages": PAGES,
        "modules": modules,
        "path": request.url.path + query,
        "version": tallylight.__version__,
        "live": services.settings.live,
        "prefix": public.prefix if public is not None else "",
        "logs_out": services.access.needed and services.access.cookie in request.cookies,
        **given,
    }
    # The language is the reader's, so what was kept of another reader's page must not be shown.
    headers = {
        "cache-control": "no-cache",
        "vary": "accept-language, cookie, accept-encoding",
        # Where the policy is no-referrer, a form is sent with `Origin: null`, which the doors turn away.
        "referrer-policy": "same-origin",
    }
    answer = TEMPLATES.TemplateResponse(request, template, context, headers=headers)
    return _packed(answer) if accepts_gzip(request.headers.get("accept-encoding", "")) else answer


def _packed(answer: Response) -> Response:
    # No page holds a secret that could be guessed by its length.
    answer.body = gzip.compress(answer.body, mtime=0)
    answer.headers["content-encoding"] = "gzip"
    answer.headers["content-length"] = str(len(answer.body))
    return answer
