"""The preview over HTTP: pages, filters, what is set aside, and a commit that is held to it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site, spoil

from tallylight.model import Json

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def _fill(root: Path) -> None:
    pictures = paint(root, 4)
    (root / "day").mkdir()
    (root / "day" / "copy.png").write_bytes(pictures[0].read_bytes())
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.png")).write_bytes(pictures[1].read_bytes() + b" ")
    spoil(root / "empty.png")


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(_fill, tmp_path / "root")
    async with site(tmp_path) as it:
        yield it


async def page(it: Site, session_id: str, query: str = "") -> Json:
    """A page once everything was looked at; each question waits a while for that."""
    for _ in range(200):
        told = await it.get(f"/api/ingest/preview/{session_id}?{query}")
        if told["complete"]:
            return told
    raise AssertionError("it was never complete")


def files(page: Json) -> list[str]:
    return [item["file"] for item in page["items"]]


async def seq_of(it: Site, session_id: str, file: str) -> int:
    items = (await page(it, session_id))["items"]
    return next(int(item["seq"]) for item in items if item["file"] == file)


async def test_a_preview_tells_what_a_commit_would_do(it: Site) -> None:
    session_id = await it.run()
    told = await page(it, session_id)
    assert told["complete"] is True
    assert {name: count for name, count in told["files"].items() if count} == {"new": 5, "duplicate": 1, "failed": 1}
    assert (told["to_commit"], told["set_aside"], told["unlisted"], told["next"]) == (6, {}, {}, None)
    items = {item["file"]: item for item in told["items"]}
    assert len(items) == 7
    copy = next(item for item in items.values() if item["class"] == "duplicate")
    assert copy["same_as"] in {f"{it.root}/picture_000.png", f"{it.root}/day/copy.png"}
    assert (items["empty.png"]["class"], items["empty.png"]["code"]) == ("failed", "empty")
    assert items[r"caf\xe9.png"]["file_raw"] == "Y2Fm6S5wbmc="
    assert items["picture_003.png"] | {"seq": 0, "root": "", "bytes": 0} == {
        "seq": 0,
        "root": "",
        "file": "picture_003.png",
        "class": "new",
        "bytes": 0,
        "code": None,
        "message": "",
        "warnings": [],
        "changes": [],
        "conflicts": [],
        "same_as": None,
        "moved_from": None,
        "set_aside": False,
        "refused": None,
        "has_thumbnail": True,
        "beside": None,
        "media": {"type": "image", "width": 8, "height": 8},
        "score": None,
        "favourite": None,
        "nsfw_score": None,
    }


async def test_pages_and_filters(it: Site) -> None:
    session_id = await it.run()
    assert len(files(await page(it, session_id, "class=new"))) == 5
    assert len(files(await page(it, session_id, "class=new&class=failed"))) == 6
    assert files(await page(it, session_id, "class=moved")) == []
    assert files(await page(it, session_id, "code=empty")) == ["empty.png"]
    assert files(await page(it, session_id, "folder=day")) == files(await page(it, session_id, f"folder={it.root}/day"))
    named = files(await page(it, session_id, "name=*_00%5B12%5D.PNG"))
    assert sorted(named) == ["picture_001.png", "picture_002.png"]
    first = await page(it, session_id, "limit=4")
    rest = await page(it, session_id, f"limit=4&after={first['next']}")
    assert (len(files(first)), len(files(rest)), rest["next"]) == (4, 3, None)
    assert files(first) + files(rest) == files(await page(it, session_id))


async def test_a_changed_file_says_what_changes(it: Site) -> None:
    await it.commit(await it.run())
    (it.root / "picture_002.png.txt").write_text("an island, a boat")
    again = await it.run(skip_existing=False)
    told = await page(it, again, "class=changed")
    assert files(told) == ["picture_002.png"]
    [change] = [change for change in told["items"][0]["changes"] if change["field"] == "keywords"]
    assert "an island" in change["added"]
    assert told["to_commit"] == 1


async def test_what_was_skipped_is_counted_and_not_listed(it: Site) -> None:
    await it.commit(await it.run())
    (it.root / "day" / "copy.png").unlink()
    session_id = await it.run()
    told = await page(it, session_id)
    assert (told["files"]["unchanged"], told["files"]["missing"], told["unlisted"]) == (5, 1, {"unchanged": 5})
    assert files(told) == ["empty.png"]
    folders = f"/api/ingest/preview/{session_id}/folders"
    listed = await it.get(f"{folders}?class=unchanged")
    assert [(one["folder"], one["unchanged"]) for one in listed["folders"]] == [(str(it.root), 5)]
    listed = await it.get(f"{folders}?class=missing&limit=1")
    assert (listed["next"], [(one["folder"], one["missing"], one["names"]) for one in listed["folders"]]) == (
        None,
        [(f"{it.root}/day", 1, ["copy.png"])],
    )
    for query in ("", "?class=new", "?class=missing&limit=0"):
        problem(await it.client.get(f"{folders}{query}"), 422, "bad_fields")
    problem(await it.client.get(f"/api/ingest/preview/{NOBODY}/folders?class=missing"), 404, "not_found")


async def test_files_are_excluded_and_included_and_the_commit_does_just_that(it: Site) -> None:
    session_id = await it.run()
    seq = await seq_of(it, session_id, "picture_001.png")
    told = await it.post(f"/api/ingest/preview/{session_id}/exclude", {"seqs": [seq]})
    assert (told["changed"], told["set_aside"], told["to_commit"]) == (1, {"new": 1}, 5)
    told = await it.post(f"/api/ingest/preview/{session_id}/exclude", {"class": ["new"], "name": "picture_*"})
    assert told["changed"] in {2, 3}, "one of them may be the duplicate"
    told = await it.post(f"/api/ingest/preview/{session_id}/include", {"name": "picture_003.png"})
    assert told["changed"] == 1
    aside = files(await page(it, session_id, "set_aside=true"))
    assert "picture_001.png" in aside
    now = await page(it, session_id)
    assert (await it.commit(session_id))["commit"] == {"total": now["to_commit"], "done": now["to_commit"], "errors": 0}
    paths = {medium["path"] for medium in (await it.get("/api/media"))["media"]}
    assert not {f"{it.root}/{file}" for file in aside} & paths
    assert len(paths) == now["to_commit"]
    refused = await it.client.post(f"/api/ingest/preview/{session_id}/include", json={"seqs": [seq]})
    assert problem(refused, 409, "wrong_move")["detail"].startswith("This session is committed;")


async def test_what_changed_meanwhile_is_listed(it: Site) -> None:
    session_id = await it.run()
    (it.root / "picture_002.png").unlink()
    assert (await it.commit(session_id))["commit"]["errors"] == 1
    [item] = (await page(it, session_id, "refused=true"))["items"]
    assert item["file"] == "picture_002.png"
    assert item["refused"].startswith("It is not there any more")
    status = await it.get(f"/api/ingest/commit-status/{session_id}")
    assert [error["message"] for error in status["commit_errors"]] == [item["refused"]]


async def test_a_commit_is_held_to_what_was_shown(it: Site) -> None:
    session_id = await it.run()
    shown = (await page(it, session_id))["preview"]
    await it.post(f"/api/ingest/preview/{session_id}/exclude", {"class": ["duplicate"]})
    answer = await it.client.post("/api/ingest/commit", json={"session_id": session_id, "preview": shown})
    assert "Look at it again" in problem(answer, 409, "preview_changed")["detail"]
    shown = (await page(it, session_id))["preview"]
    await it.post("/api/ingest/commit", {"session_id": session_id, "preview": shown})
    assert (await it.finished(session_id))["commit"]["done"] == 5


async def test_report_and_preview_say_the_same(it: Site) -> None:
    await it.commit(await it.run())
    (it.root / "picture_002.png.txt").write_text("an island, a boat")
    again = await it.run(skip_existing=False)
    report = await it.get(f"/api/ingest/report/{again}?format=json")
    told = await page(it, again)
    assert {name: report["preview"][name] for name in told["files"]} == told["files"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("class=newish", "class[0]: must be one of"),
        ("class=", "class[0]: must be one of"),
        ("code=strange", "code: must be one of"),
        ("after=-1", "after: must be at least 0"),
        ("after=x", "after: must be a whole number"),
        ("after=99999999999999999999", "after: must be at most"),
        ("limit=0", "limit: must be at least 1"),
        ("limit=1001", "limit: must be at most 1000"),
        ("set_aside=perhaps", "set_aside"),
        ("name=" + "x" * 1001, "name: must be at most 1000"),
    ],
)
async def test_a_bad_question_is_told(it: Site, query: str, sentence: str) -> None:
    session_id = await it.run(max_files=0)
    answer = await it.client.get(f"/api/ingest/preview/{session_id}?{query}")
    assert sentence in problem(answer, 422, "bad_fields")["detail"]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "Say which files: give seqs, or a filter of class, code, folder, name, conflicts or nsfw."),
        ({"seqs": []}, 400, "Say which files"),
        ({"seqs": [9999]}, 400, "has no file number 9999"),
        ({"seqs": [0]}, 422, "seqs[0]: must be at least 1"),
        ({"seqs": ["7"]}, 422, "seqs[0]: must be a whole number"),
        ({"seqs": list(range(1, 502))}, 422, "seqs: must have at most 500 entries"),
        ({"class": ["odd"]}, 422, "class[0]: must be one of"),
        ({"class": ["failed"]}, 400, "A commit stores only files that are"),
        ({"effects": ["new"]}, 422, "has no field effects; "),
        ({"clas": ["new"]}, 422, "has no field clas; did you mean class?"),
        ({"name": 7}, 422, "name: must be text"),
        ([], 422, ""),
    ],
)
async def test_a_bad_choice_is_told(it: Site, body: Any, status: int, sentence: str) -> None:
    session_id = await it.run()
    for command in ("exclude", "include"):
        answer = await it.client.post(f"/api/ingest/preview/{session_id}/{command}", json=body)
        code = "bad_fields" if status == 422 else "bad_parameters"
        assert sentence in problem(answer, status, code)["detail"]
    assert (await page(it, session_id))["set_aside"] == {}


async def test_an_unknown_session_and_one_that_runs(it: Site) -> None:
    problem(await it.client.get(f"/api/ingest/preview/{NOBODY}"), 404, "not_found")
    answer = await it.client.post(f"/api/ingest/preview/{NOBODY}/exclude", json={"class": ["new"]})
    problem(answer, 404, "not_found")
    answer = await it.client.post("/api/ingest/commit", json={"session_id": NOBODY, "preview": "x" * 101})
    problem(answer, 422, "bad_fields")


async def test_a_session_of_another_is_no_number_of_this(it: Site) -> None:
    first = await it.run()
    seqs = [item["seq"] for item in (await page(it, first))["items"]]
    second = await it.run(max_files=1)
    answer = await it.client.post(f"/api/ingest/preview/{second}/exclude", json={"seqs": [max(seqs) + 100]})
    problem(answer, 400, "bad_parameters")


async def test_a_session_under_way_shows_what_it_has(tmp_path: Path) -> None:
    await to_thread.run_sync(_fill, tmp_path / "root")
    async with site(tmp_path, paced=True) as it:
        session_id = await it.start()
        assert (await page(it, session_id))["items"] == []
        answer = await it.client.post(f"/api/ingest/preview/{session_id}/exclude", json={"class": ["new"]})
        assert "wait until everything was looked at" in problem(answer, 409, "wrong_move")["detail"]
        it.engine.open()
        await it.finished(session_id)
        assert len((await page(it, session_id))["items"]) == 7


async def test_any_part_is_given_by_its_offset_with_how_many_there_are(it: Site) -> None:
    session_id = await it.run()
    everything = await page(it, session_id)
    assert "total" not in everything
    part = await page(it, session_id, "offset=2&limit=3")
    assert part["items"] == everything["items"][2:5]
    assert part["total"] == 7
    new = await page(it, session_id, "class=new&name=picture*&offset=1&limit=1")
    assert (len(new["items"]), new["total"]) == (1, 4)
    assert (await page(it, session_id, "offset=2147483648"))["items"] == []
    for wrong in ("offset=-1", "offset=2147483649", "offset=x", "nsfw=2", "nsfw=x"):
        problem(await it.client.get(f"/api/ingest/preview/{session_id}?{wrong}"), 422)


async def test_a_duplicate_tells_what_to_put_beside_it(it: Site) -> None:
    session_id = await it.run()
    [copy] = (await page(it, session_id, "class=duplicate"))["items"]
    beside = copy["beside"]
    assert beside["path"] == copy["same_as"]
    assert beside["has_thumbnail"] is True
    assert (await it.client.get(f"/api/ingest/thumbnail/{session_id}/{beside['seq']}")).status_code == 200
    await it.commit(session_id)
    (it.root / "later.png").write_bytes((it.root / "picture_000.png").read_bytes())
    later = await it.run()
    [copy] = (await page(it, later, "class=duplicate"))["items"]
    assert (await it.get(f"/api/media/{copy['beside']['media_id']}"))["path"] == copy["same_as"]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
async def test_a_preview_is_exported_whole(it: Site, format: str) -> None:  # noqa: A002
    await to_thread.run_sync(_add_formula, it.root)
    session_id = await it.run()
    answer = await it.client.get(f"/api/ingest/export/{session_id}?format={format}")
    assert answer.status_code == 200
    assert f'filename="preview-{session_id[:8]}.{format}"' in answer.headers["content-disposition"]
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert "'=cmd.png" in {row["file"] for row in rows}
    else:
        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert "=cmd.png" in {row["file"] for row in rows}
    assert len(rows) == 8
    assert {row["class"] for row in rows} == {"new", "duplicate", "failed"}
    some = await it.client.get(f"/api/ingest/export/{session_id}?format=jsonl&class=failed")
    assert [json.loads(line)["code"] for line in some.text.splitlines()] == ["empty"]


def _add_formula(root: Path) -> None:
    (root / "=cmd.png").write_bytes((root / "picture_002.png").read_bytes() + b" ")


async def test_an_export_of_nothing_known_or_in_no_known_form(it: Site) -> None:
    problem(await it.client.get(f"/api/ingest/export/{NOBODY}"), 404, "not_found")
    session_id = await it.run()
    problem(await it.client.get(f"/api/ingest/export/{session_id}?format=exe"), 422)
