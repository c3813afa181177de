"""What a session found, over HTTP: items, thumbnails, report."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from anyio import to_thread
from PIL import Image
from tests.in_process import Site, paint, problem, site, spoil

from tallylight.journal import StoredText
from tallylight.web import bodies

pytestmark = pytest.mark.anyio

NASTY = '<script>alert(1)<script> & "quoted"\n.png'


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One for all tests of this module, which only look."""
    folder = tmp_path_factory.mktemp("items")
    await to_thread.run_sync(_fill, folder / "root")
    async with site(folder) as it:
        yield it


@pytest.fixture(scope="module")
async def session_id(it: Site) -> str:
    return await it.run()


def _fill(root: Path) -> None:
    pictures = paint(root, 5)
    (root / NASTY).write_bytes(pictures[0].read_bytes() + b" ")
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.png")).write_bytes(pictures[1].read_bytes() + b" ")
    spoil(root / "empty.png")
    (root / "mistaken.jpg").write_bytes(pictures[2].read_bytes() + b" ")
    scores = root / ".scores"
    scores.mkdir()
    (scores / "picture_000.png.json").write_text('{"score": -1, "favourite": true}')
    (scores / "picture_001.png.json").write_text('{"favourite": false}')
    (root / "picture_001.png.json").write_text('{"photoTakenTime": {"timestamp": "1258375918"}, "favorited": true}')


async def test_an_item_has_every_field(it: Site, session_id: str) -> None:
    item = next(item for item in await it.items(session_id) if item["file"] == "picture_000.png")
    assert {
        "seq",
        "root",
        "file",
        "outcome",
        "code",
        "message",
        "warnings",
        "ms",
        "bytes",
        "media",
        "generation",
        "keywords",
        "score",
        "favourite",
        "hashes",
    } <= item.keys()
    assert (item["root"], item["outcome"], item["code"], item["warnings"]) == (str(it.root), "extracted", None, [])
    assert (item["score"], item["favourite"]) == (-1, True)
    assert (item["media"]["width"], item["media"]["height"]) == (8, 8)
    assert "lighthouse" in item["generation"]["prompt"]
    assert "a lighthouse" in [keyword["text"] for keyword in item["keywords"]]
    assert len(item["hashes"]["sha256"]) == 64
    assert len(item["hashes"]["phash"]) == 16
    assert item["bytes"] == (it.root / "picture_000.png").stat().st_size


async def test_items_are_numbered_outcomes_and_add_up(it: Site, session_id: str) -> None:
    items = await it.items(session_id)
    stats = (await it.get(f"/api/ingest/status/{session_id}"))["stats"]
    assert len(items) == stats["processed_files"] == 9
    assert [item["seq"] for item in items] == sorted({item["seq"] for item in items})
    assert sum(item["outcome"] == "failed" for item in items) == stats["errors"] == 1
    assert sum(len(item["keywords"]) for item in items) == stats["keywords_added"]
    assert sum(item["score"] is not None for item in items) == stats["scores_imported"] == 1


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 9, 1000])
async def test_pages_of_any_size_give_each_item_once(it: Site, session_id: str, limit: int) -> None:
    found, after, pages = [], "", 0
    while True:
        page = await it.get(f"/api/ingest/items/{session_id}?limit={limit}{after}")
        assert len(page["items"]) <= limit
        found += page["items"]
        pages += 1
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == await it.items(session_id)
    assert pages == -(-9 // limit)


async def test_outcomes_are_filtered(it: Site, session_id: str) -> None:
    failed = await it.get(f"/api/ingest/items/{session_id}?outcome=failed")
    assert [(item["file"], item["code"]) for item in failed["items"]] == [("empty.png", "empty")]
    assert failed["next"] is None
    extracted = (await it.get(f"/api/ingest/items/{session_id}?outcome=extracted"))["items"]
    assert len(extracted) == 8
    assert (await it.get(f"/api/ingest/items/{session_id}?outcome=excluded"))["items"] == []


async def test_items_on_which_sources_disagree(it: Site, session_id: str) -> None:
    [item] = (await it.get(f"/api/ingest/items/{session_id}?conflicts=true"))["items"]
    assert (item["file"], item["favourite"]) == ("picture_001.png", False)
    [conflict] = item["conflicts"]
    assert (conflict["field"], conflict["chosen"], conflict["rule"]) == ("favourite", False, "newest")
    assert item["provenance"]["favourite"] == {"source": "scores:sidecar"}
    assert len((await it.get(f"/api/ingest/items/{session_id}?conflicts=false"))["items"]) == 9
    report = await it.get(f"/api/ingest/report/{session_id}?format=json")
    assert report["preview"]["conflicts"] == 1
    assert [(entry["file"], entry["field"]) for entry in report["conflicts"]] == [("picture_001.png", "favourite")]


@pytest.mark.parametrize(("code", "file"), [("empty", "empty.png"), ("bad_metadata", "mistaken.jpg")])
async def test_outcomes_are_filtered_by_code(it: Site, session_id: str, code: str, file: str) -> None:
    found = (await it.get(f"/api/ingest/items/{session_id}?code={code}"))["items"]
    assert [(item["file"], item["code"]) for item in found] == [(file, code)]
    assert (await it.get(f"/api/ingest/items/{session_id}?code=timeout"))["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "after=-1",
        "after=x",
        f"after={10**30}",
        "outcome=lost",
        "outcome=",
        "conflicts=maybe",
        "code=worn_out",
    ],
)
async def test_a_page_out_of_range_is_refused(it: Site, session_id: str, query: str) -> None:
    problem(await it.client.get(f"/api/ingest/items/{session_id}?{query}"), 422, "bad_fields")


