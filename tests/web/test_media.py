"""Committed media over HTTP, and what must never be given out."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, problem, site

from tallylight.model import MEDIA_SUFFIXES
from tallylight.web.routes.media import MEDIA_TYPES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    """One committed picture, the medium 1."""
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path) as it:
        await it.commit(await it.run())
        yield it


def picture(it: Site) -> Path:
    return it.root / "picture_000.png"


async def test_the_file_comes_as_it_is_on_disk(it: Site) -> None:
    answer = await it.client.get("/api/media/1/file")
    content = await to_thread.run_sync(picture(it).read_bytes)
    assert answer.content == content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(content))
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_thumbnail_comes_from_the_cache(it: Site) -> None:
    answer = await it.client.get("/api/media/1/thumbnail")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    for file in it.services.thumbnails.folder.rglob("*.jpg"):
        await to_thread.run_sync(file.unlink)
    problem(await it.client.get("/api/media/1/thumbnail"), 404, "not_found")


@pytest.mark.parametrize("what", ["file", "thumbnail"])
@pytest.mark.parametrize(
    ("name", "status"), [("2", 404), ("0", 404), (str(2**62), 404), ("-1", 422), (str(10**30), 422), ("x", 422)]
)
async def test_an_unknown_medium_is_a_problem(it: Site, what: str, name: str, status: int) -> None:
    problem(await it.client.get(f"/api/media/{name}/{what}"), status)


async def test_a_file_that_has_gone_is_404(it: Site) -> None:
    await to_thread.run_sync(picture(it).unlink)
    problem(await it.client.get("/api/media/1/file"), 404, "not_found")


async def test_a_link_put_in_its_place_leads_nowhere(it: Site) -> None:
    secret = it.root.parent / "secret.png"

    def swap() -> None:
        secret.write_bytes(b"secret")
        picture(it).unlink()
        picture(it).symlink_to(secret)

    await to_thread.run_sync(swap)
    answer = await it.client.get("/api/media/1/file")
    problem(answer, 404, "not_found")
    assert "secret" not in answer.text


async def test_a_folder_put_in_place_of_its_own_leads_nowhere(it: Site) -> None:
    def swap() -> None:
        outside = it.root.parent / "outside"
        it.root.rename(outside)
        it.root.symlink_to(outside)

    await to_thread.run_sync(swap)
    problem(await it.client.get("/api/media/1/file"), 404, "not_found")


async def test_a_pipe_put_in_its_place_hangs_nobody(it: Site) -> None:
    def swap() -> None:
        picture(it).unlink()
        os.mkfifo(picture(it))

    await to_thread.run_sync(swap)
    with anyio.fail_after(ALARM):
        problem(await it.client.get("/api/media/1/file"), 404, "not_found")


def test_every_type_that_is_ingested_is_shown_by_the_browser() -> None:
    assert MEDIA_TYPES.keys() == MEDIA_SUFFIXES
    assert all(kind.startswith(("image/", "video/")) for kind in MEDIA_TYPES.values())
