"""Names of files come from strangers: they are text, in every place that shows one."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser import walk
from tests.browser.pictures import damaged, picture
from tests.browser.serving import Server

MARKUP = "<img src=x onerror=window.pwned=1>"
#: Names, and how they are shown.
NAMES = {
    MARKUP: MARKUP,
    "<script>window.pwned=1": "<script>window.pwned=1",
    "\"'`&amp;": "\"'`&amp;",
    "two\nlines": "two␊lines",
    "photo\u202egpj": "photo⟨U+202E⟩gpj",
    r"back\slash": r"back\slash",
}


def test_names_stay_text_from_folder_to_commit(page: Page, server: Server) -> None:
    for name in NAMES:
        picture(server.root / name / f"{name} good.png", f"{MARKUP}, fog")
        damaged(server.root / name / f"{name} bad.png")
    page.goto(server.url)
    page.get_by_role("button", name=f"Open {server.root}").click()
    expect(page.locator("#folders-list bdi")).to_have_count(len(NAMES))
    assert texts(page, "#folders-list bdi") == set(NAMES.values())
    for box in page.get_by_role("checkbox", name=re.compile("^Choose ")).all():
        box.check()
    assert texts(page, "#chosen-list bdi") == {f"{server.root}/{seen}" for seen in NAMES.values()}
    walk.press_start(page)
    walk.finish(page, server)

    expect(page.locator("#failures-groups bdi")).to_have_count(len(NAMES))
    assert texts(page, "#failures-groups bdi") == {f"{seen} bad.png" for seen in NAMES.values()}
    expect(page.locator("#plan-grid .name")).to_have_count(len(NAMES))
    assert texts(page, "#plan-grid .name") == {f"{seen} good.png" for seen in NAMES.values()}
    page.get_by_role("button", name=f"Commit {len(NAMES)} files").click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src='x']").count() == 0


def texts(page: Page, selector: str) -> set[str | None]:
    return {found.text_content() for found in page.locator(selector).all()}
