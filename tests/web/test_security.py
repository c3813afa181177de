"""The doors: who gets in, who does not, and what every answer carries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from tallylight.public_url import PublicUrl
from tallylight.web.security import HEADERS, Asked, Doors, Guard, Refusal, check

HERE = Asked(method="GET", scheme="http", path="/api/ingest/sessions", port=8710, host=["127.0.0.1:8710"])
LOCAL = Doors()


def refused(asked: Asked, doors: Doors = LOCAL) -> Refusal:
    refusal = check(asked, doors)
    assert refusal is not None
    return refusal


# --- Host ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8710",
        "LOCALHOST:1",
        "a.localhost",
        "photos.home.localhost:9",
        "127.0.0.1",
        "127.0.0.1:8710",
        "192.168.1.5:80",
        "[::1]",
        "[::1]:8710",
        "[FE80::1]:8710",
        "localhost:",
    ],
)
def test_a_name_only_this_machine_can_have_is_let_in(host: str) -> None:
    assert check(replace(HERE, host=[host]), LOCAL) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8710", "localhost.evil.example", "evillocalhost", "0x7f.1", "2130706433"],
)
def test_a_name_that_dns_could_rebind_is_misdirected(host: str) -> None:
    refusal = refused(replace(HERE, host=[host]))
    assert (refusal.status, refusal.code) == (421, "unknown_host")
    assert "--public-url" in refusal.detail
    assert "http://127.0.0.1:8710" in refusal.detail


@pytest.mark.parametrize(
    "host",
    [
        [],
        [""],
        ["localhost", "localhost"],
        ["localhost", "evil.example"],
        ["user@localhost"],
        ["localhost/x"],
        ["local host"],
        [".localhost"],
        ["localhost:port"],
        ["localhost:123456"],
        ["localhost, evil.example"],
        ["["],
        ["::1"],
        ["é.localhost"],
    ],
)
def test_a_host_that_is_missing_doubled_or_garbage_is_a_bad_request(host: list[str]) -> None:
    assert refused(replace(HERE, host=host)).status == 400


@pytest.mark.parametrize("host", ["[1.2.3.4]", "[:::]", "[abcd]"])
def test_brackets_hold_ipv6_only(host: str) -> None:
    assert refused(replace(HERE, host=[host])).status in {400, 421}


@given(st.text(max_size=40))
def test_no_host_makes_the_check_fail_and_none_but_local_names_pass(host: str) -> None:
    refusal = check(replace(HERE, host=[host]), LOCAL)
    if refusal is None:
        assert "localhost" in host.lower() or host[0] in "0123456789["


def test_further_names_are_let_in_where_the_doors_say_so() -> None:
    doors = Doors(public=PublicUrl.of("https://media.example/tally"), guarded=True)
    asked = replace(HERE, host=["Media.Example"])
    assert check(asked, doors) is None
    assert check(replace(asked, origin=["https://media.example"]), doors) is None
    assert refused(replace(asked, origin=["https://other.example"]), doors).status == 403


# --- forwarded -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-anything"])
def test_what_a_proxy_forwarded_stays_outside_and_is_told_why(name: str) -> None:
    refusal = refused(replace(HERE, forwarded=[name]))
    assert refusal.status == 403
    assert "Start it again with --public-url" in refusal.detail
    assert "prints a link to log in with" in refusal.detail
    assert check(replace(HERE, forwarded=[name]), Doors(guarded=True)) is None


# --- Origin --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8710", "http://localhost:8710"),
        ("LocalHost:8710", "http://localhost:8710"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("[::1]:8710", "http://[::1]:8710"),
    ],
)
def test_the_own_origin_is_let_in(host: str, origin: str) -> None:
    assert check(replace(HERE, host=[host], origin=[origin]), LOCAL) is None


@pytest.mark.parametrize(
    "origin",
    [
        ["null"],
        [""],
        ["https://127.0.0.1:8710"],
        ["http://127.0.0.1:8711"],
        ["http://127.0.0.1"],
        ["http://localhost:8710"],
        ["https://evil.example"],
        ["http://127.0.0.1:8710.evil.example"],
        ["http://127.0.0.1:8710", "http://127.0.0.1:8710"],
        ["http://127.0.0.1:8710/"],
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_any_other_origin_is_forbidden(origin: list[str], method: str) -> None:
    assert refused(replace(HERE, method=method, origin=origin)).code == "foreign_origin"


# --- Sec-Fetch-Site ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_own_page_or_the_person_asks_for_is_let_in(site: str, method: str) -> None:
    assert check(replace(HERE, method=method, fetch_site=[site]), LOCAL) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_to_a_page_and_no_more(site: str) -> None:
    link = replace(HERE, path="/sessions/x", fetch_site=[site], fetch_mode=["navigate"])
    assert check(link, LOCAL) is None
    for other in (
        replace(link, path="/api/ingest/report/x"),
        replace(link, path="/api"),
        replace(link, method="POST"),
        replace(link, method="HEAD"),
        replace(link, fetch_mode=["no-cors"]),
        replace(link, fetch_mode=[]),
        replace(link, fetch_mode=["navigate", "navigate"]),
        replace(link, fetch_site=[site, site]),
        replace(link, fetch_site=["same-origin", site]),
        replace(link, fetch_site=["elsewhere"]),
    ):
        assert refused(other).code == "cross_site"


# --- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["application/json", "Application/JSON; charset=utf-8"])
def test_commands_in_json_are_let_in(value: str) -> None:
    assert check(replace(HERE, method="POST", has_body=True, content_type=[value]), LOCAL) is None


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["text/plain"],
        ["application/x-www-form-urlencoded"],
        ["multipart/form-data; boundary=x"],
        ["application/jsonp"],
        ["text/plain; application/json"],
        ["application/json", "text/plain"],
        ["text/plain, application/json"],
    ],
)
def test_commands_in_anything_else_are_not(values: list[str]) -> None:
    assert refused(replace(HERE, method="POST", has_body=True, content_type=values)).status == 415


FORM = "application/x-www-form-urlencoded"
FORMS = ["/sessions", "/sessions/x/commit", "/sessions/x/cancel", "/sessions/x/pause", "/logout"]
OWN = "http://127.0.0.1:8710"


@pytest.mark.parametrize("path", [*FORMS, "/login"])
def test_a_form_is_taken_from_the_own_page(path: str) -> None:
    sent = replace(HERE, method="POST", path=path, origin=[OWN], has_body=True, content_type=[FORM])
    assert check(sent, LOCAL) is None
    assert check(replace(sent, content_type=[f"{FORM}; charset=UTF-8"]), LOCAL) is None
    assert check(replace(sent, has_body=False, content_type=[]), LOCAL) is None


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("has_body", [False, True])
def test_a_form_without_an_origin_is_not(path: str, has_body: bool) -> None:
    sent = replace(HERE, method="POST", path=path, has_body=has_body, content_type=[FORM])
    assert (refused(sent).status, refused(sent).code) == (403, "no_origin")
    for origin in ("null", "http://evil.example", "http://127.0.0.1:9999", ""):
        assert refused(replace(sent, origin=[origin])).code == "foreign_origin"
    assert refused(replace(sent, origin=[OWN, OWN])).code == "foreign_origin"
    assert refused(replace(sent, origin=[OWN], fetch_site=["same-site"])).code == "cross_site"
    assert check(replace(sent, method="GET", has_body=False), LOCAL) is None, "a form's address may be a page's too"


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_a_forms_address_takes_nothing_else(path: str, media_type: str) -> None:
    sent = replace(HERE, method="POST", path=path, origin=[OWN], has_body=True, content_type=[media_type])
    assert (refused(sent).status, refused(sent).code) == (415, "not_a_form")


@pytest.mark.parametrize(
    "path",
    [
        "/api/ingest/process",
        "/api/ingest/commit",
        "/sessions/",
        "/sessions/x",
        "/sessions/x/delete",
        "/sessions/x/y/commit",
        "/sessions/x/commit/",
        "/logout/",
        "/",
        "/api/presets/x",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_other_address_takes_a_form(path: str, method: str) -> None:
    sent = replace(HERE, method=method, path=path, origin=[OWN], has_body=True, content_type=[FORM])
    assert refused(sent).code == "not_json"


def test_the_order_is_host_forwarded_origin_site_body() -> None:
    asked = Asked(
        method="POST",
        scheme="http",
        path="/api/x",
        port=None,
        host=["evil.example"],
        forwarded=["forwarded"],
        origin=["null"],
        fetch_site=["cross-site"],
        has_body=True,
    )
    fixes: list[dict[str, Any]] = [
        {"host": ["localhost"]},
        {"forwarded": []},
        {"origin": []},
        {"fetch_site": []},
        {"has_body": False},
    ]
    codes = []
    for fix in fixes:
        codes.append(refused(asked).code)
        asked = replace(asked, **fix)
    assert codes == ["unknown_host", "forwarded", "foreign_origin", "cross_site", "not_json"]
    assert check(asked, LOCAL) is None


# --- the middleware ------------------------------------------------------------------------------------------------


class Inside:
    """An application that notes what reached it, and answers with what it read."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.scopes: list[Scope] = []
        self.body: bytes | None = None
        self._headers = list(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "lifespan":
            return
        if scope["method"] == "POST":
            self.body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": list(self._headers)})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})


def scope_of(method: str = "GET", path: str = "/", **headers: str) -> Scope:
    sent = {"host": "127.0.0.1:8710", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "server": ("127.0.0.1", 8710),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }


async def ask(
    app: Inside, scope: Scope, *parts: Message, doors: Doors = LOCAL
) -> tuple[int | None, Mapping[str, str], list[bytes]]:
    """Status, headers and the writes of the body."""
    incoming = list(parts)
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await Guard(app, doors)(scope, receive, send)
    if not sent:
        return None, {}, []
    headers = {name.decode().lower(): value.decode() for name, value in sent[0].get("headers", [])}
    return sent[0].get("status"), headers, [message["body"] for message in sent[1:]]


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.anyio
async def test_every_response_carries_the_security_headers_and_none_of_cors() -> None:
    for scope in (
        scope_of(),
        scope_of(host="evil.example"),
        scope_of(x_forwarded_for="1.2.3.4"),
        scope_of(origin="null"),
    ):
        status, headers, _ = await ask(Inside(), scope)
        assert status in {200, 421, 403}
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value
        assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.anyio
async def test_a_response_keeps_a_policy_of_its_own() -> None:
    own = b"default-src 'none'"
    _, headers, _ = await ask(Inside([(b"content-security-policy", own)]), scope_of())
    assert headers["content-security-policy"] == own.decode()
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.anyio
async def test_writes_of_a_response_pass_one_by_one() -> None:
    assert (await ask(Inside(), scope_of()))[2] == [b"one", b"two"]


@pytest.mark.anyio
async def test_a_refusal_is_a_problem_and_reaches_no_application() -> None:
    app = Inside()
    status, headers, body = await ask(app, scope_of(host="evil.example"))
    assert (status, headers["content-type"]) == (421, "application/problem+json")
    assert json.loads(b"".join(body))["code"] == "unknown_host"
    assert app.scopes == []


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{"content_length": "4"}, {"transfer_encoding": "chunked"}])
async def test_the_body_of_a_command_arrives_whole(headers: dict[str, str]) -> None:
    app = Inside()
    scope = scope_of("POST", content_type="application/json", **headers)
    assert (await ask(app, scope, part(b"[1", more=True), part(b",2]")))[0] == 200
    assert app.body == b"[1,2]"


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{"content_length": "4"}, {"transfer_encoding": "chunked"}])
async def test_a_body_in_no_stated_type_is_refused(headers: dict[str, str]) -> None:
    app = Inside()
    status, sent, _ = await ask(app, scope_of("POST", **headers), part(b"null"))
    assert (status, sent["connection"], app.scopes) == (415, "close", [])


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "headers"), [("DELETE", {}), ("POST", {"content_length": "0"}), ("POST", {})])
async def test_a_command_without_a_body_needs_no_type(method: str, headers: dict[str, str]) -> None:
    assert (await ask(Inside(), scope_of(method, **headers), part(b"")))[0] == 200


