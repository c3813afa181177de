"""The page's own forms, as a browser without scripts sends them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

import httpx
import pytest
from anyio import to_thread
from tests.in_process import Site, paint, problem, site, spoil

from tallylight.catalog.sql import SqlCatalog
from tallylight.errors import DatabaseUnusable
from tallylight.ingest.supervisor import Supervisor
from tallylight.journal.sql import SqlJournal
from tallylight.presets.sql import SqlPresets

pytestmark = pytest.mark.anyio

OWN = {"origin": "http://127.0.0.1:8710", "sec-fetch-site": "same-origin"}
#: What the form sends where nothing was changed.
USUAL = {
    "filled": "1",
    "tier": "full",
    "conflict_rule": "newest",
    "max_files": "",
    "pattern": "",
    "extract_metadata": "on",
    "extract_keywords": "on",
    "import_scores": "on",
    "skip_existing": "on",
}


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    await to_thread.run_sync(paint, tmp_path / "root" / "day_1", 2)
    await to_thread.run_sync(spoil, tmp_path / "root" / "day_2" / "bad.png")
    async with site(tmp_path) as it:
        yield it


async def sent(it: Site, path: str, **fields: object) -> httpx.Response:
    body = urlencode(fields, doseq=True)
    headers = OWN | {"content-type": "application/x-www-form-urlencoded"}
    return await it.client.post(path, content=body, headers=headers)


async def started(it: Site, **fields: object) -> str:
    """The id of a session that the form started, once it is at rest."""
    answer = await sent(it, "/sessions", **(USUAL | {"directories": [str(it.root)]} | fields))
    assert answer.status_code == 303, answer.text
    session = re.fullmatch(r"/sessions/([0-9a-f-]{36})", answer.headers["location"])
    assert session
    await it.finished(session[1])
    return session[1]


def text_of(answer: httpx.Response) -> str:
    """What a person reads, in one line."""
    body = re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main")[0])
    return " ".join(unescape(body).split())


def ticked(answer: httpx.Response) -> list[str]:
    boxes = re.findall(r'<input type="checkbox" name="directories" value="([^"]*)" checked>', answer.text)
    return [unescape(box) for box in boxes]


async def test_a_form_starts_what_was_filled_in(it: Site) -> None:
    session_id = await started(
        it,
        directories=[f"{it.root}/day_1", f"{it.root}/day_2"],
        tier="metadata",
        pattern="*.png",
        max_files="1",
        conflict_rule="highest",
    )
    session = await it.get(f"/api/ingest/session/{session_id}")
    parameters = session["parameters"]
    assert parameters["directories"] == [f"{it.root}/day_1", f"{it.root}/day_2"]
    assert (parameters["tier"], parameters["pattern"], parameters["max_files"]) == ("metadata", "*.png", 1)
    assert (parameters["conflict_rule"], parameters["skip_existing"]) == ("highest", True)
    assert (parameters["read_stealth"], parameters["enable_nsfw_detection"]) == (False, False)


async def test_a_box_that_is_not_ticked_is_off(it: Site) -> None:
    asked = {key: value for key, value in USUAL.items() if key not in {"skip_existing", "import_scores"}}
    answer = await sent(it, "/sessions", **asked, directories=str(it.root), read_stealth="on")
    parameters = (await it.get(f"/api/ingest/session/{answer.headers['location'].rpartition('/')[2]}"))["parameters"]
    assert [parameters[key] for key in ("skip_existing", "import_scores", "extract_keywords", "read_stealth")] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose at least one folder"),
        ({"directories": "/etc"}, "outside the folders"),
        ({"directories": ["ROOT/day_1", "ROOT/gone"]}, "does not exist"),
        ({"directories": "ROOT", "max_files": "many"}, "max_files: must be a whole number"),
        ({"directories": "ROOT", "max_files": "-1"}, "max_files"),
        ({"directories": "ROOT", "max_files": "9" * 5000}, "max_files"),
        ({"directories": "ROOT", "tier": "deep"}, "tier: must be one of"),
        ({"directories": "ROOT", "pattern": "x" * 1001}, "pattern: must be at most"),
        ({"directories": ["ROOT"] * 101}, ""),
        ({"directories": [f"ROOT/{number}" for number in range(101)]}, "directories"),
        ({"directories": [f"{number}" for number in range(301)]}, "more fields"),
    ],
)
async def test_what_cannot_be_started_comes_back_with_the_reason(
    it: Site, fields: dict[str, object], says: str
) -> None:
    def placed(value: object) -> object:
        return [placed(one) for one in value] if isinstance(value, list) else str(value).replace("ROOT", str(it.root))

    asked = USUAL | {key: placed(value) for key, value in fields.items()}
    answer = await sent(it, "/sessions", **asked)
    if not says:
        assert answer.status_code == 303, "one that is named often is one"
        return
    assert answer.status_code == 400
    assert says in text_of(answer)
    if "max_files" in fields:
        assert ticked(answer) == [str(it.root)], "the rest is still there"
    assert (await it.get("/api/ingest/sessions"))["sessions"] == []


async def test_what_was_filled_in_is_still_there_when_it_comes_back(it: Site) -> None:
    answer = await sent(it, "/sessions", **USUAL | {"tier": "index", "max_files": "7"}, directories=f"{it.root}/gone")
    assert ticked(answer) == [f"{it.root}/gone"]
    assert 'value="index" checked' in answer.text
    assert 'value="7"' in answer.text
    assert '<form id="configure-form" class="columns" method="post" action="/sessions"' in answer.text


async def test_folders_are_looked_into_with_everything_that_was_chosen(it: Site) -> None:
    front = await it.client.get("/")
    assert ticked(front) == []
    assert f'name="path" value="{it.root}"' in front.text
    query = USUAL | {"directories": f"{it.root}/day_1/x", "tier": "metadata", "path": str(it.root)}
    await to_thread.run_sync((it.root / "day_1" / "x").mkdir)
    below = await it.client.get("/", params=query)
    assert below.status_code == 200
    for name in ("day_1", "day_2"):
        assert f'name="directories" value="{it.root}/{name}">' in below.text
    assert ticked(below) == [f"{it.root}/day_1/x"], "kept, though it is not in this folder"
    assert 'value="metadata" checked' in below.text
    assert "2 files" in text_of(below)
    added = await it.client.get("/", params=USUAL | {"add": f"{it.root}/day_2", "path": str(it.root)})
    assert ticked(added) == [f"{it.root}/day_2"]


@pytest.mark.parametrize("path", ["/etc", "ROOT/..", "ROOT/gone", "relative", "ROOT/day_2/bad.png", "<b>"])
async def test_a_folder_that_cannot_be_looked_into_is_told(it: Site, path: str) -> None:
    answer = await it.client.get("/", params={"path": path.replace("ROOT", str(it.root))})
    assert answer.status_code == 200
    assert re.search(r'id="start-trouble" role="alert">[^<]+[.;]', answer.text)
    assert f'name="path" value="{it.root}"' in answer.text, "the roots are shown"
    assert "<b>" not in answer.text.partition("start-trouble")[2]


async def test_an_estimate_and_a_preset_need_no_script(it: Site) -> None:
    answer = await it.client.get("/", params=USUAL | {"directories": f"{it.root}/day_1", "estimate": "1"})
    assert re.fullmatch(r"2 files, [\d.]+ k?B; time: unknown", re.findall(r'id="estimate">([^<]*)<', answer.text)[0])
    preset = {"parameters": {"tier": "index", "directories": [f"{it.root}/day_2"]}}
    await it.client.put("/api/presets/by%20night", json=preset)
    used = await it.client.get("/", params=USUAL | {"preset": "by night", "use": "1"})
    assert (ticked(used), 'value="index" checked' in used.text) == ([f"{it.root}/day_2"], True)
    assert '<option value="by night" selected>' in used.text
    gone = await it.client.get("/", params=USUAL | {"preset": "<i>", "use": "1"})
    assert "There is no preset" in text_of(gone)
    assert "<i>" not in gone.text


async def test_the_settings_and_folders_of_earlier_sessions_are_offered(it: Site) -> None:
    session_id = await started(it, directories=f"{it.root}/day_1", tier="metadata")
    answer = await it.client.get(f"/?like={session_id}")
    assert (ticked(answer), 'value="metadata" checked' in answer.text) == ([f"{it.root}/day_1"], True)
    assert f'name="add" value="{it.root}/day_1"' in answer.text
    assert "There is no" in text_of(await it.client.get("/?like=nothing"))


async def test_what_only_programs_ask_for_stays_with_the_settings_it_came_with(it: Site) -> None:
    asked = {"nsfw_threshold": 0.25, "pixel_hash": True}
    session_id = await it.run(directory=f"{it.root}/day_1", **asked)
    await it.client.put("/api/presets/mine", json={"parameters": asked})
    for address in (f"/?like={session_id}", "/?preset=mine&use=1"):
        page = await it.client.get(address)
        assert re.search(r'name="nsfw_threshold" value="0.25"', page.text)
        assert re.search(r'name="pixel_hash" hidden checked>', page.text)
    again = await started(it, directories=f"{it.root}/day_1", nsfw_threshold="0.25", pixel_hash="on")
    parameters = (await it.get(f"/api/ingest/session/{again}"))["parameters"]
    assert {name: parameters[name] for name in asked} == asked
    usual = await it.client.get("/")
    assert re.search(r'name="nsfw_threshold" value="0.5"', usual.text)
    assert re.search(r'name="pixel_hash" hidden>', usual.text)
    for wrong in ("much", "nan", "-1", "2"):
        answer = await sent(it, "/sessions", **USUAL, directories=str(it.root), nsfw_threshold=wrong)
        assert answer.status_code == 400
        assert "nsfw_threshold: must be" in text_of(answer)


async def test_the_reader_may_choose_a_language_after_a_form_that_was_refused(it: Site) -> None:
    def led_to(answer: httpx.Response) -> str:
        found = re.search(r'/language/de\?next=([^"]+)"', answer.text)
        assert found
        return unquote(unescape(found[1]))

    answer = await sent(it, "/sessions", **USUAL | {"tier": "index", "max_files": "7"}, directories=f"{it.root}/gone")
    assert answer.status_code == 400
    again = await it.client.get(led_to(answer))
    assert ticked(again) == [f"{it.root}/gone"]
    assert 'value="index" checked' in again.text
    assert 'value="7"' in again.text
    refused = await sent(it, "/sessions/no%20body/undo")
    assert refused.status_code == 404
    assert led_to(refused) == "/sessions/no%20body"


async def test_a_start_that_the_storage_refuses_comes_back_with_the_reason(
    it: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise DatabaseUnusable("The database is away.")

    monkeypatch.setattr(Supervisor, "start", broken)
    answer = await sent(it, "/sessions", **USUAL | {"tier": "index"}, directories=str(it.root))
    assert answer.status_code == 503
    assert "The database is away." in text_of(answer)
    assert ticked(answer) == [str(it.root)]


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("use=1&preset=x", (SqlPresets, "one")),
        ("like=x", (SqlJournal, "session")),
        ("path=ROOT", (SqlCatalog, "count_in_folder")),
    ],
    ids=["preset", "session", "catalog"],
)
async def test_the_form_is_there_though_what_it_asks_for_is_not(
    it: Site, monkeypatch: pytest.MonkeyPatch, query: str, broken: tuple[type, str]
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseUnusable("The database is away.")

    monkeypatch.setattr(*broken, away)
    asked = query.replace("ROOT", quote(str(it.root)))
    answer = await it.client.get(f"/?{asked}")
    assert answer.status_code == 200
    assert "The database is away." in text_of(answer)
    assert f'name="path" value="{it.root}"' in answer.text


async def test_the_form_is_there_though_the_storage_is_not(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise DatabaseUnusable("The database is away.")

    monkeypatch.setattr(SqlPresets, "all", broken)
    answer = await it.client.get("/")
    assert answer.status_code == 200
    assert "The database is away." in text_of(answer)


async def test_a_sessions_page_has_its_numbers_and_what_can_be_done(it: Site) -> None:
    session_id = await started(it)
    page = await it.client.get(f"/sessions/{session_id}")
    assert "Ready to review" in text_of(page)
    assert "3 of 3 files" in text_of(page)
    assert "Processed 3 Metadata 2" in text_of(page)
    assert "Newest failures day_2/bad.png : " in text_of(page)
    assert "http-equiv" not in page.text, "nothing will change by itself"
    assert re.findall(rf'action="/sessions/{session_id}/(\w+)"', page.text) == ["commit", "retry"]

    answer = await sent(it, f"/sessions/{session_id}/commit")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sessions/{session_id}")
    await it.finished(session_id)
    page = await it.client.get(f"/sessions/{session_id}")
    assert "Committed: 2 files" in text_of(page)
    assert re.findall(rf'action="/sessions/{session_id}/(\w+)"', page.text) == ["undo"]
    await sent(it, f"/sessions/{session_id}/undo")
    assert (await it.finished(session_id))["status"] == "undone"


async def test_while_it_runs_the_page_looks_again_and_offers_to_stop(tmp_path: Path) -> None:
    await to_thread.run_sync(paint, tmp_path / "root", 3)
    async with site(tmp_path, paced=True) as it:
        session_id = await it.start()
        page = await it.client.get(f"/sessions/{session_id}")
        assert f'<meta http-equiv="refresh" content="2; url=/sessions/{session_id}">' in page.text
        assert re.findall(rf'action="/sessions/{session_id}/(\w+)"', page.text) == ["pause", "cancel"]
        await sent(it, f"/sessions/{session_id}/pause")
        page = await it.client.get(f"/sessions/{session_id}")
        assert re.findall(rf'action="/sessions/{session_id}/(\w+)"', page.text) == ["resume", "cancel"]
        wrong = await sent(it, f"/sessions/{session_id}/undo")
        assert wrong.status_code == 409
        assert 'role="alert"' in wrong.text.partition("unscripted")[2]
        await sent(it, f"/sessions/{session_id}/resume")
        await sent(it, f"/sessions/{session_id}/cancel")
        assert (await it.finished(session_id))["status"] == "cancelled"


async def test_nothing_is_done_with_a_session_that_there_is_not(it: Site) -> None:
    for action in ("commit", "cancel", "pause", "resume", "retry", "undo"):
        answer = await sent(it, f"/sessions/nobody/{action}")
        assert answer.status_code == 404
        assert "No such session" in text_of(answer)
    problem(await it.client.get("/sessions/nobody/commit"), 405, "method_not_allowed")
    problem(await it.client.post("/sessions/nobody/forget", headers=OWN), 404, "not_found")


async def test_no_command_is_taken_from_elsewhere(it: Site) -> None:
    session_id = await started(it)
    form = {"content-type": "application/x-www-form-urlencoded"}
    before = await to_thread.run_sync(it.services.journal.tally)
    for path in ("/sessions", f"/sessions/{session_id}/commit"):
        body = urlencode(USUAL | {"directories": str(it.root)})
        for headers in (
            {},
            {"origin": "null"},
            {"origin": "https://evil.example"},
            OWN | {"sec-fetch-site": "same-site"},
        ):
            assert problem(await it.client.post(path, content=body, headers=form | headers), 403)
    assert await to_thread.run_sync(it.services.journal.tally) == before
