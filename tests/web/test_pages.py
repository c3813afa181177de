"""The page as it is sent, under each of its addresses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from tests.in_process import Site, site

import tallylight
from tallylight.ingest.extract import nsfw

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("pages")) as it:
        yield it


@pytest.mark.parametrize("path", ["/", "/ingest-v2", "/sessions/anything", "/sessions", "/library"])
async def test_the_page_is_html_without_inline_script_or_style(it: Site, path: str) -> None:
    answer = await it.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert "<style" not in answer.text
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", answer.text)


async def test_a_page_travels_packed_to_whoever_takes_that(it: Site) -> None:
    packed = await it.client.get("/", headers={"accept-encoding": "gzip"})
    plain = await it.client.get("/", headers={"accept-encoding": "identity"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", plain.text)
    assert "content-encoding" not in plain.headers
    assert packed.num_bytes_downloaded < plain.num_bytes_downloaded / 2
    assert all("accept-encoding" in answer.headers["vary"] for answer in (packed, plain))


async def test_everything_the_page_loads_is_here(it: Site) -> None:
    page = (await it.client.get("/")).text
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert loaded
    modules = {"/static/app.js"} if any("app.js" in path for path in loaded) else set()
    for path in loaded | modules:
        assert (await it.client.get(path)).status_code == 200, path
    assert 'rel="icon"' in page


@pytest.mark.parametrize("name", ["%3Cscript%3Ealert(1)%3Cscript%3E", "%22%3E%3Cimg%20src=x%3E", "'%20onload='x"])
async def test_an_id_in_the_address_is_never_markup(it: Site, name: str) -> None:
    answer = await it.client.get(f"/sessions/{name}")
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "onload='" not in answer.text


async def test_the_page_says_how_nsfw_detection_gets_its_model(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tallylight[nsfw]" not in (await it.client.get("/")).text
    monkeypatch.setattr(nsfw, "available", lambda: False)
    page = unescape((await it.client.get("/")).text)
    assert nsfw.MISSING in page
    assert 'name="enable_nsfw_detection" disabled' in page


async def test_the_health_check_tells_version_and_readers(it: Site) -> None:
    assert await it.get("/healthz") == {"status": "ok", "version": tallylight.__version__, "readers": 0}
    async with it.reading("/api/ingest/stream") as probe:
        await probe.saw(bool)
        assert (await it.get("/healthz"))["readers"] == 1