@pytest.mark.parametrize(
    "asked",
    [
        replace(HERE, path="/sessions/\0"),
        replace(HERE, query="q=a%00b"),
        replace(HERE, query="q=a\0b"),
    ],
)
def test_a_nul_character_is_told_and_gets_no_further(asked: Asked) -> None:
    refusal = refused(asked)
    assert (refusal.status, refusal.code) == (400, "nul_character")
    assert "leave it out" in refusal.detail


def test_a_percent_sign_and_two_noughts_are_none() -> None:
    assert check(replace(HERE, query="q=100%2500"), LOCAL) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "kind", "body", "is_one"),
    [
        ("/api/x", "application/json", rb'{"name": "a\u0000"}', True),
        ("/api/x", "application/json", rb'{"name": "\\\u0000"}', True),
        ("/api/x", "application/json", b'{"name": "\0"}', True),
        ("/api/x", "application/json", rb'{"name": "\\u0000"}', False),
        ("/api/x", "application/json", b'{"name": "100%00.png"}', False),
        ("/sessions", "application/x-www-form-urlencoded", b"pattern=a%00", True),
        ("/sessions", "application/x-www-form-urlencoded", b"pattern=100%2500", False),
    ],
)
async def test_nor_does_one_in_a_body(path: str, kind: str, body: bytes, is_one: bool) -> None:
    app = Inside()
    scope = scope_of("POST", path, content_type=kind, content_length=str(len(body)), origin="http://127.0.0.1:8710")
    status, _, _ = await ask(app, scope, part(body))
    assert status == (400 if is_one else 200)
    assert app.body == (None if is_one else body)


