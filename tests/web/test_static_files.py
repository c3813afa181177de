"""The page's own files as they travel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from tests.in_process import Site, site

from tallylight.web.uncommented import uncommented

pytestmark = pytest.mark.anyio

MODULE = "/static/store.js"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("static")) as it:
        yield it


def source() -> bytes:
    return files("tallylight.web").joinpath("static", "store.js").read_bytes()


async def test_who_takes_gzip_gets_it_without_its_comments(it: Site) -> None:
    packed = await it.client.get(MODULE, headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(source()) / 2
    assert packed.text == uncommented(source().decode())
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.headers["cache-control"] == "no-cache"
    assert "accept-encoding" in packed.headers["vary"].lower()


@pytest.mark.parametrize("accepts", ["identity", "br", "gzip;q=0"])
async def test_who_does_not_gets_it_as_it_is(it: Site, accepts: str) -> None:
    plain = await it.client.get(MODULE, headers={"accept-encoding": accepts})
    assert "content-encoding" not in plain.headers
    assert plain.content == source()
    assert "accept-encoding" in plain.headers["vary"].lower()


@pytest.mark.parametrize("accepts", ["gzip", "identity"])
async def test_who_has_it_already_is_told_so(it: Site, accepts: str) -> None:
    takes = {"accept-encoding": accepts}
    first = await it.client.get(MODULE, headers=takes)
    again = await it.client.get(MODULE, headers=takes | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_range_is_of_the_file_as_it_is(it: Site) -> None:
    part = await it.client.get(MODULE, headers={"accept-encoding": "gzip", "range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, source()[:10])


async def test_a_head_says_what_there_is(it: Site) -> None:
    answer = await it.client.head(MODULE, headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_what_is_not_there_is_a_problem(it: Site) -> None:
    answer = await it.client.get("/static/nothing.js", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
