"""What a server that says no is understood to say."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx

from tallylight.errors import NotFound, Refused, TallylightError

_LONGEST: Final = 500


def refusal(answer: httpx.Response) -> TallylightError:
    """The error of an answer that is none, with the server's own sentence where it gave one."""
    problem = _problem(answer)
    sentence = str(problem.get("detail") or _sentence(answer))[:_LONGEST]
    kind = NotFound if answer.status_code == httpx.codes.NOT_FOUND else Refused
    return kind(sentence)


def no_stream(answer: httpx.Response) -> Refused:
    """The error of an answer of another kind: the page of a proxy that wants a login, a wrong address."""
    kind = answer.headers.get("content-type", "something without a type").partition(";")[0]
    return Refused(
        f"{answer.url} answers with {kind}, not with a stream of events; is it a stream's address, and does a proxy "
        "in front of it want a login?"
    )


def is_untrusted(error: httpx.HTTPError) -> bool:
    """Whether what failed is that nobody vouches for the server's certificate."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        told: Any = json.loads(answer.content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _sentence(answer: httpx.Response) -> str:
    where, status = answer.url, answer.status_code
    match status:
        case httpx.codes.UNAUTHORIZED:
            return f"{where} wants a token; give it one."
        case httpx.codes.NOT_FOUND:
            return f"There is nothing at {where} (404); is the session's id right, and does the path have its prefix?"
        case _:
            return f"{where} answers with status {status}; is it a Tallylight server?"