@pytest.mark.anyio
async def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    app = Inside()
    scope = scope_of("POST", content_type="application/json", content_length="1000001")
    status, headers, _ = await ask(app, scope)
    assert (status, headers["connection"], app.scopes) == (413, "close", [])


@pytest.mark.anyio
async def test_a_body_that_grows_too_long_is_refused_when_it_does() -> None:
    app = Inside()
    scope = scope_of("POST", content_type="application/json", transfer_encoding="chunked")
    doors = Doors(longest_body=10)
    parts = [part(b"123456", more=True), part(b"123456", more=True)]
    assert (await ask(app, scope, *parts, doors=doors))[0] == 413
    assert app.scopes == []
    assert (await ask(app, scope, part(b"1234567890"), doors=doors))[0] == 200


@pytest.mark.anyio
async def test_a_client_that_leaves_while_sending_is_answered_by_nobody() -> None:
    app = Inside()
    scope = scope_of("POST", content_type="application/json", content_length="9")
    assert await ask(app, scope, part(b"[", more=True), {"type": "http.disconnect"}) == (None, {}, [])
    assert app.scopes == []


@pytest.mark.anyio
async def test_after_its_body_a_command_hears_of_the_disconnect() -> None:
    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([(await receive())["type"], (await receive())["type"]])

    incoming: list[Message] = [part(b"{}"), {"type": "http.disconnect"}]

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = scope_of("POST", content_type="application/json", content_length="2")
    await Guard(app, LOCAL)(scope, receive, send)
    assert heard == ["http.request", "http.disconnect"]


@pytest.mark.anyio
async def test_a_websocket_is_closed_and_lifespan_passes() -> None:
    app = Inside()
    sent: list[Any] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await Guard(app, LOCAL)({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert (sent, app.scopes) == (["websocket.close"], [])
    await Guard(app, LOCAL)({"type": "lifespan"}, receive, send)
    assert [scope["type"] for scope in app.scopes] == ["lifespan"]
