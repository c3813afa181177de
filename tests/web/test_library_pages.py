"""The library as the server writes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site

from tallylight.web.routes import library_pages

pytestmark = pytest.mark.anyio

NASTY = "<i>\u202e"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    """Five committed pictures."""
    await to_thread.run_sync(paint, tmp_path / "root" / NASTY, 5)
    async with site(tmp_path) as it:
        await it.commit(await it.run())
        yield it


def names(page: str) -> list[str]:
    return re.findall(r'<bdi class="name">([^<]+)</bdi>', page)


async def test_results_come_page_by_page(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_pages, "PAGE", 2)
    seen: list[str] = []
    address = "/library?q=night&sort=path"
    while address:
        page = (await it.client.get(address)).text
        seen += names(page)
        found = re.search(r'href="(/library\?[^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"picture_00{number}.png" for number in range(5)]
    assert 'rel="prev"' in page


async def test_names_are_never_markup(it: Site) -> None:
    page = (await it.client.get("/library", params={"q": '"<script>alert(1)</script>"'})).text
    assert "<script>alert" not in page
    page = (await it.client.get("/library")).text
    assert "<i>" not in page
    assert "&lt;i&gt;⟨U+202E⟩" in page


@pytest.mark.parametrize(("q", "told"), [("scroe:4", "did you mean score:?"), ("like:99", "holds no file number 99")])
async def test_a_search_that_cannot_be_is_told_in_the_page(it: Site, q: str, told: str) -> None:
    page = (await it.client.get("/library", params={"q": q})).text
    assert told in page
    assert names(page) == []


@pytest.mark.parametrize("query", ["offset=-1", "offset=x", f"offset={2**63}", f"q={'x' * 4001}"])
async def test_a_page_that_there_cannot_be_is_a_problem(it: Site, query: str) -> None:
    problem(await it.client.get(f"/library?{query}"), 422)


async def test_an_unknown_order_is_the_usual_one(it: Site) -> None:
    newest = (await it.get("/api/media?descending=true"))["media"]
    assert names((await it.client.get("/library?sort=x")).text) == [Path(medium["path"]).name for medium in newest]
    assert names((await it.client.get(f"/library?offset={2**62}")).text) == []


async def test_each_facet_says_the_word_that_finds_as_many(it: Site) -> None:
    await it.client.patch("/api/media/1", json={"score": 4, "favourite": True})
    answer = await it.get("/api/media/facets?q=night")
    assert (answer["counted"], answer["complete"]) == (5, True)
    found = [value for values in answer["facets"].values() for value in values]
    assert {"score:4", "is:favourite", "type:image", "night"} <= {value["word"] for value in found}
    for value in found:
        counted = await it.client.get("/api/media", params={"q": value["word"]})
        assert counted.json()["total"] == value["count"], value
    assert (await it.get("/api/media/facets?q=nothing-like-it"))["facets"]["keyword"] == []


@pytest.mark.parametrize(("query", "status"), [("q=scroe:4", 400), ("q=like:99", 404), (f"q={'x' * 4001}", 422)])
async def test_facets_of_a_search_that_cannot_be_are_a_problem(it: Site, query: str, status: int) -> None:
    problem(await it.client.get(f"/api/media/facets?{query}"), status)
