"""The doors: who may ask, checked before routing, and the headers every answer carries.

A server on the loopback address is reached by every program of its machine, the browser with every page open in it
included. What keeps a foreign page out:

- **Host** must be a name that only this machine can have (localhost, `*.localhost`, an IP literal), or that of
  `--public-url`: a page whose own name was re-pointed at 127.0.0.1 (DNS rebinding) still sends that name.
- Without a token, nobody comes from **another machine**, and nothing is **forwarded**: a proxy may serve the whole
  world.
- **Origin**, if sent, must be the server's own, and **Sec-Fetch-Site**, if sent, must say that no other site is behind
  the request. Scripts send neither and may come in.
- Commands take **JSON** only, which a foreign page's form cannot send. The own page's forms, which work without
  JavaScript, have addresses of their own: there an **Origin** has to be sent, as every browser does with a form.

What a trusted proxy says of who asks, and how, is believed here, and the prefix of `--public-url` taken off: behind the
doors a request looks as if it had come straight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallylight.messages import elide
from tallylight.public_url import DEFAULT_PORTS, PublicUrl
from tallylight.settings import Network, Settings, is_loopback
from tallylight.web.forwarding import arrived
from tallylight.web.problems import problem
from tallylight.web.turned_away import page, wants_page

#: On every response that has not set its own.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?P<port>[0-9]{1,5})?)?")
#: Where the form of the log-in is sent, and that which logs out.
LOGIN: Final = "/login"
LOGOUT: Final = "/logout"
#: What a form does with a session, below the session's page.
SESSION_FORMS: Final = ("commit", "cancel", "pause", "resume", "retry", "undo")
_FORMS: Final = re.compile(rf"{LOGIN}|{LOGOUT}|/sessions(?:/[^/]+/(?:{'|'.join(SESSION_FORMS)}))?")
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What may come in beside what is always allowed. The default is a server for its own machine only."""

    public: PublicUrl | None = None  #: a further name in Host, and a further Origin
    guarded: bool = False  #: whether a token is asked for behind them: then others may come, and proxies pass them on
    trusted: tuple[Network, ...] = ()  #: proxies that are believed
    longest_body: int = 1_000_000  #: bytes of a command's body

    @classmethod
    def of(cls, settings: Settings) -> Doors:
        return cls(public=settings.public_url, guarded=settings.needs_token, trusted=settings.trusted_proxies)

    @property
    def prefix(self) -> str:
        return self.public.prefix if self.public is not None else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request stays outside, for people, and its status and code."""

    status: int
    code: str
    detail: str


#: No name of a file has it, and no database takes it in a text.
_NUL: Final = Refusal(
    400, "nul_character", "The request holds a NUL character, which is in no name and no text here; leave it out."
)
#: How a body spells it: JSON, where a backslash before the backslash is another text, and a form.
_NUL_IN_JSON: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000|\0")
_NUL_IN_FORM: Final = re.compile(rb"%00|\0")


class Guard:
    """ASGI middleware: refuses what the doors do not let in, and sets the security headers on every response.

    Put it outside the whole application, so that no response escapes it. Responses pass through untouched and
    unbuffered but for their headers. The body of a command is read whole (at most `doors.longest_body`) before the
    application sees it; what a safe method sends along is left to the application.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            # There are no WebSockets here, and a browser opens them across origins without asking.
            return await send({"type": "websocket.close", "code": 1008, "reason": ""})
        send = _with_headers(send)
        scope = arrived(scope, self._doors.public, self._doors.trusted)
        if refusal := check(Asked.of(scope), self._doors):
            return await _refuse(refusal, scope, receive, send)
        if not _carries_body(scope):
            return await self._app(scope, receive, send)
        return await self._command(scope, receive, send)

    async def _command(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive, self._doors.longest_body)
        except _TooLong:
            return await _refuse(_too_long(self._doors), scope, receive, send)
        if body is None:
            return None  # the client left before it had sent all: nobody to answer
        sends_form = any(value.startswith(_FORM_TYPE) for value in Asked.of(scope).content_type)
        if (_NUL_IN_FORM if sends_form else _NUL_IN_JSON).search(body):
            return await _refuse(_NUL, scope, receive, send)
        return await self._app(scope, _replay(body, receive), send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of a request the doors look at. Headers come as lists: one sent twice is two opinions."""

    method: str
    scheme: str
    path: str
    port: int | None  #: the server's own
    host: Sequence[str] = ()
    origin: Sequence[str] = ()
    fetch_site: Sequence[str] = ()
    fetch_mode: Sequence[str] = ()
    content_type: Sequence[str] = ()
    content_length: int | None = None  #: None where the body's length is not told
    has_body: bool = False
    query: str = ""  #: as it was sent
    forwarded: Sequence[str] = ()  #: names of the forwarding headers sent
    client: str = ""  #: address of whoever asks; empty where the server does not say

    @classmethod
    def of(cls, scope: Scope) -> Asked:
        headers: list[tuple[str, str]] = [
            (name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in scope["headers"]
        ]

        def sent(wanted: str) -> list[str]:
            return [value for name, value in headers if name == wanted]

        server, client = scope.get("server"), scope.get("client")
        return cls(
            method=scope["method"],
            scheme=scope.get("scheme", "http"),
            path=scope["path"],
            port=server[1] if server else None,
            host=sent("host"),
            origin=sent("origin"),
            fetch_site=sent("sec-fetch-site"),
            fetch_mode=sent("sec-fetch-mode"),
            content_type=sent("content-type"),
            content_length=_length(sent("content-length")),
            has_body=_carries_body(scope),
            query=scope.get("query_string", b"").decode("latin-1"),
            client=client[0] if client else "",
            forwarded=[name for name, _ in headers if name == "forwarded" or name.startswith("x-forwarded-")],
        )


def check(asked: Asked, doors: Doors) -> Refusal | None:
    """Decide about one request from its headers alone. Pure; None lets it in."""
    return (
        _check_host(asked, doors)
        or _check_forwarded(asked, doors)
        or _check_client(asked, doors)
        or _check_origin(asked, doors)
        or _check_fetch_site(asked, doors)
        or _check_form(asked, doors)
        or _check_body(asked, doors)
        or _check_characters(asked)
    )


def _check_host(asked: Asked, doors: Doors) -> Refusal | None:
    found = _HOST.fullmatch(asked.host[0].lower()) if len(asked.host) == 1 else None
    if found is None:
        return Refusal(
            400, "bad_host", f"A request needs exactly one valid Host header; open {_address(asked, doors)}."
        )
    name = found["name"]
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return None
    if doors.public is not None and name == doors.public.name:
        return None
    return Refusal(
        421,
        "unknown_host",
        f"This server does not answer to the name {elide(name, 100)}: open {_address(asked, doors)} instead. "
        "Another name is let in only by the setting --public-url.",
    )


def _check_forwarded(asked: Asked, doors: Doors) -> Refusal | None:
    if doors.guarded or not asked.forwarded:
        return None
    return Refusal(
        403,
        "forwarded",
        f"A proxy forwarded this request ({elide(asked.forwarded[0], 60)}), and this server has no token to tell by "
        "who is behind it. Start it again with --public-url and the address that people type: it then makes a token "
        f"and prints a link to log in with. Or open {_address(asked, doors)} on the machine itself.",
    )


def _check_client(asked: Asked, doors: Doors) -> Refusal | None:
    """Whoever listens for other machines has to ask for a token. `tallylight serve` does; another server that runs the
    application may have been told to listen without its knowing.
    """
    if doors.guarded or not asked.client or not _is_address(asked.client) or is_loopback(asked.client):
        return None
    return Refusal(
        403,
        "elsewhere",
        "This server has no token and is for its own machine only: set TALLYLIGHT_HOST to the address it listens on, "
        "or --public-url, and it asks for one.",
    )


def _check_origin(asked: Asked, doors: Doors) -> Refusal | None:
    if not asked.origin:
        return None
    own = _without_default_port(f"{asked.scheme}://{asked.host[0].lower()}", asked.scheme)
    if len(asked.origin) == 1:
        origin = asked.origin[0].lower()
        if _without_default_port(origin, asked.scheme) == own or (doors.public and origin == doors.public.origin):
            return None
    return Refusal(
        403,
        "foreign_origin",
        f"A page of another origin ({elide(', '.join(asked.origin), 100)}) may not use this server; use its own page "
        f"at {doors.public or own}.",
    )


def _check_fetch_site(asked: Asked, doors: Doors) -> Refusal | None:
    sites = list(asked.fetch_site)
    if not sites or sites in (["same-origin"], ["none"]):
        return None
    # A frame navigates too, but `frame-ancestors 'none'` keeps it empty.
    follows_link = asked.method == "GET" and list(asked.fetch_mode) == ["navigate"] and not _is_api(asked.path)
    if follows_link and sites in (["cross-site"], ["same-site"]):
        return None
    return Refusal(
        403,
        "cross_site",
        f"Another site's page asked for this in your browser; open {_address(asked, doors)} yourself instead.",
    )


def _check_form(asked: Asked, doors: Doors) -> Refusal | None:
    """Where a form may be sent, whoever sends one says who they are: that it is the own page was checked before."""
    # With the log-in comes the token, which no foreign page has; programs log in there too.
    if asked.method in _SAFE_METHODS or not _is_form(asked.path) or asked.path == LOGIN or asked.origin:
        return None
    return Refusal(
        403,
        "no_origin",
        "This address is for the form of the server's own page, and the request has no Origin that says so: use the "
        f"page at {_address(asked, doors)}, or from a script the commands below /api.",
    )


def _check_body(asked: Asked, doors: Doors) -> Refusal | None:
    if not asked.has_body:
        return None
    media_types = [value.partition(";")[0].strip().lower() for value in asked.content_type]
    takes_json, takes_form = not _is_form(asked.path) or asked.path == LOGIN, _is_form(asked.path)
    if not (takes_json and media_types == ["application/json"]) and not (takes_form and media_types == [_FORM_TYPE]):
        if not takes_json:
            return Refusal(415, "not_a_form", f"This address takes a form only: send Content-Type: {_FORM_TYPE}.")
        return Refusal(415, "not_json", "Commands take JSON only: send Content-Type: application/json.")
    if asked.content_length is not None and asked.content_length > doors.longest_body:
        return _too_long(doors)
    return None


def _check_characters(asked: Asked) -> Refusal | None:
    return _NUL if "\0" in asked.path or "\0" in asked.query or "%00" in asked.query else None


def _too_long(doors: Doors) -> Refusal:
    return Refusal(413, "body_too_long", f"The body is longer than {doors.longest_body:,} bytes; send less at a time.")


def _is_address(name: str) -> bool:
    try:
        if name.startswith("["):
            IPv6Address(name[1:-1])
        else:
            ip_address(name)
    except ValueError:
        return False
    return True


def _is_form(path: str) -> bool:
    return _FORMS.fullmatch(path) is not None


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def _without_default_port(origin: str, scheme: str) -> str:
    return origin.removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}")


def _address(asked: Asked, doors: Doors) -> str:
    if doors.public is not None:
        return str(doors.public)
    return f"http://127.0.0.1:{asked.port}" if asked.port else "http://127.0.0.1"


def _length(values: Sequence[str]) -> int | None:
    return int(values[0]) if len(values) == 1 and values[0].isascii() and values[0].isdigit() else None


def _carries_body(scope: Scope) -> bool:
    """Whether a command came with a body: HTTP/1.1 announces one by either header (RFC 9112, 6.3)."""
    return scope["method"] not in _SAFE_METHODS and _announces_body(scope["headers"])


def _announces_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name.lower() == b"transfer-encoding" or (name.lower() == b"content-length" and value.strip() != b"0")
        for name, value in headers
    )


class _TooLong(Exception):
    """More bytes came than a command may have."""


async def _read(receive: Receive, longest: int) -> bytes | None:
    """The whole body, or None where the client left first. A length may be wrong or untold, so bytes are counted."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > longest:
            raise _TooLong
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    # What is left of an unread body would otherwise be read to its end before the next request.
    headers = {"Connection": "close"} if _carries_body(scope) else {}
    if wants_page(scope):
        answer = page(refusal.status, refusal.code, refusal.detail)
        answer.headers.update(headers)
    else:
        answer = problem(refusal.status, refusal.code, refusal.detail, headers=headers)
    await answer(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
