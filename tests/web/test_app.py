"""The application as a whole: the doors, the headers, and every way in which it says no."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site

from tallylight.journal.sql import SqlJournal
from tallylight.services import Services
from tallylight.settings import Settings
from tallylight.web.app import create_app

pytestmark = pytest.mark.anyio

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One for all tests of this module: they ask for what is refused, or look."""
    async with site(tmp_path_factory.mktemp("app")) as it:
        yield it


async def gets(it: Site) -> list[str]:
    """An address of every GET there is, after a session that was committed."""
    await to_thread.run_sync(paint, it.root, 2)
    session_id = await it.run(skip_existing=False)
    await it.commit(session_id)
    first = (await it.items(session_id))[0]["seq"]
    return [
        "/",
        "/ingest-v2",
        "/sessions",
        f"/sessions/{session_id}",
        "/healthz",
        "/static/lamp.svg",
        "/api/ingest/sessions",
        "/api/ingest/active-session",
        "/api/ingest/directories",
        f"/api/ingest/directories?path={it.root}",
        f"/api/ingest/status/{session_id}",
        f"/api/ingest/session/{session_id}",
        f"/api/ingest/items/{session_id}",
        f"/api/ingest/failures/{session_id}",
        f"/api/ingest/preview/{session_id}",
        f"/api/ingest/preview/{session_id}/folders?class=unchanged",
        f"/api/ingest/report/{session_id}",
        f"/api/ingest/report/{session_id}?format=json",
        f"/api/ingest/commit-status/{session_id}",
        f"/api/ingest/thumbnail/{session_id}/{first}",
        f"/api/ingest/items/{session_id}/{first}",
        f"/api/ingest/file/{session_id}/{first}",
        f"/api/ingest/facets/{session_id}",
        f"/api/ingest/export/{session_id}",
        f"/api/ingest/stream/{session_id}",
        "/api/ingest/poll?wait=0",
        "/api/ingest/stream-stats",
        "/api/schedules",
        "/api/presets",
        "/api/stream-test?beats=1",
        "/metrics",
        "/api/media",
        "/api/media/facets",
        "/api/media/1",
        "/api/media/1/thumbnail",
        "/api/media/1/file",
    ]


async def test_every_get_is_answered_safely_and_sets_no_cookie(it: Site) -> None:
    for path in await gets(it):
        answer = await it.client.get(path)
        assert answer.status_code == 200, path
        # A page has forms, which are turned away without the own Origin; they are sent nowhere else.
        is_page = path in {"/", "/ingest-v2", "/sessions"} or path.startswith("/sessions/")
        expected = SECURITY | ({"referrer-policy": "same-origin"} if is_page else {})
        assert expected.items() <= dict(answer.headers).items(), path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "unsafe" not in answer.headers["content-security-policy"], path
        assert "set-cookie" not in answer.headers, path


async def test_no_get_changes_anything(it: Site) -> None:
    paths = await gets(it)

    def world() -> object:
        files = {path: path.stat().st_mtime_ns for path in it.root.rglob("*")}
        return it.services.journal.tally(), it.services.catalog.count(), files, len(list(it.data.rglob("*")))

    before = await to_thread.run_sync(world)
    for path in paths:
        await it.client.get(path)
    assert await to_thread.run_sync(world) == before


