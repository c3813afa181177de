"""Looking round in the roots over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
    wanted = ("name", "path", "has_children", "total_files", "ingested_files")
    assert [tuple(folder[key] for key in wanted) for folder in listing["directories"]] == [
        ("day_1", f"{it.root}/day_1", True, 2, 0),
        ("day_2", f"{it.root}/day_2", False, 1, 0),
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
        ("ROOT/%00", "no path can"),
    ],
)
async def test_a_folder_that_cannot_be_listed_is_a_problem(it: Site, path: str, says: str) -> None:
    path = path.replace("ROOT", str(it.root))
    body = problem(await it.client.get(f"/api/ingest/directories?path={path}"), 400, "bad_folder")
    assert says in body["detail"]


async def test_file_types_below_several_folders(it: Site) -> None:
    body = await it.post("/api/ingest/file-types", [f"{it.root}/day_1", f"{it.root}/day_2"])
    assert body["file_types"] == ["mp4", "png"]
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
