"""A session at some server, by whatever address people have of it."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import httpx

from tallylight.cli.failures import PAGE
from tallylight.client import Message, Patience, follow
from tallylight.client.refusals import is_untrusted, refusal
from tallylight.errors import BadParameters, NotFound, Refused, ServerUnreachable
from tallylight.facts import Trouble
from tallylight.token_file import MADE_SINCE, PRINTED

#: Addresses of one session: its stream, its state, its page.
_OF_SESSION: Final = re.compile(
    r"(?P<prefix>.*?)/(?:api/ingest/(?:stream|status|report)|sessions)/(?P<session>[^/]+)/?"
)
_OF_SERVER: Final = re.compile(r"(?P<prefix>.*?)(?:/api/ingest/stream)?/?")
_PATIENCE_S: Final = 30.0

_WANTED: Final = f"The server wants its token: give it with --token. {PRINTED}"
_NOT_THIS: Final = f"The server does not take this token. {MADE_SINCE}"


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is spoken to."""

    headers: Mapping[str, str] = field(default_factory=dict)
    trust: ssl.SSLContext | bool = True  #: whose certificates count, as httpx takes it for `verify`


@dataclass(frozen=True, slots=True)
class Place:
    """Where one session is told of."""

    base: str  #: the server's address, its path prefix included
    session_id: str
    server: Server

    async def follow(self, patience: Patience | None = None) -> AsyncGenerator[Message]:
        """Its messages, to the end."""
        stream = f"{self.base}/api/ingest/stream/{quote(self.session_id, safe='')}"
        async with httpx.AsyncClient(verify=self.server.trust) as http:
            told = follow(stream, headers=self.server.headers, patience=patience, http=http)
            async with aclosing(told) as messages:
                async for message in messages:
                    yield message

    def failures(self, after: int) -> list[tuple[int, Trouble]]:
        """Its failed files numbered above `after`, at most a page of them. Blocks."""
        path = f"/api/ingest/items/{quote(self.session_id, safe='')}?outcome=failed&after={after}&limit={PAGE}"
        items = _get(self.base + path, self.server)["items"]
        return [(item["seq"], Trouble(0.0, item["file"], item["code"] or "", item["message"])) for item in items]


def parsed(url: str) -> tuple[str, str]:
    """The server's address and the session's id (empty: none named) of an address. Raises BadParameters."""
    parts = urlsplit(url)
    found = _OF_SESSION.fullmatch(parts.path) or _OF_SERVER.fullmatch(parts.path)
    if parts.scheme not in {"http", "https"} or not parts.netloc or found is None:
        raise BadParameters(f"{url} is no address of a server or session; it begins with http:// or https://.")
    named = found.groupdict().get("session") or ""
    return f"{parts.scheme}://{parts.netloc}{found['prefix'].rstrip('/')}", unquote(named)


async def place_at(url: str, server: Server) -> Place:
    """The session that an address names; of a server alone the one that moves, else the newest.

    Raises BadParameters for an address that is none, NotFound where there is no session, Refused and ServerUnreachable
    as the server has it.
    """
    from anyio import to_thread

    base, session_id = parsed(url)
    return Place(base, await to_thread.run_sync(_found, base, session_id, server), server)


def _found(base: str, session_id: str, server: Server) -> str:
    if session_id:
        # Whoever follows comes back for as long as it takes: what will never do is to be said at once.
        _get(f"{base}/api/ingest/status/{quote(session_id, safe='')}", server)
        return session_id
    active = _get(f"{base}/api/ingest/active-session", server).get("session_id")
    if active:
        return str(active)
    sessions = _get(f"{base}/api/ingest/sessions?limit=1", server)["sessions"]
    if not sessions:
        raise NotFound(f"The server at {base} has no session yet.")
    return str(sessions[0]["session_id"])


def _advice(error: httpx.HTTPError) -> str:
    if is_untrusted(error):
        return "give its authority's certificate with --ca FILE, where that is one of your own"
    if "WRONG_VERSION_NUMBER" in str(error):
        return "nothing speaks TLS there: try http:// instead"
    return "see that it runs"


def _get(url: str, server: Server) -> dict[str, Any]:
    try:
        answer = httpx.get(url, headers=dict(server.headers), verify=server.trust, timeout=_PATIENCE_S)
    except httpx.HTTPError as error:
        raise ServerUnreachable(f"The server at {url} does not answer ({error}); {_advice(error)}.") from error
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise Refused(_NOT_THIS if "Authorization" in server.headers else _WANTED)
    if answer.is_error:
        raise refusal(answer)
    try:
        return dict(answer.json())
    except (ValueError, TypeError) as error:
        raise ServerUnreachable(f"What {url} answers is not Tallylight's; is the address right?") from error
