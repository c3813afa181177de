"""Files and folders that change under a run, with an engine that waits until they have."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from tests.in_process import ALARM, Site, paint, site

from tallylight.model import Json

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(paint, tmp_path / "root" / "day", 6)
    async with site(tmp_path, paced=True) as it:
        yield it


async def counted(it: Site) -> str:
    """A session that has counted everything and read nothing."""
    session_id = await it.start()
    with anyio.fail_after(ALARM):
        async with it.reading(f"/api/ingest/stream/{session_id}") as probe:
            await probe.saw(lambda events: any('"total_final":true' in event.data for event in events))
    return session_id


async def outcomes(it: Site, session_id: str) -> tuple[Json, dict[str, str | None]]:
    """Let the session go on to its end: its message, and the code of each file."""
    it.engine.open()
    message = await it.finished(session_id)
    return message, {Path(item["file"]).name: item["code"] for item in await it.items(session_id)}


def adds_up(message: Json) -> bool:
    stats = message["stats"]
    parts = stats["total_files"] + stats["skipped_existing"] + stats["excluded"]
    ended = (message["status"], message["processed_files"], stats["total_discovered"])
    return ended == ("completed", message["total_files"], parts)


async def test_files_that_vanish_in_the_middle_fail_as_vanished(it: Site) -> None:
    session_id = await counted(it)
    for number in (1, 4):
        await to_thread.run_sync((it.root / "day" / f"picture_00{number}.png").unlink)
    message, codes = await outcomes(it, session_id)
    assert adds_up(message)
    assert {name for name, code in codes.items() if code == "vanished"} == {"picture_001.png", "picture_004.png"}
    assert message["stats"]["errors"] == 2


async def test_a_folder_that_vanishes_takes_its_files_along(it: Site) -> None:
    session_id = await counted(it)
    await to_thread.run_sync(shutil.rmtree, it.root / "day")
    message, codes = await outcomes(it, session_id)
    assert adds_up(message)
    assert set(codes.values()) == {"vanished"}


async def test_a_file_that_changes_into_something_else_is_what_it_is_when_read(it: Site) -> None:
    session_id = await counted(it)

    def change() -> None:
        names = [it.root / "day" / f"picture_00{number}.png" for number in range(6)]
        names[0].write_bytes(b"")
        names[1].write_bytes(names[1].read_bytes()[:60])
        names[2].write_bytes(b"<!doctype html><p>Not found.")
        names[3].unlink()
        names[3].mkdir()
        secret = it.root.parent / "secret.png"
        shutil.copy(names[5], secret)
        names[4].unlink()
        names[4].symlink_to(secret)

    await to_thread.run_sync(change)
    message, codes = await outcomes(it, session_id)
    assert adds_up(message)
    assert (codes["picture_000.png"], codes["picture_001.png"]) == ("empty", "truncated")
    assert (codes["picture_002.png"], codes["picture_004.png"]) == ("unsupported", "outside")
    assert codes["picture_003.png"] is not None
    assert codes["picture_005.png"] is None
    secret = next(item for item in await it.items(session_id) if item["code"] == "outside")
    assert (secret["media"], secret["hashes"]["sha256"]) == ({}, None), "nothing of it was read"


async def test_the_root_itself_may_vanish(it: Site) -> None:
    session_id = await counted(it)
    await to_thread.run_sync(shutil.rmtree, it.root)
    message, codes = await outcomes(it, session_id)
    assert adds_up(message)
    assert set(codes.values()) == {"vanished"}
    answer = await it.client.post("/api/ingest/process", json={"parameters": {"directory": str(it.root)}})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_folder")
    assert (await it.client.get("/api/ingest/directories")).status_code == 200


async def test_what_was_extracted_may_have_gone_when_it_is_committed(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    await to_thread.run_sync((it.root / "day" / "picture_002.png").unlink)
    message = await it.commit(session_id)
    assert (message["status"], message["commit"]) == ("committed", {"total": 6, "done": 5, "errors": 1})
    [told] = [error for error in message["errors"] if error["code"] == "commit_failed"]
    assert told["file"].endswith("picture_002.png")
    assert "scan its folder again" in told["message"]


async def test_a_commit_of_which_all_has_gone_says_so_and_goes_on_once_it_is_back(it: Site) -> None:
    it.engine.open()
    session_id = await it.run()
    await to_thread.run_sync((it.root / "day").rename, it.root.parent / "away")
    message = await it.commit(session_id)
    assert (message["status"], message["commit"]) == ("commit_error", {"total": 6, "done": 0, "errors": 6})
    assert (await it.client.get("/api/media/1")).status_code == 404
    await to_thread.run_sync((it.root.parent / "away").rename, it.root / "day")
    message = await it.commit(session_id)
    assert (message["status"], message["commit"]) == ("committed", {"total": 6, "done": 6, "errors": 0})


async def test_what_was_committed_and_has_gone_can_still_be_seen_small(it: Site) -> None:
    it.engine.open()
    await it.commit(await it.run())
    await to_thread.run_sync(shutil.rmtree, it.root / "day")
    assert (await it.client.get("/api/media/1/file")).status_code == 404
    assert (await it.client.get("/api/media/1/thumbnail")).status_code == 200
