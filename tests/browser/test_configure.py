"""The first step: folders, types, options, and what is said when something is missing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

from tallylight.ingest.extract import nsfw


def asked(page: Page) -> dict[str, Any]:
    """Press Start and return the parameters that were sent."""

    def is_process(request: Request) -> bool:
        return request.url.endswith("/api/ingest/process")

    with page.expect_request(is_process) as caught:
        page.get_by_role("button", name="Start", exact=True).click()
    return parameters(caught.value)


def parameters(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = request.post_data_json or {}
    sent: dict[str, Any] = body["parameters"]
    return sent


def test_nothing_starts_without_a_folder(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Choose at least one folder.")
    assert server.get("/api/ingest/sessions")["sessions"] == []


def test_a_folder_that_went_away_is_told_beside_the_button(
    page: Page, server: Server, allowed_errors: list[str]
) -> None:
    allowed_errors.append("40")
    inner = server.root / "inner"
    picture(inner / "one.png", "fog")
    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    page.get_by_role("checkbox", name="Choose inner").check()
    expect(page.get_by_role("checkbox", name="png")).to_be_checked()
    shutil.rmtree(inner)

    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.locator("#start-trouble")).to_contain_text("does not exist")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def test_switching_types_off_makes_the_pattern(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    shutil.copy(server.root / "one.png", server.root / "two.jpg")
    shutil.copy(server.root / "one.png", server.root / "three.webp")
    walk.choose_root(page, server)
    page.get_by_role("checkbox", name="jpg", exact=True).uncheck()
    assert asked(page)["pattern"] == "*.png|*.webp"


def test_all_types_are_no_pattern(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    walk.choose_root(page, server)
    assert asked(page)["pattern"] == ""


def test_no_type_is_refused(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    walk.choose_root(page, server)
    page.get_by_role("checkbox", name="png", exact=True).uncheck()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#start-trouble")).to_have_text("Switch on at least one file type.")


def test_options_arrive_as_set(page: Page, server: Server) -> None:
    walk.choose_root(page, server)
    page.get_by_role("radio", name="Metadata Headers").check()
    page.get_by_role("checkbox", name="Derive keywords").uncheck()
    page.get_by_role("checkbox", name="Skip files").uncheck()
    page.get_by_role("checkbox", name="Look for hidden parameters").check()
    page.get_by_label("Stop after this many files").fill("12")
    page.get_by_label("Where sources disagree, believe").select_option("the highest score")

    sent = asked(page)

    assert sent == {
        "directories": [str(server.root)],
        "pattern": "",
        "tier": "metadata",
        "max_files": 12,
        "conflict_rule": "highest",
        "extract_metadata": True,
        "extract_keywords": False,
        "import_scores": True,
        "skip_existing": False,
        "enable_nsfw_detection": False,
        "read_stealth": True,
        "pixel_hash": False,
        "nsfw_threshold": 0.5,
    }


def test_half_a_file_is_no_limit(page: Page, server: Server) -> None:
    walk.choose_root(page, server)
    page.get_by_label("Stop after this many files").fill("0.5")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#start-trouble")).to_contain_text("whole number")


def test_nsfw_detection_says_why_it_is_off(page: Page, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nsfw, "available", lambda: False)
    page.goto(server.url)
    box = page.get_by_role("checkbox", name="Detect NSFW")
    expect(box).to_be_disabled()
    expect(box).to_have_accessible_description(nsfw.MISSING)


def test_nsfw_detection_is_asked_for_where_it_is_possible(page: Page, server: Server) -> None:
    walk.choose_root(page, server)
    page.get_by_role("checkbox", name="Detect NSFW").check()
    assert asked(page)["enable_nsfw_detection"] is True


def test_a_folder_inside_a_chosen_one_is_chosen(page: Page, server: Server) -> None:
    picture(server.root / "outer" / "inner" / "one.png", "fog")
    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    page.get_by_role("button", name="Open outer").click()
    page.get_by_role("checkbox", name="Choose inner").check()
    expect(page.locator("#chosen-list li")).to_have_count(1)
    page.get_by_role("button", name="Up").click()
    page.get_by_role("checkbox", name="Choose outer").check()

    expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root / "outer"))
    page.get_by_role("button", name="Open outer").click()
    inner = page.get_by_role("checkbox", name="Choose inner")
    expect(inner).to_be_checked()
    expect(inner).to_be_disabled()


def test_the_same_settings_again(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    server.engine.open()
    walk.choose_root(page, server)
    page.get_by_role("radio", name="Metadata Headers").check()
    rule = page.get_by_label("Where sources disagree, believe")
    rule.select_option("sidecars first")
    walk.press_start(page)
    page.get_by_role("link", name="Same settings again").click()
    expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root))
    expect(page.get_by_role("radio", name="Metadata Headers")).to_be_checked()
    expect(rule).to_have_value("sidecar")


def test_an_unknown_session_is_told(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("404")
    page.goto(f"{server.url}/sessions/7d3f9a52-0000-4000-8000-000000000000")
    expect(page.get_by_role("heading", name="No such session")).to_be_visible()
    page.get_by_role("link", name="Start a new one").click()
    expect(page.get_by_role("heading", name="What shall be ingested?")).to_be_visible()


@contextmanager
def held(page: Page, address: str) -> Iterator[list[Route]]:
    """Requests for this address wait, and are in the list once made. Those still there at the end go on: what is
    never answered would be found by a later test.
    """
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(address, hold)
    yield waiting
    while waiting:
        waiting.pop().continue_()
    page.unroute(address)


def test_an_earlier_pattern_holds_before_types_are_known_and_word_for_word(page: Page, server: Server) -> None:
    three_folders(server)
    body = {"parameters": {"directory": str(server.root), "pattern": "*.JPG|draft_*"}}
    response = page.request.post(f"{server.url}/api/ingest/process", data=body)
    session = response.json()["session_id"]
    with held(page, "**/api/ingest/file-types"):
        with page.expect_request("**/api/ingest/estimate") as estimated:
            page.goto(f"{server.url}/?like={session}")
        assert parameters(estimated.value)["pattern"] == "*.jpg|draft_*"
        assert asked(page)["pattern"] == "*.jpg|draft_*"

    page.goto(f"{server.url}/?like={session}")
    expect(page.get_by_role("checkbox", name="draft_*")).to_be_checked()
    expect(page.get_by_role("checkbox", name="png", exact=True)).not_to_be_checked()
    page.get_by_role("checkbox", name="png", exact=True).check()
    page.get_by_role("checkbox", name="draft_*").uncheck()
    # Another folder, another look: what was switched stays.
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("checkbox", name=f"Choose {server.root}").check()
    expect(page.get_by_role("checkbox", name="png", exact=True)).to_be_checked()
    expect(page.get_by_role("checkbox", name="draft_*")).not_to_be_checked()
    assert asked(page)["pattern"] == "*.jpg|*.png"


def test_a_quick_start_leaves_out_what_is_switched_off(page: Page, server: Server) -> None:
    three_folders(server)
    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    page.get_by_role("checkbox", name="Choose Pears").check()
    page.get_by_role("checkbox", name="jpg", exact=True).uncheck()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("checkbox", name="Choose plums").check()
    expect(page.get_by_role("checkbox", name="png")).to_be_checked()
    with held(page, "**/api/ingest/file-types") as looking:
        with page.expect_request("**/api/ingest/file-types"):
            page.get_by_role("checkbox", name="Choose Pears").check()
        start = page.get_by_role("button", name="Start", exact=True)
        start.click()
        expect(start).to_have_attribute("aria-busy", "true")
        with page.expect_request("**/api/ingest/process") as begun:
            looking.pop(0).continue_()
    assert parameters(begun.value)["pattern"] == "*.png"


def three_folders(server: Server) -> None:
    for name, count in {"apples": 1, "Pears": 3, "plums": 2}.items():
        for number in range(count):
            picture(server.root / name / f"{number}.png", f"{name} {number}")
    shutil.copy(server.root / "Pears" / "0.png", server.root / "Pears" / "x.jpg")


def names(page: Page) -> list[str]:
    return page.locator("#folders-list bdi").all_inner_texts()


def test_folders_are_filtered_and_sorted(page: Page, server: Server) -> None:
    three_folders(server)
    server.engine.open()
    session = server.begin()
    server.until(lambda: server.get(f"/api/ingest/status/{session}")["status"] == "completed")
    page.goto(f"{server.url}/sessions/{session}")
    page.get_by_role("button", name=re.compile("^Commit")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    for number in range(4):
        picture(server.root / "apples" / f"new_{number}.png", f"new {number}")

    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    pears = page.get_by_role("listitem").filter(has_text="Pears")
    expect(pears).to_contain_text("4 files, all ingested")
    expect(pears).to_contain_text("3 png, 1 jpg")
    expect(page.get_by_role("listitem").filter(has_text="apples")).to_contain_text("5 files, 1 ingested")
    assert names(page) == ["apples", "Pears", "plums"]
    page.get_by_label("Sort by").select_option("most files")
    assert names(page) == ["apples", "Pears", "plums"]
    shutil.copy(server.root / "plums" / "0.png", server.root / "plums" / "again.png")
    page.get_by_label("Sort by").select_option("most not ingested yet")
    assert names(page)[0] == "apples"
    page.get_by_role("searchbox", name="Filter by name").fill("P")
    page.get_by_label("Sort by").select_option("name")
    assert names(page) == ["apples", "Pears", "plums"]
    page.get_by_role("searchbox", name="Filter by name").clear()
    page.get_by_role("searchbox", name="Filter by name").press_sequentially("PEA")
    assert names(page) == ["Pears"]
    page.get_by_role("searchbox", name="Filter by name").fill("zzz")
    expect(page.locator("#folders-note")).to_have_text("No folder in here has such a name.")
    page.get_by_role("searchbox", name="Filter by name").press("Enter")
    expect(page).to_have_url(re.compile(r"/$"))


def test_enter_in_a_field_starts(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("listitem").filter(has_text=str(server.root))).to_contain_text("empty")
    page.get_by_label("Stop after this many files").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Choose at least one folder.")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/")


def test_the_focus_stays_where_the_server_drew_what_has_it(page: Page, server: Server) -> None:
    (server.root / "inner").mkdir()
    with held(page, "**/api/ingest/directories") as waiting:
        page.goto(server.url)
        box = page.get_by_role("checkbox", name=f"Choose {server.root}")
        box.press("Space")
        expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root))
        with page.expect_response("**/api/ingest/directories"):
            waiting.pop(0).continue_()
    expect(page.get_by_text("folders only")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_be_checked()


def test_a_folder_of_the_last_sessions_is_chosen_by_one_click(page: Page, server: Server) -> None:
    picture(server.root / "day_1" / "one.png", "fog")
    server.engine.open()
    session = server.begin()
    server.until(lambda: server.get(f"/api/ingest/status/{session}")["status"] == "completed")
    page.goto(server.url)
    page.get_by_role("button", name=f"Choose {server.root.name}").click()
    expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root))
    expect(page.get_by_role("checkbox", name="png")).to_be_checked()
    assert asked(page)["directories"] == [str(server.root)]


def test_what_it_would_take_is_told_before_the_start(page: Page, server: Server) -> None:
    picture(server.root / "one.png", "fog")
    picture(server.root / "two.png", "rain")
    walk.choose_root(page, server)
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_have_accessible_description(re.compile(r"^2 files, \d+ B; time: unknown$"))
    page.get_by_label("Stop after this many files").fill("1")
    page.get_by_label("Stop after this many files").blur()
    expect(start).to_have_accessible_description(re.compile("^1 file,"))
    page.get_by_role("button", name=re.compile("^Remove")).click()
    expect(page.locator("#estimate")).to_have_text("")


def test_types_have_their_counts(page: Page, server: Server) -> None:
    three_folders(server)
    walk.choose_root(page, server)
    expect(page.locator(".chip").filter(has_text="png")).to_have_text("png6")
    expect(page.locator(".chip").filter(has_text="jpg")).to_have_text("jpg1")


def test_presets_are_saved_used_and_deleted(page: Page, server: Server) -> None:
    three_folders(server)
    walk.choose_root(page, server)
    page.get_by_role("checkbox", name="jpg", exact=True).uncheck()
    page.get_by_role("radio", name="Metadata Headers").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Give the preset a name.")).to_be_visible()
    page.get_by_label("Name of a preset").fill("fruit <b> / 1")
    page.get_by_label("Name of a preset").press("Enter")
    expect(page.get_by_label("Preset", exact=True)).to_have_value("fruit <b> / 1")
    assert server.get("/api/ingest/sessions")["sessions"] == [], "Enter saved it and started nothing"

    page.goto(server.url)
    expect(page.get_by_text("Nothing yet. Tick")).to_be_visible()
    page.get_by_role("button", name="Use", exact=True).click()
    expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root))
    expect(page.get_by_role("radio", name="Metadata Headers")).to_be_checked()
    expect(page.get_by_role("checkbox", name="jpg", exact=True)).not_to_be_checked()
    sent = asked(page)
    assert (sent["pattern"], sent["tier"]) == ("*.png", "metadata")

    page.goto(server.url)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("None yet. Fill in the form")).to_be_visible()
    expect(page.get_by_label("Name of a preset")).to_be_focused()
    assert server.get("/api/presets") == {"presets": []}


def test_a_preset_keeps_what_no_field_shows(page: Page, server: Server) -> None:
    three_folders(server)
    kept = {"directories": [str(server.root)], "pixel_hash": True, "nsfw_threshold": 0.25}
    saved = page.request.put(f"{server.url}/api/presets/mine", data={"parameters": kept})
    assert saved.ok
    page.goto(server.url)
    page.get_by_role("button", name="Use", exact=True).click()
    expect(page.locator("#chosen-list bdi")).to_have_text(str(server.root))
    sent = asked(page)
    assert (sent["pixel_hash"], sent["nsfw_threshold"]) == (True, 0.25)