async def test_every_address_in_the_schema_has_its_get_tried_here(it: Site) -> None:
    schema = await it.get("/openapi.json")
    wanted = {path for path, ways in schema["paths"].items() if "get" in ways} - {"/api/ingest/stream"}
    tried = [path.partition("?")[0].split("/") for path in await gets(it)]

    def fits(template: str, parts: list[str]) -> bool:
        pattern = template.split("/")
        return len(pattern) == len(parts) and all(
            part == piece or part.startswith("{") for part, piece in zip(pattern, parts, strict=True)
        )

    assert [template for template in wanted if not any(fits(template, parts) for parts in tried)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing/here", None, 404, "not_found"),
        ("GET", "/api/ingest", None, 404, "not_found"),
        ("GET", "/api/ingest/status/", None, 404, "not_found"),
        ("GET", "/static/nothing.js", None, 404, "not_found"),
        ("GET", "/static/..%2fapp.py", None, 404, "not_found"),
        ("GET", "/docs", None, 404, "not_found"),
        ("GET", "/api/ingest/process", None, 405, "method_not_allowed"),
        ("DELETE", "/api/ingest/sessions", None, 405, "method_not_allowed"),
        ("PATCH", "/", None, 405, "method_not_allowed"),
        ("POST", f"/api/ingest/stream/{NOBODY}", None, 405, "method_not_allowed"),
        ("POST", "/api/ingest/process", b"{", 400, "bad_json"),
        ("POST", "/api/ingest/process", b"\xff", 400, "bad_json"),
        ("POST", "/api/ingest/process", b"[" * 100_000, 400, "bad_json"),
        ("POST", "/api/ingest/process", b"null", 422, "bad_fields"),
        ("POST", "/api/ingest/process", b"[]", 422, "bad_fields"),
        ("POST", "/api/ingest/process", b"{}", 422, "bad_fields"),
        ("POST", "/api/ingest/commit", b'{"session_id": 7}', 422, "bad_fields"),
        ("POST", "/api/ingest/commit", b'{"session_id": ""}', 422, "bad_fields"),
        ("POST", "/api/ingest/commit", b'{"session_id": "x", "x": 1}', 422, "bad_fields"),
        ("POST", "/api/ingest/commit", b" " * 1_000_001, 413, "body_too_long"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_behind_the_same_headers(
    it: Site, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    headers = {} if body is None else {"content-type": "application/json"}
    answer = await it.client.request(method, path, content=body, headers=headers)
    problem(answer, status, code)
    assert SECURITY.items() <= dict(answer.headers).items()
    assert "set-cookie" not in answer.headers


async def test_a_wrong_method_says_which_is_right(it: Site) -> None:
    answer = await it.client.get("/api/ingest/process")
    assert answer.headers["allow"] == "POST"
    assert "use POST" in answer.json()["detail"]


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing_of_the_inside(
    it: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def boom(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(SqlJournal, "items", boom)
    answer = await it.client.get(f"/api/ingest/items/{NOBODY}")
    body = problem(answer, 500, "internal_error")
    assert "hunter2" not in str(body)
    assert "hunter2" in caplog.text
    assert SECURITY.items() <= dict(answer.headers).items()
    assert (await it.client.get("/healthz")).status_code == 200, "the server lives on"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"host": "evil.example"}, 421, "unknown_host"),
        ({"host": "127.0.0.1.evil.example:8710"}, 421, "unknown_host"),
        ({"x-forwarded-for": "10.0.0.1"}, 403, "forwarded"),
        ({"x-forwarded-host": "127.0.0.1"}, 403, "forwarded"),
        ({"forwarded": "for=10.0.0.1"}, 403, "forwarded"),
        ({"origin": "null"}, 403, "foreign_origin"),
        ({"origin": "https://evil.example"}, 403, "foreign_origin"),
        ({"origin": "http://127.0.0.1:9999"}, 403, "foreign_origin"),
        ({"sec-fetch-site": "cross-site"}, 403, "cross_site"),
        ({"sec-fetch-site": "same-site"}, 403, "cross_site"),
    ],
)
@pytest.mark.parametrize("path", ["/api/ingest/sessions", "/api/ingest/stream", "/nothing/here"])
async def test_foreign_pages_stay_outside(it: Site, path: str, headers: dict[str, str], status: int, code: str) -> None:
    problem(await it.client.get(path, headers=headers), status, code)
    assert it.services.hub.readers == 0


async def test_what_stays_outside_starts_nothing(it: Site) -> None:
    asked = {"parameters": {"directory": str(it.root)}}
    before = await it.get("/api/ingest/sessions")
    for headers in ({"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"x-forwarded-for": "1.2.3.4"}):
        problem(await it.client.post("/api/ingest/process", json=asked, headers=headers), 403)
    assert await it.get("/api/ingest/sessions") == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_command_that_a_foreign_form_could_send_is_refused(it: Site, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = await it.client.post("/api/ingest/process", content=b'{"parameters": {}}', headers=headers)
    problem(answer, 415, "not_json")


async def test_the_own_page_and_scripts_are_let_in(it: Site) -> None:
    for headers in (
        {},
        {"origin": "http://127.0.0.1:8710", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"host": "localhost:1234"},
    ):
        assert (await it.client.get("/api/ingest/sessions", headers=headers)).status_code == 200


async def test_a_link_on_a_foreign_page_may_lead_here_but_not_to_the_api(it: Site) -> None:
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert (await it.client.get("/", headers=followed)).status_code == 200
    problem(await it.client.get("/api/ingest/sessions", headers=followed), 403, "cross_site")


async def test_services_are_ready_before_the_first_request_and_closed_after_the_last(tmp_path: Path) -> None:
    told: list[str] = []

    async with site(tmp_path) as it:

        @asynccontextmanager
        async def opening(_settings: Settings) -> AsyncIterator[Services]:
            told.append("opened")
            yield it.services
            told.append("closed")

        def ready(services: Services) -> None:
            assert services is it.services
            told.append("ready")

        app = await to_thread.run_sync(partial(create_app, Settings(data=tmp_path), opening=opening, ready=ready))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
        ):
            assert told == ["opened", "ready"]
            assert (await client.get("/healthz")).json()["status"] == "ok"
    assert told == ["opened", "ready", "closed"]
