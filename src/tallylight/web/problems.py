"""Every answer that is not what was asked for, as RFC 9457 problem JSON.

A problem is `{type, title, status, detail, code}`: `title` names the status, `detail` is a sentence that says what to
do next, `code` is a short, stable word for programs. A body or query with wrong fields adds `errors`, one
`{field, message}` for each. The statuses:

| what happened | status | code |
| --- | --- | --- |
| `BadInput` (`BadFolder`, `BadParameters`, `BadPath`) | 400 | `bad_input`, `bad_folder`, `bad_parameters`, `bad_path` |
| a body that is not JSON | 400 | `bad_json` |
| wrong, missing or unknown fields | 422 | `bad_fields` |
| `NotFound`, or an address that names nothing | 404 | `not_found` |
| a method the address does not have | 405 | `method_not_allowed` |
| `NotAdmitted` | 401 | `not_admitted` |
| `WrongMove` | 409 | `wrong_move` |
| `PreviewChanged` | 409 | `preview_changed` |
| `OwnedElsewhere`, `LeaseLost` | 409 | `owned_elsewhere`, `lease_lost` |
| `DataFolderBusy`, `DataFolderUnusable` | 503 | `data_folder_busy`, `data_folder_unusable` |
| `DatabaseUnusable` | 503 | `database_unusable` |
| anything unforeseen | 500 | `internal_error` |

A folder that is missing and one that is outside the roots get the same status on purpose: whether something outside
the roots exists is nobody's business.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallylight.errors import (
    BadInput,
    LeaseLost,
    NotAdmitted,
    NotFound,
    OwnedElsewhere,
    StorageFailed,
    TallylightError,
    TooManyReaders,
    WrongMove,
)
from tallylight.messages import elide
from tallylight.model import Json

MEDIA_TYPE: Final = "application/problem+json"

#: Looked up along a class's ancestors, so an error added to the tree later has its parent's status.
STATUSES: Final[Mapping[type[BaseException], int]] = {
    BadInput: 400,
    NotAdmitted: 401,
    NotFound: 404,
    WrongMove: 409,
    OwnedElsewhere: 409,
    LeaseLost: 409,
    TooManyReaders: 503,
    StorageFailed: 503,
    TallylightError: 500,
}

#: Of an HTTPException; not made from the status's name, because Python has renamed some.
CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    410: "gone",
    416: "range_not_satisfiable",
    429: "too_many_requests",
    503: "unavailable",
}

#: A request may hold any number of wrong fields, and any length of name; the answer does not grow with them.
MOST_ERRORS: Final = 20
LONGEST_DETAIL: Final = 1_000

#: What FastAPI says where decoding a body failed otherwise than by its syntax; it has no class of its own for that.
_UNREADABLE_BODY: Final = "There was an error parsing the body"

_log = logging.getLogger(__name__)


class ProblemResponse(Response):
    """A problem on its way out."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        # A name echoed from a request may hold a lone surrogate, which UTF-8 cannot; written `\udXXX` it is JSON again.
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Json] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """A problem response. `detail` is a sentence for people, `code` a word for programs."""
    body: Json = {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": elide(detail, LONGEST_DETAIL),
        "code": code,
    }
    if errors:
        body["errors"] = list(errors)
    return ProblemResponse(body, status, headers)


def status_of(error: TallylightError) -> int:
    """The HTTP status of a foreseen error."""
    return next(STATUSES[ancestor] for ancestor in type(error).__mro__ if ancestor in STATUSES)


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem. Call it before the application starts."""
    app.add_exception_handler(TallylightError, foreseen)
    app.add_exception_handler(RequestValidationError, _wrong_fields)
    app.add_exception_handler(HTTPException, _from_router)
    # Appended, not added: innermost, so that the doors' headers are on a 500 as well, whatever the order of calls.
    app.user_middleware.append(Middleware(Unforeseen))


class Unforeseen:
    """Innermost middleware: an exception nobody foresaw is logged with its traceback, and answered without it.

    Where the response has already begun there is nothing left to say: the exception goes on to the server, which logs
    it and closes the connection, so that the client does not take a torn answer for a whole one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            return await self._app(scope, receive, watched)
        except Exception:
            if begun:
                raise
            _log.exception("%s %s failed", scope["method"], scope["path"])
        return await _internal_error()(scope, receive, send)


def _internal_error() -> ProblemResponse:
    return problem(
        500,
        "internal_error",
        "Something went wrong inside Tallylight; the server's log says what. Try again, and report it if it stays.",
    )


def foreseen(_request: Request, error: Exception) -> Response:
    """The answer to an error of the tree."""
    assert isinstance(error, TallylightError)
    later = {"retry-after": "30"} if isinstance(error, TooManyReaders) else None
    return problem(status_of(error), error.code, str(error), headers=later)


def _from_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code < 200 or error.status_code in {204, 205, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    if error.detail == _UNREADABLE_BODY:
        return problem(400, "bad_json", "The body is not JSON that can be read: it is not UTF-8, or nested too deeply.")
    code = CODES.get(error.status_code, "http_error")
    # Where nobody gave a sentence, Starlette puts the status's own name.
    detail = _router_sentence(request, error) if error.detail == _phrase(error.status_code) else error.detail
    return problem(error.status_code, code, detail, headers=error.headers)


def _router_sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"There is nothing at {request.url.path}; check the address. The page is at /."
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return f"{request.url.path} does not take {request.method}; use {allowed}."
    return f"{_phrase(error.status_code)}."


def _wrong_fields(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        where = found[0]["loc"][-1]
        why = found[0].get("ctx", {}).get("error", "syntax error")
        return problem(400, "bad_json", f"The body is not JSON: {why}, at character {where}.")
    errors, detail = wrong_fields(found)
    return problem(422, "bad_fields", detail, errors=errors)


def wrong_fields(found: Sequence[Mapping[str, Any]]) -> tuple[list[Json], str]:
    """What pydantic found wrong, one `{field, message}` each, and as one sentence."""
    errors = [{"field": elide(_field(each["loc"]), 160), "message": _sentence(each)} for each in found[:MOST_ERRORS]]
    detail = "; ".join(f"{each['field'] or 'the body'}: {each['message']}" for each in errors)
    return errors, detail if detail.endswith("?") else f"{detail}."


def _field(location: Sequence[Any]) -> str:
    """`parameters.directories[2]`; the first part says where in the request, which a person can see."""
    name = ""
    for part in location[1:] if location[:1] in (("body",), ("query",), ("path",)) else location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".")


#: pydantic's sentences speak of inputs and models; these of what to write instead.
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is no field of this request; check its spelling",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be text",
    "string_too_long": "must be at most {max_length} characters long",
    "string_too_short": "is too short, the least is {min_length}",
    "string_unicode": r"holds half a surrogate pair; write a byte that is not UTF-8 as \xHH",
    "list_type": "must be a list",
    "too_long": "must have at most {max_length} entries",
    "too_short": "has too few entries, the least is {min_length}",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
}


def _sentence(error: Mapping[str, Any]) -> str:
    template = _SENTENCES.get(error["type"])
    sentence = template.format_map(error.get("ctx", {})) if template else error["msg"]
    return elide(sentence, 300)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
