"""The pages, each under its addresses, and the health check."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

import tallylight
from tallylight.errors import BadInput, NotFound
from tallylight.ingest.extract import nsfw
from tallylight.live import accepts_gzip
from tallylight.messages import MOST_WORKERS
from tallylight.model import Json
from tallylight.services import Services
from tallylight.visible import visible
from tallylight.web.configure_form import Fields, fields_of, show
from tallylight.web.context import Given
from tallylight.web.estimating import told
from tallylight.web.modules import modules
from tallylight.web.next_page import within
from tallylight.web.plain import plain
from tallylight.web.texts import COOKIE, LANGUAGES, language_of, texts

router = APIRouter()

TEMPLATES: Final = Jinja2Templates(
    env=Environment(loader=PackageLoader("tallylight.web"), autoescape=True, undefined=StrictUndefined)
)


#: The pages that every page links to, by their names in the catalogues (`site.…`).
PAGES: Final = {"ingest": "/", "library": "/library", "sessions": "/sessions"}
#: Characters of an address that every server and proxy takes.
LONGEST_QUERY: Final = 6_000
#: Seconds that a browser keeps the choice of a language.
YEAR_S: Final = 365 * 86_400


@router.get("/", include_in_schema=False)
@router.get("/ingest-v2", include_in_schema=False)
def home(request: Request, services: Given) -> Response:
    fields: Fields = {}
    trouble = ""
    try:
        fields = fields_of(request.url.query)
    except BadInput as error:
        trouble = str(error)
    return configure_page(request, services, fields, trouble)


@router.get("/sessions/{session_id}", include_in_schema=False)
async def session_page(request: Request, services: Given, session_id: str) -> Response:
    return await show_session(request, services, session_id)


@router.get("/healthz", tags=["server"])
async def health(services: Given) -> Json:
    """Whether the server is up."""
    return {"status": "ok", "version": tallylight.__version__, "readers": services.hub.readers}


@router.get("/language/{language}", include_in_schema=False)
def choose_language(request: Request, services: Given, language: str, next: str = "/") -> Response:  # noqa: A002
    """Keep a reader's choice of language, and go back to the page it was made on."""
    prefix = prefix_of(services)
    answer = RedirectResponse(prefix + within(next), 303, headers={"cache-control": "no-store"})
    if language in LANGUAGES:
        is_secure = request.scope["scheme"] == "https"
        answer.set_cookie(COOKIE, language, max_age=YEAR_S, path=prefix or "/", secure=is_secure, samesite="lax")
    return answer


def configure_page(
    request: Request, services: Services, fields: Fields, trouble: str = "", status: int = 200
) -> Response:
    """The first step, filled in as `fields` say. Reads the disk: call it in a thread."""
    shown = show(services, fields, trouble)
    estimated = told(shown.estimate, texts(language_of(request))) if shown.estimate is not None else ""
    given = {"session_id": "", "form": shown, "estimated": estimated, "plain": None}
    if request.method == "POST":
        # The form was sent to an address that shows another page: from here on it is asked for by its own.
        given["path"] = _address_of(fields)
    return _page(request, services, given, status)


def _address_of(fields: Fields) -> str:
    """The first step, filled in like this, as far as an address may be long."""
    query = urlencode(fields, doseq=True)
    return f"/?{query}" if query and len(query) <= LONGEST_QUERY else "/"


async def show_session(
    request: Request, services: Services, session_id: str, trouble: str = "", status: int = 200
) -> Response:
    """A session's page, whichever step it is at. Whether there is such a session the page finds out itself, and says
    so; for those who run no scripts its numbers are in it as they are now.
    """
    try:
        message = dict((await services.update(session_id)).state)
    except NotFound as error:
        message, trouble = None, trouble or str(error)

    def drawn() -> Response:  # in a thread: reads files
        shown = plain(message, texts(language_of(request)), trouble)
        given = {"session_id": session_id, "plain": shown}
        if request.method == "POST":
            # The form's address shows nothing: from here on the page is asked for by the session's.
            given["path"] = f"/sessions/{quote(session_id, safe='')}"
        return _page(request, services, given, status)

    return await to_thread.run_sync(drawn)


def prefix_of(services: Services) -> str:
    """The path below which a proxy serves everything."""
    return services.settings.public_url.prefix if services.settings.public_url is not None else ""


def _page(request: Request, services: Services, given: Json, status: int) -> Response:
    missing = "" if nsfw.available() else nsfw.MISSING
    # A page of a session never shows the first step; the first step goes on to its session in place.
    first, later = ["configure"], ["session", "process", "files", "preview", "commit"]
    if given["session_id"]:
        first, later = later[:2], later[2:]
    workers = min(services.engine.jobs, MOST_WORKERS)
    step = {
        "nsfw_missing": missing,
        "styles": first,
        "later_styles": later,
        "workers": workers,
        "visible": visible,
        **given,
    }
    return draw(request, services, "page.html.jinja", {"here": "ingest", "entry": "app.js", **step}, status)


def draw(request: Request, services: Services, template: str, given: Mapping[str, Any], status: int = 200) -> Response:
    """Make a page of a template that extends the layout; `given` says `here` (one of PAGES), `entry` (its module) and
    `styles`. Reads files, so routes that call it are plain functions, which the framework calls in a thread.
    """
    query = f"?{request.url.query}" if request.url.query else ""
    context = {
        "t": texts(language_of(request)),
        "languages": LANGUAGES,
        "pages": PAGES,
        "modules": modules,
        "path": request.url.path + query,
        "version": tallylight.__version__,
        "live": services.settings.live,
        "prefix": prefix_of(services),
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
    answer = TEMPLATES.TemplateResponse(request, template, context, status_code=status, headers=headers)
    return _packed(answer) if accepts_gzip(request.headers.get("accept-encoding", "")) else answer


def _packed(answer: Response) -> Response:
    # No page holds a secret that could be guessed by its length.
    answer.body = gzip.compress(answer.body, mtime=0)
    answer.headers["content-encoding"] = "gzip"
    answer.headers["content-length"] = str(len(answer.body))
    return answer
