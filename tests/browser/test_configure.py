"""The first step: folders, types, options, and what is said when something is missing."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
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
    body: dict[str, Any] = caught.value.post_data_json or {}
    parameters: dict[str, Any] = body["parameters"]
    return parameters


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
