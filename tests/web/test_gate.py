"""A server that others can reach: who shows the token is let in, and what everybody else is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import anyio
import httpx
import pytest
from tests.in_process import Site, problem, site

from tallylight.access import LOOK
from tallylight.testing import ManualClock
from tallylight.token_file import TokenFile

pytestmark = pytest.mark.anyio

PAGE = {"accept": "text/html,*/*"}
PUBLIC = "https://pics.example/tally/"
#: As the proxy passes it on.
BASE = "http://pics.example/tally"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "data").mkdir()
    async with site(tmp_path, clock=ManualClock(), public_url=PUBLIC, trusted_proxies=("127.0.0.1",)) as it:
        yield it


@pytest.fixture
async def token(it: Site) -> str:
    return await renewed(it)


async def renewed(it: Site) -> str:
    return (await anyio.to_thread.run_sync(TokenFile(it.services.folder.token).rotate, 1.0))[1]


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """The cookie that was set, as the header that a browser then sends."""
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


API = ["/api/ingest/sessions", "/api/ingest/stream", "/api/ingest/poll", "/api/media", "/metrics", "/openapi.json"]


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize(
    "shown", [{}, {"authorization": "Bearer nope"}, {"authorization": "Basic eDp5"}, {"cookie": "x=y"}]
)
async def test_without_the_token_there_is_a_problem_and_nothing_else(
    it: Site, path: str, shown: dict[str, str]
) -> None:
    answer = await it.client.get(path, headers=PAGE | shown)
    body = problem(answer, 401, "not_admitted")
    assert "Authorization: Bearer" in body["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "set-cookie" not in answer.headers


async def test_a_command_without_the_token_does_nothing(it: Site, token: str) -> None:
    body = {"parameters": {"directory": str(it.root)}}
    problem(await it.client.post("/api/ingest/process", json=body), 401, "not_admitted")
    answer = await it.client.get("/api/ingest/sessions", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"sessions": []}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_script_shows_it_in_the_header(it: Site, token: str, scheme: str) -> None:
    for base in ("", f"{BASE}"):
        answer = await it.client.get(f"{base}/api/ingest/sessions", headers={"authorization": f"{scheme} {token}"})
        assert answer.status_code == 200


async def test_the_link_leads_to_the_same_page_without_the_token(it: Site, token: str) -> None:
    for path, after in (
        ("/", "/tally/"),
        ("/sessions/a%2Fb", "/tally/sessions/a%2Fb"),
        ("/?like=x", "/tally/?like=x"),
    ):
        mark = "&" if "?" in path else "?"
        answer = await it.client.get(f"{BASE}{path}{mark}token={token}", headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, after)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        inside = await it.client.get(f"{BASE}/api/ingest/sessions", headers=cookie_of(answer))
        assert inside.status_code == 200


async def test_the_cookie_is_for_this_server_and_its_pages_alone(it: Site, token: str) -> None:
    answer = await it.client.get(f"{BASE}/?token={token}", headers=PAGE)
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie == f"{it.services.access.cookie}={token}"
    assert {"HttpOnly", "Path=/tally", "SameSite=lax", "Secure"} <= set(attributes)
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")]
    near = await it.client.get(f"/?token={token}", headers=PAGE)
    assert "Secure" not in near.headers["set-cookie"].split("; "), "over http a browser would not keep it"


async def test_an_address_of_the_api_takes_no_token_from_its_query(it: Site, token: str) -> None:
    problem(await it.client.get(f"/api/ingest/sessions?token={token}", headers=PAGE), 401, "not_admitted")


@pytest.mark.parametrize("path", ["/", "/ingest-v2", "/sessions/x?y=%22%3E", "/nothing"])
async def test_in_place_of_every_page_is_the_log_in(it: Site, path: str) -> None:
    answer = await it.client.get(f"{BASE}{path}", headers=PAGE)
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    after = re.search(r'name="next" value="([^"]*)"', answer.text)
    assert after
    assert unescape(after[1]) == path
    for loaded in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert (await it.client.get(f"http://pics.example{loaded}")).status_code == 200


async def test_the_form_lets_in_and_leads_on(it: Site, token: str) -> None:
    form = {"token": f" {token}\n", "next": "/sessions/x?y=1"}
    own = {"origin": "https://pics.example", "sec-fetch-site": "same-origin"}
    answer = await it.client.post(f"{BASE}/login", data=form, headers=own)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tally/sessions/x?y=1")
    again = await it.client.get(f"{BASE}/login", headers=PAGE | cookie_of(answer))
    assert (again.status_code, again.headers["location"]) == (303, "/tally/")


OWN = {"origin": "https://pics.example", "sec-fetch-site": "same-origin"}


async def test_who_came_by_cookie_can_log_out(it: Site, token: str) -> None:
    given = await it.client.post("/login", json={"token": token})
    cookie = cookie_of(given)
    page = (await it.client.get(f"{BASE}/", headers=PAGE | cookie)).text
    assert '<form method="post" action="/tally/logout"><button type="submit" class="quiet">Log out</button>' in page
    answer = await it.client.post(f"{BASE}/logout", headers=OWN | cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tally/login")
    name = cookie["cookie"].partition("=")[0]
    taken = answer.headers["set-cookie"]
    assert taken.startswith(f'{name}="";')
    assert "Max-Age=0" in taken
    path = re.search(r"Path=[^;]+", given.headers["set-cookie"])
    assert path
    assert path[0] in taken, "the cookie of another path would stay"
    shown = await it.client.get("http://pics.example/tally/login", headers=PAGE)
    assert 'name="token"' in shown.text


async def test_who_has_no_cookie_needs_no_button_and_may_press_it(it: Site, token: str) -> None:
    page = await it.client.get(f"{BASE}/", headers=PAGE | {"authorization": f"Bearer {token}"})
    assert page.status_code == 200
    assert "/logout" not in page.text
    assert (await it.client.post(f"{BASE}/logout", headers=OWN)).status_code == 303


async def test_nobody_else_logs_a_person_out(it: Site, token: str) -> None:
    cookie = cookie_of(await it.client.post("/login", json={"token": token}))
    problem(await it.client.get("/logout", headers=cookie), 405, "method_not_allowed")
    problem(await it.client.post("/logout", headers=cookie), 403, "no_origin")
    for origin in ("null", "https://evil.example"):
        problem(await it.client.post("/logout", headers=cookie | {"origin": origin}), 403, "foreign_origin")


@pytest.mark.parametrize("after", ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nx: y", "é"])
async def test_it_leads_nowhere_else(it: Site, token: str, after: str) -> None:
    answer = await it.client.post(f"{BASE}/login", data={"token": token, "next": after})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tally/")


async def test_a_program_may_log_in_too(it: Site, token: str) -> None:
    answer = await it.client.post("/login", json={"token": token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await it.client.get("/api/ingest/sessions", headers=cookie_of(answer))).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"token": 7}', b'{"token": null}', b"\xff", b'{"token": "\\ud800"}']
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_wrong_one_is_told_so(it: Site, body: bytes, kind: str) -> None:
    answer = await it.client.post("/login", content=body or None, headers={"content-type": kind})
    assert answer.status_code == 401
    assert "not the server" in answer.text
    assert "set-cookie" not in answer.headers


async def test_what_lets_the_own_user_in_is_no_token_to_log_in_with(it: Site) -> None:
    secret = it.services.access.secret
    assert (
        await it.client.get("/api/ingest/sessions", headers={"authorization": f"Bearer {secret}"})
    ).status_code == 200
    assert (await it.client.post("/login", json={"token": secret})).status_code == 401


async def test_of_many_wrong_ones_from_one_address_the_rest_is_not_looked_at(it: Site, token: str) -> None:
    guesses = [
        it.client.post("/login", json={"token": "guess"}),
        it.client.get("/?token=guess", headers=PAGE),
        it.client.post("/login", data={"token": "guess"}),
        it.client.post("/login", data={"token": "guess"}),
        it.client.post("/login", json={"token": "guess"}),
    ]
    assert [(await guess).status_code for guess in guesses] == [401] * 5
    for asked in (
        it.client.post("/login", json={"token": token}),
        it.client.post("/login", data={"token": token}),
        it.client.get(f"/?token={token}", headers=PAGE),
    ):
        answer = await asked
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert "try again in 60 seconds" in answer.text
    other = {"x-forwarded-for": "198.51.100.8"}
    assert (await it.client.post("/login", json={"token": token}, headers=other)).status_code == 204
    shown = {"authorization": f"Bearer {token}"}
    assert (await it.client.get("/api/ingest/sessions", headers=shown)).status_code == 200, "who is in stays in"
    clock = it.services.clock
    assert isinstance(clock, ManualClock)
    await clock.advance(60)
    assert (await it.client.post("/login", json={"token": token})).status_code == 204


async def test_a_new_token_refuses_the_old_cookies_and_headers_at_once(it: Site, token: str) -> None:
    cookie = cookie_of(await it.client.get(f"{BASE}/?token={token}", headers=PAGE))
    await renewed(it)
    for shown in (cookie, {"authorization": f"Bearer {token}"}):
        problem(await it.client.get("/api/ingest/sessions", headers=shown), 401, "not_admitted")


@pytest.mark.parametrize("path", ["/api/ingest/stream", "/api/ingest/poll"])
async def test_a_new_token_ends_what_was_opened_with_the_old_one(it: Site, token: str, path: str) -> None:
    clock = it.services.clock
    assert isinstance(clock, ManualClock)
    cursor = (await it.client.get("/api/ingest/poll", headers={"authorization": f"Bearer {token}"})).json()["cursor"]
    async with it.reading(path, query=f"after={cursor}", headers={"authorization": f"Bearer {token}"}) as probe:
        with anyio.fail_after(10):
            while it.services.hub.readers == 0:
                await anyio.wait_all_tasks_blocked()
        await renewed(it)
        with anyio.fail_after(10):
            while it.services.hub.readers:
                await clock.advance(LOOK)
                await anyio.wait_all_tasks_blocked()
    assert probe.status == (200 if path.endswith("stream") else 401)
    assert it.services.hub.accounts.as_json()["ended"]["cancelled"] == path.endswith("stream")


async def test_a_health_check_needs_none_and_learns_nothing_else(it: Site, token: str) -> None:
    assert (await it.client.get("/healthz")).json() == {"status": "ok"}
    inside = (await it.client.get("/healthz", headers={"authorization": f"Bearer {token}"})).json()
    assert set(inside) == {"status", "version", "readers"}


async def test_the_page_finds_everything_below_the_path(it: Site, token: str) -> None:
    page = (await it.client.get(f"{BASE}/", headers=PAGE | {"authorization": f"Bearer {token}"})).text
    links = set(re.findall(r'(?:src|href)="(/[^"]*)"', page))
    assert {link for link in links if not link.startswith("/tally/")} == set()
    assert 'data-prefix="/tally"' in page
    for link in links:
        shown = PAGE | {"authorization": f"Bearer {token}"}
        assert (await it.client.get(f"http://pics.example{link}", headers=shown)).status_code in {200, 303}, link


async def test_the_doors_stay_where_they_are(it: Site, token: str) -> None:
    shown = {"authorization": f"Bearer {token}"}
    refusals = [
        ({"host": "evil.example"}, 421, "unknown_host"),
        ({"origin": "https://evil.example"}, 403, "foreign_origin"),
        ({"host": "pics.example", "origin": "http://pics.example"}, 403, "foreign_origin"),
        ({"origin": "null"}, 403, "foreign_origin"),
        ({"sec-fetch-site": "cross-site"}, 403, "cross_site"),
        ({"sec-fetch-site": "same-site"}, 403, "cross_site"),
    ]
    for headers, status, code in refusals:
        problem(await it.client.get("/api/ingest/sessions", headers=shown | headers), status, code)
    form = {"token": token}
    problem(
        await it.client.post("/login", data=form, headers={"origin": "https://evil.example"}), 403, "foreign_origin"
    )
    problem(await it.client.post("/api/ingest/process", data=form, headers=shown), 415, "not_json")


async def test_a_server_for_its_own_machine_asks_for_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as it:
        assert (await it.client.get("/?token=left-over", headers=PAGE)).status_code == 200
        assert (await it.client.get("/api/ingest/sessions")).status_code == 200
        assert not await anyio.Path(it.services.folder.token).exists()
        problem(await it.client.post("/login", json={"token": "x"}), 404, "not_found")
        own = {"origin": "http://127.0.0.1:8710"}
        problem(await it.client.post("/logout", headers=own), 404, "not_found")
        assert "/logout" not in (await it.client.get("/", headers=PAGE)).text


@pytest.mark.parametrize(
    ("client", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.9", 403), ("testclient", 200)]
)
async def test_nobody_comes_from_another_machine_without_a_token(tmp_path: Path, client: str, status: int) -> None:
    """As where another server runs the application, and was told to listen on every address."""
    async with site(tmp_path) as it:
        transport = httpx.ASGITransport(it.app, client=(client, 9))
        async with httpx.AsyncClient(transport=transport, base_url="http://192.0.2.1:8710") as there:
            answer = await there.get("/api/ingest/sessions")
    assert answer.status_code == status
    if status == 403:
        assert "TALLYLIGHT_HOST" in problem(answer, 403, "elsewhere")["detail"]
