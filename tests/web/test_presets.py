"""Presets over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.in_process import Site, problem, site

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as it:
        yield it


async def put(it: Site, name: str, **parameters: object) -> None:
    answer = await it.client.put(f"/api/presets/{quote(name, safe='')}", json={"parameters": parameters})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == name


async def test_what_is_saved_is_listed_as_a_session_would_have_it(it: Site) -> None:
    assert await it.get("/api/presets") == {"presets": []}
    await put(it, "b", tier="index")
    await put(it, "a", directories=[str(it.root)], pattern="*.png", max_files=3)
    first, second = (await it.get("/api/presets"))["presets"]
    assert (first["name"], second["name"]) == ("a", "b")
    assert first["parameters"]["directories"] == [str(it.root)]
    assert (first["parameters"]["pattern"], first["parameters"]["max_files"]) == ("*.png", 3)
    assert (second["parameters"]["tier"], second["parameters"]["directories"]) == ("index", [])
    started = await it.post("/api/ingest/process", {"parameters": {"directories": [str(it.root)], "pattern": "*.png"}})
    await it.finished(started["session_id"])
    session = (await it.get("/api/ingest/sessions"))["sessions"][0]
    assert session["parameters"].keys() == first["parameters"].keys()


@pytest.mark.parametrize("name", ["holidays/2024", "100 %", "Día <b>日本</b>", "?x#y", 'a "b"', "a\\b", "x" * 100])
async def test_a_name_is_any_word(it: Site, name: str) -> None:
    await put(it, name)
    await put(it, name, tier="index")
    (preset,) = (await it.get("/api/presets"))["presets"]
    assert (preset["name"], preset["parameters"]["tier"]) == (name, "index")
    answer = await it.client.delete(f"/api/presets/{quote(name, safe='')}")
    assert answer.json() == {"name": name, "removed": True}
    assert await it.get("/api/presets") == {"presets": []}


@pytest.mark.parametrize("name", ["%20", "a%09b", "x" * 101, "%E2%80%AE"])
async def test_what_is_no_name_is_a_problem(it: Site, name: str) -> None:
    problem(await it.client.put(f"/api/presets/{name}", json={"parameters": {}}), 400, "bad_parameters")
    assert await it.get("/api/presets") == {"presets": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ([], 422),
        ({"parameters": {"teir": "full"}}, 422),
        ({"parameters": {"tier": "deep"}}, 422),
        ({"parameters": {"max_files": -1}}, 422),
        ({"parameters": {"directories": ["/etc"]}}, 400),
        ({"parameters": {"directories": ["ROOT/missing"]}}, 400),
        ({"parameters": {}, "name": "x"}, 422),
    ],
)
async def test_what_no_session_could_be_asked_is_a_problem(it: Site, body: object, status: int) -> None:
    problem(await it.client.put("/api/presets/x", json=body), status)
    assert await it.get("/api/presets") == {"presets": []}


async def test_what_is_not_there_cannot_be_deleted(it: Site) -> None:
    problem(await it.client.delete("/api/presets/nothing"), 404, "not_found")
    problem(await it.client.post("/api/presets/nothing", json={}), 405, "method_not_allowed")
