"""Problems: each error as RFC 9457 JSON with a sentence, over a small application of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from tallylight import errors
from tallylight.web import problems
from tallylight.web.security import Doors, Guard


class Inner(BaseModel):
    count: Annotated[int, Field(ge=1, strict=True)] = 1
    names: list[str] = Field(default_factory=list)


class Asked(BaseModel):
    inner: Inner


class Later(errors.BadFolder):
    """An error added to the tree one day."""

    code = "later"


def application() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/raise/{name}")
    async def raising(name: str) -> None:
        kind: type[errors.TallylightError] = {"Later": Later}.get(name) or getattr(errors, name)
        raise kind("Do something else.")

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("the password is hunter2")

    @app.get("/torn")
    async def torn() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("torn")

        return StreamingResponse(body())

    @app.get("/status/{status}")
    async def status(status: int) -> None:
        raise HTTPException(status, "It is so.", headers={"Retry-After": "7"})

    @app.post("/body")
    async def body(asked: Asked) -> Asked:
        return asked

    @app.get("/query")
    async def query(limit: Annotated[int, Query(le=1000)]) -> int:
        return limit

    return app


async def ask(method: str, path: str, **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(Guard(application(), Doors()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8710") as client:
        return await client.request(method, path, **options)


def told(response: httpx.Response) -> dict[str, Any]:
    """The problem, once it is one in every respect."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == "about:blank"
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"].endswith((".", "?"))
    assert response.headers["x-content-type-options"] == "nosniff"
    return body


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("BadInput", 400, "bad_input"),
        ("BadFolder", 400, "bad_folder"),
        ("BadParameters", 400, "bad_parameters"),
        ("BadPath", 400, "bad_path"),
        ("NotFound", 404, "not_found"),
        ("WrongMove", 409, "wrong_move"),
        ("DataFolderBusy", 503, "data_folder_busy"),
        ("DataFolderUnusable", 503, "data_folder_unusable"),
        ("TallylightError", 500, "error"),
        ("Later", 400, "later"),
    ],
)
async def test_each_error_has_its_status_code_and_sentence(name: str, status: int, code: str) -> None:
    response = await ask("GET", f"/raise/{name}")
    body = told(response)
    assert (response.status_code, body["code"], body["detail"]) == (status, code, "Do something else.")


def test_every_error_of_the_tree_has_a_status() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TallylightError)
    ]
    assert len(kinds) >= 8
    assert all(problems.status_of(kind("x")) >= 400 for kind in kinds)


@pytest.mark.anyio
async def test_the_unforeseen_is_logged_with_its_traceback_and_told_without(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = await ask("GET", "/boom")
    body = told(response)
    assert (response.status_code, body["code"]) == (500, "internal_error")
    assert "hunter2" not in response.text
    (record,) = [record for record in caplog.records if record.name == "tallylight.web.problems"]
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


@pytest.mark.anyio
async def test_a_response_that_has_begun_is_torn_not_ended() -> None:
    with pytest.raises(RuntimeError, match="torn"):
        await ask("GET", "/torn")


@pytest.mark.anyio
async def test_an_address_that_names_nothing() -> None:
    body = told(await ask("GET", "/nowhere"))
    assert (body["status"], body["code"]) == (404, "not_found")
    assert "/nowhere" in body["detail"]


@pytest.mark.anyio
async def test_a_method_the_address_does_not_have_keeps_allow() -> None:
    response = await ask("DELETE", "/body")
    body = told(response)
    assert (body["status"], body["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"
    assert "POST" in body["detail"]


@pytest.mark.anyio
async def test_an_exception_of_a_route_keeps_its_sentence_and_headers() -> None:
    response = await ask("GET", "/status/429")
    body = told(response)
    assert (body["code"], body["detail"], response.headers["retry-after"]) == ("too_many_requests", "It is so.", "7")


@pytest.mark.anyio
@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_gets_none(status: int) -> None:
    response = await ask("GET", f"/status/{status}")
    assert (response.status_code, response.content) == (status, b"")


@pytest.mark.anyio
@pytest.mark.parametrize("sent", [b"{", b"{'a': 1}", b"\xff\xfe", b"nonsense", b"[" * 100_000])
async def test_a_body_that_is_not_json_is_a_bad_request(sent: bytes) -> None:
    response = await ask("POST", "/body", content=sent, headers={"content-type": "application/json"})
    body = told(response)
    assert (body["status"], body["code"]) == (400, "bad_json")


@pytest.mark.anyio
async def test_wrong_fields_are_named_each_with_a_sentence() -> None:
    body = told(await ask("POST", "/body", json={"inner": {"count": 0, "names": ["a", 7]}}))
    assert (body["status"], body["code"]) == (422, "bad_fields")
    assert body["errors"] == [
        {"field": "inner.count", "message": "must be at least 1"},
        {"field": "inner.names[1]", "message": "must be text"},
    ]
    assert body["detail"] == "inner.count: must be at least 1; inner.names[1]: must be text."


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "sent", "detail"),
    [
        ("POST", "/body", {}, "inner: is missing."),
        ("POST", "/body", [], "the body: must be a JSON object."),
        ("POST", "/body", {"inner": None}, "inner: must be a JSON object."),
        ("POST", "/body", {"inner": {"count": True}}, "inner.count: must be a whole number."),
        ("GET", "/query?limit=1001", None, "limit: must be at most 1000."),
        ("GET", "/query?limit=many", None, "limit: must be a whole number."),
        ("GET", "/query", None, "limit: is missing."),
    ],
)
async def test_sentences(method: str, path: str, sent: Any, detail: str) -> None:
    response = await ask(method, path, json=sent) if method == "POST" else await ask(method, path)
    assert told(response)["detail"] == detail


@pytest.mark.anyio
async def test_the_answer_does_not_grow_with_the_number_of_mistakes() -> None:
    body = told(await ask("POST", "/body", json={"inner": {"names": list(range(5000))}}))
    assert len(body["errors"]) == problems.MOST_ERRORS
    assert len(body["detail"]) <= problems.LONGEST_DETAIL


def test_half_a_surrogate_pair_is_still_json() -> None:
    response = problems.problem(400, "x", "No \ud800 – really.")
    assert b"\\ud800 \xe2\x80\x93" in response.body
