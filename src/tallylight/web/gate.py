"""Behind the doors: who comes shows the token, where one is needed.

A script sends `Authorization: Bearer TOKEN`. A browser logs in once and then sends a cookie, because an EventSource can
send no header of its own: by the link that the server printed (`/?token=…`, answered by the address without it, so that
it stays in no history), or by the form that stands in for every page until then. Neither needs JavaScript.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from anyio import to_thread
from fastapi.templating import Jinja2Templates
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallylight.access import Access, Pass
from tallylight.errors import NotAdmitted
from tallylight.token_file import MADE_SINCE, PRINTED
from tallylight.web.attempts import Attempts
from tallylight.web.next_page import within
from tallylight.web.problems import problem
from tallylight.web.security import LOGIN, LOGOUT
from tallylight.web.texts import language_of, texts

#: What a person needs to see the form, and what asks whether the server is up.
OPEN: Final = ("/static/",)
HEALTH: Final = "/healthz"
#: Answers that last. They end when the token by which their reader came counts no more.
LASTING: Final = ("/api/ingest/stream", "/api/ingest/poll")
#: Seconds that a browser keeps the cookie: a month.
COOKIE_AGE: Final = 30 * 86_400

WRONG: Final = f"This is not the server's token. {MADE_SINCE}"
WANTED: Final = f"This server wants its token: log in on its page, or send Authorization: Bearer TOKEN. {PRINTED}"


class Gate:
    """ASGI middleware: lets in who shows the token, and answers everybody else itself.

    Put it inside the doors and outside the application. Reads `state.services` and `state.attempts` of the application.
    """

    def __init__(self, app: ASGIApp, prefix: str, templates: Jinja2Templates) -> None:
        self._app = app
        self._prefix = prefix
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _access(scope).needed:
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        if scope["path"] == LOGIN:
            return await (await self._login(request))(scope, receive, send)
        if scope["path"] == LOGOUT:
            return await self._logout(request)(scope, receive, send)
        if _is_page(request) and "token" in request.query_params:
            return await (await self._by_link(request))(scope, receive, send)
        by = await shown(request)
        if by is not None:
            return await self._inside(by, scope, receive, send)
        if scope["path"].startswith(OPEN):
            return await self._app(scope, receive, send)
        await (await self._outside(request))(scope, receive, send)
        return None

    async def _inside(self, by: Pass, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(LASTING):
            return await self._app(scope, receive, send)
        sending = _Sending(send)
        with _access(scope).held(by) as held:
            await self._app(scope, receive, sending)
        if held.cancelled_caught:
            await sending.finish(scope, receive)
        return None

    async def _outside(self, request: Request) -> Response:
        if request.url.path == HEALTH:
            # For what watches over servers: that it is up, and nothing else.
            return JSONResponse({"status": "ok"})
        if _is_page(request):
            return await self._form(request, "", 401)
        return refusal()

    # --- logging in -----------------------------------------------------------------------------------------------

    async def _by_link(self, request: Request) -> Response:
        others = [(name, value) for name, value in parse_qsl(request.url.query) if name != "token"]
        rest = f"?{urlencode(others)}" if others else ""
        trouble = await self._try(request, request.query_params["token"])
        if trouble is not None:
            return await self._form(request, trouble.sentence, trouble.status, trouble.headers, rest)
        return self._let_in(request, request.query_params["token"], _quoted_path(request) + rest)

    async def _login(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._posted(request)
        if request.method not in {"GET", "HEAD"}:
            return problem(405, "method_not_allowed", f"{LOGIN} does not take {request.method}; use GET, POST.")
        if await shown(request) is not None:
            return RedirectResponse(f"{self._prefix}/", 303)
        return await self._form(request, "", 200)

    def _logout(self, request: Request) -> Response:
        """Take the cookie back, from whoever has one, and show the log-in."""
        if request.method != "POST":
            return problem(405, "method_not_allowed", f"{LOGOUT} does not take {request.method}; use POST.")
        answer = RedirectResponse(f"{self._prefix}{LOGIN}", 303, headers={"cache-control": "no-store"})
        is_secure = request.scope["scheme"] == "https"
        answer.delete_cookie(
            _access(request.scope).cookie,
            path=self._prefix or "/",
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _posted(self, request: Request) -> Response:
        is_form = "json" not in request.headers.get("content-type", "")
        asked = (_fields if is_form else _object)(await request.body())
        token, after = str(asked.get("token", "")).strip(), str(asked.get("next", ""))
        trouble = await self._try(request, token)
        if trouble is None:
            return self._let_in(request, token, after if is_form else None)
        if is_form:
            return await self._form(request, trouble.sentence, trouble.status, trouble.headers, after=after)
        return problem(trouble.status, trouble.code, trouble.sentence, headers=trouble.headers)

    async def _try(self, request: Request, token: str) -> _Trouble | None:
        attempts: Attempts = request.app.state.attempts
        client = request.client.host if request.client else ""
        if wait := attempts.wait(client):
            return _TooOften(math.ceil(wait))
        by = await _access(request.scope).admit(token)
        # What lets this machine's own user in is for programs, and gone with the next start.
        if by is None or not by.sha256:
            attempts.wrong(client)
            return _Trouble()
        attempts.right(client)
        return None

    def _let_in(self, request: Request, token: str, after: str | None) -> Response:
        """Give the cookie, and lead on to where the person wanted."""
        answer = Response(status_code=204) if after is None else RedirectResponse(self._prefix + within(after), 303)
        answer.headers["cache-control"] = "no-store"
        answer.set_cookie(
            _access(request.scope).cookie,
            token,
            max_age=COOKIE_AGE,
            path=self._prefix or "/",
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _form(
        self,
        request: Request,
        trouble: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        rest: str | None = None,
        after: str | None = None,
    ) -> Response:
        """The log-in. It leads on to the page it stands in for."""
        if after is None:
            query = f"?{request.url.query}" if request.url.query else ""
            after = "/" if request.url.path == LOGIN else _quoted_path(request) + (query if rest is None else rest)
        told = {
            "cache-control": "no-store",
            # Where the policy is no-referrer, a form is sent with `Origin: null`, which the doors turn away.
            "referrer-policy": "same-origin",
            **(headers or {}),
        }

        def draw() -> Response:  # in a thread: reads files
            given = {"prefix": self._prefix, "next": after, "trouble": trouble, "t": texts(language_of(request))}
            return self._templates.TemplateResponse(
                request, "login.html.jinja", given, status_code=status, headers=told
            )

        return await to_thread.run_sync(draw)


class _Trouble:
    """Why a log-in failed."""

    status = 401
    code = NotAdmitted.code
    sentence = WRONG
    headers: Mapping[str, str] = {}


class _TooOften(_Trouble):
    status = 429
    code = "too_many_attempts"

    def __init__(self, seconds: int) -> None:
        self.sentence = f"Too many wrong tokens came from your address; try again in {seconds} seconds."
        self.headers = {"retry-after": str(seconds)}


class _Sending:
    """An answer on its way, which may have to be finished by somebody else."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = self._over = False

    async def __call__(self, message: Message) -> None:
        self._begun = True
        self._over = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def finish(self, scope: Scope, receive: Receive) -> None:
        """End it; where it has not begun it is the refusal."""
        if not self._begun:
            await refusal()(scope, receive, self._send)
        elif not self._over:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def shown(request: Request) -> Pass | None:
    """Let in by what the request shows: the header where it has one, else the cookie."""
    access = _access(request.scope)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await access.admit(bearer.strip())
    cookie = request.cookies.get(access.cookie, "")
    return await access.admit(cookie) if cookie else None


def refusal() -> Response:
    """The answer to a request without the token, for programs."""
    return problem(401, NotAdmitted.code, WANTED, headers={"www-authenticate": 'Bearer realm="Tallylight"'})


def _access(scope: Scope) -> Access:
    access: Access = scope["app"].state.services.access
    return access


def _is_page(request: Request) -> bool:
    path = request.url.path
    is_other = path.startswith(("/api/", *OPEN)) or path in {HEALTH, "/metrics", "/openapi.json"}
    return request.method in {"GET", "HEAD"} and not is_other and "text/html" in request.headers.get("accept", "")


def _quoted_path(request: Request) -> str:
    raw: bytes | None = request.scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else request.url.path


def _fields(body: bytes) -> dict[str, Any]:
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[-1] for name, values in fields.items()}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
