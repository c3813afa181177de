"""Looking round in the roots over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site, spoil

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("folders")
    await to_thread.run_sync(_fill, folder / "root")
    async with site(folder) as it:
        yield it


def _fill(root: Path) -> None:
    paint(root / "day_1" / "morning", 1)
    paint(root / "day_1", 2)
    spoil(root / "day_2" / "clip.MP4")
    spoil(root / "day_2" / "notes.txt")
    spoil(root / ".hidden" / "x.gif")
    (root / "way out").symlink_to(root.parent)


async def test_without_a_path_the_roots_are_listed(it: Site) -> None:
    listing = await it.get("/api/ingest/directories")
    assert (listing["path"], listing["parent"]) == (None, None)
    assert [folder["path"] for folder in listing["directories"]] == [str(it.root)]
    assert listing["directories"][0]["has_children"] is True


async def test_a_folder_lists_its_folders_with_their_own_counts(it: Site) -> None:
    listing = await it.get(f"/api/ingest/directories?path={it.root}")
    assert (listing["path"], listing["parent"]) == (str(it.root), None)
    wanted = ("name", "path", "has_children", "total_files", "types", "ingested_files")
    assert [tuple(folder[key] for key in wanted) for folder in listing["directories"]] == [
        ("day_1", f"{it.root}/day_1", True, 2, {"png": 2}, 0),
        ("day_2", f"{it.root}/day_2", False, 1, {"mp4": 1}, 0),
    ]
    below = await it.get(f"/api/ingest/directories?path={it.root}/day_1")
    assert (below["parent"], [folder["name"] for folder in below["directories"]]) == (str(it.root), ["morning"])


async def test_what_is_committed_is_counted(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root" / "day_1", 2)
    async with site(tmp_path) as it:
        await it.commit(await it.run())
        listing = await it.get(f"/api/ingest/directories?path={it.root}")
    assert [(folder["total_files"], folder["ingested_files"]) for folder in listing["directories"]] == [(2, 2)]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("ROOT/missing", "does not exist"),
        ("ROOT/day_2/notes.txt", "is a file"),
        ("ROOT/..", "outside"),
        ("ROOT/way out", "outside"),
        ("/", "outside"),
        ("relative", "absolute"),
        ("", "absolute"),
    ],
)
async def test_a_folder_that_cannot_be_listed_is_a_problem(it: Site, path: str, says: str) -> None:
    path = path.replace("ROOT", str(it.root))
    body = problem(await it.client.get(f"/api/ingest/directories?path={path}"), 400, "bad_folder")
    assert says in body["detail"]


async def test_file_types_below_several_folders(it: Site) -> None:
    body = await it.post("/api/ingest/file-types", [f"{it.root}/day_1", f"{it.root}/day_2"])
    assert body == {"file_types": ["mp4", "png"], "counts": {"mp4": 1, "png": 3}, "capped": False}
    assert (await it.post("/api/ingest/file-types", [f"{it.root}/day_2"]))["file_types"] == ["mp4"]


@pytest.mark.parametrize(
    ("body", "status"),
    [([], 422), ({}, 422), ("ROOT", 422), ([1], 422), ([""], 422), (["ROOT/missing"], 400), (["/etc"], 400)],
)
async def test_file_types_of_nothing_that_may_be_read_is_a_problem(it: Site, body: object, status: int) -> None:
    asked = (
        [str(each).replace("ROOT", str(it.root)) if isinstance(each, str) else each for each in body]
        if isinstance(body, list)
        else body
    )
    problem(await it.client.post("/api/ingest/file-types", json=asked), status)


async def test_an_estimate_says_what_there_is_to_do_and_starts_nothing(it: Site) -> None:
    asked = {"parameters": {"directories": [f"{it.root}/day_1"], "tier": "metadata"}}
    found = await it.post("/api/ingest/estimate", asked)
    assert found == {
        "files": 3,
        "bytes": sum(path.stat().st_size for path in (it.root / "day_1").rglob("*.png")),
        "unchanged": 0,
        "capped": False,
        "expected_s": None,
        "sessions": 0,
    }
    assert (await it.get("/api/ingest/sessions"))["sessions"] == []


async def test_what_was_committed_is_not_in_an_estimate(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 2)
    async with site(tmp_path) as it:
        await it.commit(await it.run())
        await to_thread.run_sync(partial(paint, it.root, 1, first=7))
        found = await it.post("/api/ingest/estimate", {"parameters": {"directory": str(it.root)}})
    assert (found["files"], found["unchanged"]) == (1, 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 422),
        ({}, 422),
        ({"parameters": {}}, 400),
        ({"parameters": {"directory": "/etc"}}, 400),
        ({"parameters": {"directory": "ROOT/missing"}}, 400),
        ({"parameters": {"directory": "ROOT", "tier": "deep"}}, 422),
    ],
)
async def test_an_estimate_of_what_cannot_be_started_is_a_problem(it: Site, body: object, status: int) -> None:
    text = json.dumps(body).replace("ROOT", str(it.root))
    answer = await it.client.post("/api/ingest/estimate", content=text, headers={"content-type": "application/json"})
    problem(answer, status)
