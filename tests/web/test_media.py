"""Committed media over HTTP, and what must never be given out."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, problem, site

from tallylight.model import MEDIA_SUFFIXES, Json
from tallylight.web.files import MEDIA_TYPES

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


async def test_a_player_is_sent_the_part_it_asks_for(it: Site) -> None:
    whole = (await it.client.get("/api/media/1/file")).content
    part = await it.client.get("/api/media/1/file", headers={"range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, whole[5:15])
    assert part.headers["content-range"] == f"bytes 5-14/{len(whole)}"
    beyond = await it.client.get("/api/media/1/file", headers={"range": f"bytes={len(whole)}-"})
    assert problem(beyond, 416, "range_not_satisfiable")["detail"].startswith(f"The file has {len(whole)} bytes")
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"


async def test_the_rest_of_a_file_is_sent_only_while_it_is_that_file(it: Site) -> None:
    whole = await it.client.get("/api/media/1/file")
    tag, rest = whole.headers["etag"], {"range": "bytes=5-"}
    assert re.fullmatch('"[^"]+"', tag), "a strong one"
    going_on = await it.client.get("/api/media/1/file", headers={**rest, "if-range": tag})
    assert (going_on.status_code, going_on.content) == (206, whole.content[5:])
    for other in ('"other"', f"W/{tag}", "Wed, 25 Nov 2026 10:00:00 GMT"):
        anew = await it.client.get("/api/media/1/file", headers={**rest, "if-range": other})
        assert (anew.status_code, anew.content) == (200, whole.content), other
    await to_thread.run_sync(picture(it).write_bytes, b"something else")
    changed = await it.client.get("/api/media/1/file", headers={**rest, "if-range": tag})
    assert (changed.status_code, changed.content) == (200, b"something else")
    assert changed.headers["etag"] != tag


async def test_what_the_browser_has_is_not_sent_again(it: Site) -> None:
    tag = (await it.client.get("/api/media/1/file")).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await it.client.get("/api/media/1/file", headers={"if-none-match": known, "range": "bytes=0-4"})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await it.client.get("/api/media/1/file", headers={"if-none-match": '"other"'})).status_code == 200


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


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[Site]:
    """Five committed pictures."""
    await to_thread.run_sync(paint, tmp_path / "root", 5)
    async with site(tmp_path) as it:
        await it.commit(await it.run())
        yield it


async def test_a_search_comes_page_by_page(many: Site) -> None:
    first = await many.get("/api/media?q=night&limit=3&order=path&descending=true")
    assert [Path(medium["path"]).name for medium in first["media"]] == [f"picture_00{n}.png" for n in (4, 3, 2)]
    assert (first["total"], first["next"]) == (5, 3)
    rest = await many.get(f"/api/media?q=night&limit=3&order=path&descending=true&offset={first['next']}")
    assert len(rest["media"]) == 2
    assert rest["next"] is None
    assert await many.get("/api/media?q=nothing-like-it") == {"media": [], "total": 0, "next": None}


async def test_one_medium_has_all_that_was_read(many: Site) -> None:
    (found,) = (await many.get('/api/media?q="number 2"'))["media"]
    medium = await many.get(f"/api/media/{found['media_id']}")
    assert medium == found
    assert medium["generation"]["seed"] == 2
    assert medium["hashes"]["sha256"]
    assert medium["committed_at"] > 0
    problem(await many.client.get("/api/media/99"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=scroe:4", 400),
        ("q=like:999", 404),
        ("limit=0", 422),
        ("limit=1001", 422),
        ("order=x", 422),
        ("offset=-1", 422),
    ],
)
async def test_a_search_that_cannot_be_is_a_problem(many: Site, query: str, status: int) -> None:
    problem(await many.client.get(f"/api/media?{query}"), status)


# --- ratings -----------------------------------------------------------------------------------------------------


async def rated(it: Site, body: object, status: int = 200) -> Json:
    answer = await it.client.patch("/api/media/1", json=body)
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


async def test_a_rating_is_in_the_catalog_with_whose_it_is(it: Site) -> None:
    told = await rated(it, {"score": 4, "favourite": True})
    assert told == await it.get("/api/media/1")
    assert (told["score"], told["favourite"]) == (4, True)
    word = told["provenance"]["score"]
    assert (word["source"], 0 <= it.services.clock.now() - word["at"] < ALARM) == ("user", True)
    told = await rated(it, {"score": None})
    assert (told["score"], told["favourite"], "score" in told["provenance"]) == (None, True, False)


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "Nothing was said of the file"),
        ({"score": 6}, 422, "must be at most 5"),
        ({"score": True}, 422, "whole number"),
        ({"score": 1.5}, 422, "whole number"),
        ({"favourite": 1}, 422, "true or false"),
        ({"scroe": 1}, 422, "did you mean score?"),
    ],
)
async def test_a_rating_that_is_none_is_refused(it: Site, body: Json, status: int, sentence: str) -> None:
    assert sentence in str(await rated(it, body, status))
    assert (await it.get("/api/media/1"))["score"] is None


async def test_what_is_not_there_cannot_be_rated(it: Site) -> None:
    answer = await it.client.patch("/api/media/7", json={"score": 1})
    assert problem(answer, 404)["detail"] == "The catalog holds no file number 7."


async def test_scores_are_written_only_when_told(it: Site) -> None:
    await rated(it, {"score": 4})
    asked = {"q": "score:4", "to": "scores"}
    told = await it.post("/api/media/write-scores", asked)
    sidecar = picture(it).parent / ".scores" / "picture_000.png.json"
    assert (told["dry_run"], told["written"], told["changes"][0]["sidecar"]) == (True, 1, str(sidecar))
    assert not await anyio.Path(sidecar).exists()
    told = await it.post("/api/media/write-scores", {**asked, "dry_run": False})
    assert (told["dry_run"], told["written"], told["failed"]) == (False, 1, 0)
    assert await anyio.Path(sidecar).exists()
    assert (await it.post("/api/media/write-scores", asked))["same"] == 1
    assert "field" in str(await it.post("/api/media/write-scores", {"to": "exif"}, 422))
