"""Names of files come from strangers: they are text, in every place that shows one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

MARKUP = "<img src=x onerror=window.pwned=1>"
NAMES = {
    "markup": (MARKUP, MARKUP),
    "script": ("<script>window.pwned=1<\u2215script>", "<script>window.pwned=1<\u2215script>"),
    "quotes": ("\"'`&amp;", "\"'`&amp;"),
    "line end": ("two\nlines", r"two\x0alines"),
    "right to left": ("photo\u202egpj", r"photo\u202egpj"),
}


@pytest.mark.parametrize(("name", "seen"), NAMES.values(), ids=NAMES)
def test_a_name_stays_text_from_folder_to_commit(page: Page, server: Server, name: str, seen: str) -> None:
    picture(server.root / name / f"{name} good.png", f"{MARKUP}, fog")
    damaged(server.root / name / f"{name} bad.png")
    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    expect(page.locator("#folders-list bdi")).to_have_text(seen)
    page.get_by_role("checkbox", name=re.compile("^Choose ")).check()
    expect(page.locator("#chosen-list bdi")).to_contain_text(seen)
    walk.press_start(page)
    walk.finish(page, server)

    expect(page.locator("#failures-rows bdi")).to_have_text(f"{seen} bad.png")
    expect(page.locator(".sample .name")).to_have_text(f"{seen} good.png")
    page.get_by_role("button", name="Commit 1 file").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src='x']").count() == 0