async def test_a_page_after_the_last_is_empty(it: Site, session_id: str) -> None:
    assert await it.get(f"/api/ingest/items/{session_id}?after={2**62}") == {"items": [], "next": None}


async def test_names_that_are_not_utf_8_travel_with_their_bytes(it: Site, session_id: str) -> None:
    item = next(item for item in await it.items(session_id) if item["file"].startswith("caf"))
    assert item["file"] == r"caf\xe9.png"
    assert base64.b64decode(item["file_raw"]) == b"caf\xe9.png"


# --- thumbnails ----------------------------------------------------------------------------------------------------


async def test_a_thumbnail_is_a_picture_that_may_be_kept(it: Site, session_id: str) -> None:
    item = next(item for item in await it.items(session_id) if item["has_thumbnail"])
    answer = await it.client.get(f"/api/ingest/thumbnail/{session_id}/{item['seq']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    with Image.open(BytesIO(answer.content)) as picture:
        assert max(picture.size) <= 256


@pytest.mark.parametrize(
    ("seq", "status"), [("0", 404), ("1", 404), (str(2**62), 404), ("-1", 422), (str(10**30), 422), ("x", 422)]
)
async def test_what_is_no_outcome_has_no_thumbnail(it: Site, session_id: str, seq: str, status: int) -> None:
    problem(await it.client.get(f"/api/ingest/thumbnail/{session_id}/{seq}"), status)


async def test_a_failed_file_has_no_thumbnail(it: Site, session_id: str) -> None:
    failed = (await it.get(f"/api/ingest/items/{session_id}?outcome=failed"))["items"][0]
    problem(await it.client.get(f"/api/ingest/thumbnail/{session_id}/{failed['seq']}"), 404, "not_found")


# --- the report ----------------------------------------------------------------------------------------------------


async def test_the_report_is_self_contained_and_names_are_no_markup(it: Site, session_id: str) -> None:
    answer = await it.client.get(f"/api/ingest/report/{session_id}")
    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'src="http' not in page
    assert 'src="/' not in page
    assert "data:image/" in page
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "empty.png" in page


async def test_the_report_as_json_agrees_with_the_status(it: Site, session_id: str) -> None:
    body = await it.get(f"/api/ingest/report/{session_id}?format=json")
    stats = (await it.get(f"/api/ingest/status/{session_id}"))["stats"]
    assert body["session_id"] == session_id
    assert body["counts"] == stats
    # The nasty one and the one that is not UTF-8 have bytes of their own, so nothing is a duplicate.
    assert {key: value for key, value in body["preview"].items() if value} == {
        "new": 8,
        "failed": 1,
        "conflicts": 1,
    }


async def test_another_format_is_refused(it: Site, session_id: str) -> None:
    problem(await it.client.get(f"/api/ingest/report/{session_id}?format=pdf"), 422, "bad_fields")


async def test_one_outcome_in_full_with_its_embedded_texts(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path) as it:
        session_id = await it.run()
        [listed] = (await it.get(f"/api/ingest/items/{session_id}"))["items"]
        address = f"/api/ingest/items/{session_id}/{listed['seq']}"
        assert await it.get(address) == listed
        told = await it.get(f"{address}?raw=true")
        [text] = [text for text in told.pop("raw") if text["key"] == "parameters"]
        assert told == listed
        assert "Steps:" in text["text"]
        assert text["length"] == len(text["text"])
        for wrong, status in (("0", 404), ("-1", 422), (str(10**30), 422), ("x", 422)):
            problem(await it.client.get(f"/api/ingest/items/{session_id}/{wrong}?raw=true"), status)


def test_a_long_embedded_text_is_cut_and_says_how_long_it_is() -> None:
    long = StoredText("workflow", "x" * (bodies.LONGEST_RAW + 5))
    told = bodies.raw_text(long)
    assert (len(told["text"]), told["length"]) == (bodies.LONGEST_RAW, bodies.LONGEST_RAW + 5)


async def test_the_file_itself_comes_from_inside_the_roots_alone(tmp_path: Path) -> None:
    [picture] = await to_thread.run_sync(paint, tmp_path / "root", 1)
    secret = tmp_path / "secret.png"

    def swap() -> None:
        secret.write_bytes(b"secret")
        picture.unlink()
        picture.symlink_to(secret)

    async with site(tmp_path) as it:
        session_id = await it.run()
        [listed] = (await it.get(f"/api/ingest/items/{session_id}"))["items"]
        address = f"/api/ingest/file/{session_id}/{listed['seq']}"
        answer = await it.client.get(address)
        assert answer.content == await to_thread.run_sync(picture.read_bytes)
        assert answer.headers["content-type"] == "image/png"
        assert "sandbox" in answer.headers["content-security-policy"]
        await to_thread.run_sync(swap)
        problem(await it.client.get(address), 404, "not_found")
        problem(await it.client.get(f"/api/ingest/file/{session_id}/0"), 404, "not_found")
        problem(await it.client.get(f"/api/ingest/file/{session_id}/x"), 422)


async def test_what_the_files_are_like_in_counts(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 3)
    async with site(tmp_path) as it:
        session_id = await it.run()
        told = await it.get(f"/api/ingest/facets/{session_id}")
        assert (told["complete"], told["files"], told["type"]) == (True, 3, {"png": 3})
        assert sum(told["size"]["files"]) == 3
        assert await it.get(f"/api/ingest/facets/{session_id}") == told, "counted twice"
        problem(await it.client.get("/api/ingest/facets/nobody"), 404)
