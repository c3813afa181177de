"""The table of all sessions as the server writes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site, spoil

from tallylight.facts import State
from tallylight.messages import view
from tallylight.model import Json, Status
from tallylight.web.plain import plain
from tallylight.web.routes import session_pages
from tallylight.web.session_list import duration, result
from tallylight.web.texts import texts

pytestmark = pytest.mark.anyio

NASTY = "<b>\u202e&amp;"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(paint, tmp_path / "root" / NASTY, 3)
    await to_thread.run_sync(spoil, tmp_path / "root" / NASTY / "bad.png")
    async with site(tmp_path) as it:
        yield it


def rows(page: str) -> list[str]:
    """What each row says, tags taken out."""
    found = re.findall(r"<tr id=.*?</tr>", page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


async def test_a_row_says_what_came_of_a_session(it: Site) -> None:
    session = await it.run(directory=str(it.root / NASTY))
    await it.commit(session)
    page = (await it.client.get("/sessions")).text
    (row,) = rows(page)
    assert row.startswith("<b>⟨U+202E⟩&amp; 2")
    assert re.search(r"UTC \d:\d\d 4 1 Committed: 3 files Report Same settings again", row)
    assert f'href="/sessions/{session}"' in page
    assert "<b>" not in page
    german = (await it.client.get("/sessions", headers={"accept-language": "de"})).text
    assert "Übernommen: 3 Dateien" in rows(german)[0]


async def test_older_ones_are_on_further_pages(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_pages, "PAGE", 2)
    sessions = [await it.run(pattern="*.mp4") for _ in range(5)]
    assert await on_all_pages(it) == sessions[::-1]


async def test_one_in_motion_is_on_the_first_page_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_pages, "PAGE", 2)
    await to_thread.run_sync(paint, tmp_path / "root", 1)
    async with site(tmp_path, paced=True) as it:
        first = await it.run(pattern="*.mp4")
        moving = await it.start()
        later = [await it.run(pattern="*.mp4") for _ in range(3)]
        assert await on_all_pages(it) == [moving, *later[::-1], first]


async def on_all_pages(it: Site) -> list[str]:
    """The sessions as they are listed, page after page."""
    seen: list[str] = []
    address = "/sessions"
    while address:
        page = (await it.client.get(address)).text
        seen += re.findall(r'data-session="([^"]+)"', page)
        found = re.search(r'href="(/sessions\?before=[^"]+)" rel="next"', page)
        address = found[1] if found else ""
    return seen


@pytest.mark.parametrize("before", ["x", "nan", "inf", "1e999", "''"])
async def test_a_page_that_there_cannot_be_is_a_problem(it: Site, before: str) -> None:
    problem(await it.client.get("/sessions", params={"before": before}), 422)


async def test_one_session_is_told_as_in_the_list(it: Site) -> None:
    session = await it.run(max_files=2)
    told = await it.get(f"/api/ingest/session/{session}")
    assert told == (await it.get("/api/ingest/sessions"))["sessions"][0]
    assert told["parameters"]["max_files"] == 2
    problem(await it.client.get("/api/ingest/session/none"), 404, "not_found")


def message(**state: object) -> Json:
    return view(State(session_id="s", **state), 10.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"status": Status.PROCESSING, "files": 9}, "Counting…"),
        ({"status": Status.PROCESSING, "files": 9, "processed": 3, "total_final": True}, "33%"),
        ({"status": Status.COMMITTING, "commit_total": 4, "commit_done": 1}, "Committing 25%"),
        ({"status": Status.COMMITTED, "commit_done": 1, "commit_errors": 2}, "Committed: 1 file, 2 refused"),
        ({"status": Status.UNDONE, "undo_total": 2, "undo_done": 2}, "Undone: 2 files put back"),
        ({"status": Status.CANCELLED}, "Cancelled"),
        ({"status": Status.HELD}, "Held: waits for you"),
    ],
)
def test_each_state_has_a_result(state: Json, told: str) -> None:
    assert result(message(**state), texts("en")) == told


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("status", Status)
def test_every_status_is_told_in_every_language(language: str, status: Status) -> None:
    assert result(message(status=status), texts(language))


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (-3, "0:00"), (59.6, "1:00"), (724, "12:04"), (3753, "1:02:33")]
)
def test_durations_read_as_in_the_page(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(("done", "actions"), [(0, ("commit",)), (3, ("commit", "undo"))])
def test_a_commit_that_failed_halfway_can_be_undone(done: int, actions: tuple[str, ...]) -> None:
    failed = message(status=Status.COMMIT_ERROR, commit_total=5, commit_done=done)
    assert plain(failed, texts("en")).actions == actions
