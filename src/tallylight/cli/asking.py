"""Asks a server of this machine."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from tallylight.errors import ServerUnreachable, TallylightError
from tallylight.model import Json

#: A server answers a command once it is durable, which a slow disk may hold up.
PATIENCE_S: Final = 30.0


def post(url: str, path: str, body: Json | None = None) -> Json:
    """The answer to a command. Raises TallylightError with the server's own words where it refuses, and
    ServerUnreachable where it does not answer.
    """
    return _ask(url, "POST", path, body)


def get(url: str, path: str) -> Json:
    """The answer to a question. Raises as `post` does."""
    return _ask(url, "GET", path, None)


def _ask(url: str, method: str, path: str, body: Json | None) -> Json:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    sent = None if body is None else json.dumps(body)
    try:
        connection.request(method, path, sent, {} if sent is None else {"content-type": "application/json"})
        answer = connection.getresponse()
        told: Any = json.loads(answer.read())
    except (OSError, HTTPException, ValueError) as error:
        raise ServerUnreachable(
            f"The server at {url} does not answer ({error}); see that it runs, and try again."
        ) from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise TallylightError(str(told.get("detail") or answer.reason))
    return dict(told)
