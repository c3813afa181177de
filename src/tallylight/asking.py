"""Asks a server of this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from tallylight.errors import (
    BadFolder,
    BadParameters,
    DataFolderBusy,
    NoQueue,
    NotAdmitted,
    NotFound,
    OwnedElsewhere,
    ServerUnreachable,
    TallylightError,
    WrongMove,
)
from tallylight.model import Json

#: A server answers a command once it is durable, which a slow disk may hold up.
PATIENCE_S: Final = 30.0
#: On a request that one server passes on to another: the second one must not pass it on again.
PASSED_ON: Final = "tallylight-passed-on"

#: What a server refuses is here the error that it was there, where somebody may want to tell it apart.
_KINDS: Final = {
    kind.code: kind for kind in (BadFolder, BadParameters, NoQueue, NotAdmitted, NotFound, OwnedElsewhere, WrongMove)
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a server of this machine is reached, and what lets its own user in where it wants a token."""

    url: str = ""
    secret: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What every request to it carries."""
        return {"authorization": f"Bearer {self.secret}"} if self.secret else {}


def reach_of(refused: DataFolderBusy | OwnedElsewhere) -> Reach:
    """The server that stands in the way."""
    return Reach(refused.url, refused.secret)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    media_type: str
    body: bytes


def ask(
    reach: Reach, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request to a server, whatever it answers. Raises ServerUnreachable where it does not."""
    connection = HTTPConnection(urlsplit(reach.url).netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, {**reach.headers, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get_content_type(), answer.read())
    except (OSError, HTTPException) as error:
        raise unreachable(reach.url, error) from error
    finally:
        connection.close()


def get(reach: Reach, path: str) -> Json:
    """The JSON at an address. Raises as `post`."""
    return _told(reach.url, ask(reach, "GET", path))


def post(reach: Reach, path: str, body: Json | None = None) -> Json:
    """The answer to a command. Raises TallylightError with the server's own words where it refuses, of the kind it was
    there, and ServerUnreachable where it does not answer.
    """
    return command(reach, "POST", path, body)


def refusal(status: int, body: bytes) -> TallylightError:
    """The error that an answer which is none stands for."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        told = None
    problem = told if isinstance(told, dict) else {}
    sentence = problem.get("detail") or f"The server answered with status {status}; is it a Tallylight server?"
    return _KINDS.get(str(problem.get("code")), TallylightError)(str(sentence))


def unreachable(url: str, error: Exception) -> ServerUnreachable:
    """That a server does not answer, and why."""
    return ServerUnreachable(f"The server at {url} does not answer ({error}); see that it runs, and try again.")


def command(reach: Reach, method: str, path: str, body: Json | None = None) -> Json:
    """The answer to a command of any method. Raises as `post`."""
    if body is None:
        return _told(reach.url, ask(reach, method, path))
    headers = {"content-type": "application/json"}
    return _told(reach.url, ask(reach, method, path, json.dumps(body).encode(), headers))


def _told(url: str, answer: Answer) -> Json:
    if answer.status >= 400:
        raise refusal(answer.status, answer.body)
    try:
        return dict(json.loads(answer.body))
    except (ValueError, TypeError) as error:
        raise unreachable(url, error) from error
