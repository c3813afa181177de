"""The library: what is committed is searched, narrowed down, looked at and rated, by mouse and by keys."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser import walk
from tests.browser.pictures import picture
from tests.browser.serving import Server

from tallylight.web.routes import library_pages

PICTURES = 8


def committed(page: Page, server: Server) -> str:
    """Eight pictures in the catalog, with scores from 0 to 5; the library is open. Returns the session."""
    for number in range(PICTURES):
        words = f"lighthouse, number {number}" if number % 2 else f"fog, number {number}"
        picture(server.root / f"day_{number % 3}" / f"gen_{number}.png", words, score=number % 6)
    session = walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    page.goto(f"{server.url}/library")
    expect(files(page)).to_have_count(PICTURES)
    return session


def files(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def score_of(server: Server, name: str) -> int | None:
    (found,) = server.get(f"/api/media?q=path:{name}")["media"]
    score: int | None = found["score"]
    return score


def narrow(page: Page, facet: str, value: str) -> Locator:
    group = page.get_by_role("navigation", name="Narrow down").get_by_role("list", name=facet, exact=True)
    return group.get_by_role("button", name=value, exact=True)


def test_facets_count_what_is_found_and_narrow_it_down(page: Page, server: Server) -> None:
    committed(page, server)
    expect(page.get_by_role("heading", name="8 files")).to_be_visible()
    expect(narrow(page, "Folder", "day_0 3")).to_be_visible()
    narrow(page, "Keywords", "lighthouse 4").click()
    expect(page.get_by_role("heading", name="4 files")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("lighthouse")
    expect(narrow(page, "Keywords", "lighthouse 4")).to_have_attribute("aria-pressed", "true")
    narrow(page, "Score", "★★★ 1").click()
    expect(page.get_by_role("heading", name="1 file")).to_be_visible()
    assert "score%3A3" in page.url
    narrow(page, "Score", "★★★ 1").click()
    expect(page.get_by_role("heading", name="4 files")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="1 file")).to_be_visible()


def test_a_search_that_cannot_be_says_why(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("400")
    committed(page, server)
    words = page.get_by_role("searchbox", name="Search")
    words.fill("scroe:4")
    words.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did you mean score:?")
    words.fill("score:5")
    words.press("Enter")
    expect(page.get_by_role("heading", name="1 file")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_keys_rate_and_the_catalog_knows(page: Page, server: Server) -> None:
    committed(page, server)
    page.get_by_role("combobox", name="Order").select_option("By path")
    expect(files(page).first).to_contain_text("gen_0.png")
    files(page).filter(has_text="gen_3.png").click()
    details = page.get_by_role("complementary", name="gen_3.png")
    expect(details).to_be_visible()
    page.keyboard.press("5")
    expect(files(page).filter(has_text="gen_3.png")).to_contain_text("★ 5")
    expect(details.get_by_role("button", name="Score 5")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#announcer")).to_have_text("gen_3.png: 5")
    assert score_of(server, "gen_3") == 5

    page.keyboard.press("ArrowRight")
    details = page.get_by_role("complementary", name="gen_6.png")
    expect(details).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#announcer")).to_have_text("gen_6.png: rejected")
    page.keyboard.press("f")
    expect(page.locator("#announcer")).to_have_text("gen_6.png is a favourite.")
    assert server.get("/api/media?q=is:favourite is:rejected".replace(" ", "%20"))["total"] == 1
    page.keyboard.press("0")
    expect(page.locator("#announcer")).to_have_text("gen_6.png: unrated")
    assert score_of(server, "gen_6") is None

    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(files(page).filter(has_text="gen_6.png")).to_be_focused()


def test_a_rating_that_is_refused_is_taken_back(page: Page, server: Server, allowed_errors: list[str]) -> None:
    allowed_errors.append("503")
    committed(page, server)
    page.route("**/api/media/*", lambda route: route.fulfill(status=503, json={"detail": "The disk is full."}))
    shown = files(page).filter(has_text="gen_5.png")
    expect(shown).to_contain_text("★ 5")
    page.get_by_role("button", name="Search").focus()
    page.keyboard.press("2")
    shown.focus()
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_have_text("gen_5.png stays as it was: The disk is full.")
    expect(shown).to_contain_text("★ 5")
    assert score_of(server, "gen_5") == 5


def test_the_place_survives_a_reload(page: Page, server: Server) -> None:
    committed(page, server)
    page.get_by_role("combobox", name="Order").select_option("By path")
    expect(files(page).first).to_contain_text("gen_0.png")
    files(page).first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/library?sort=path&at=3")
    page.reload()
    expect(page.get_by_role("combobox", name="Order")).to_have_value("path")
    place = files(page).nth(3)
    expect(place).to_have_attribute("tabindex", "0")
    expect(place).to_contain_text("gen_1.png")


def test_the_place_survives_a_reload_for_who_only_scrolled(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 400, "height": 500})
    committed(page, server)
    grid = page.get_by_role("listbox")
    place = "each => each.scrollTop"
    assert grid.evaluate(place) == 0
    grid.evaluate("each => each.scrollTo({ top: 450 })")
    page.wait_for_url(re.compile(r"/library\?top=\d+$"))
    top = int(page.url.rpartition("=")[2])
    assert top > 0
    page.reload()
    expect(files(page).nth(top)).to_be_in_viewport()
    assert grid.evaluate(place) > 300
    expect(files(page).first).to_have_attribute("tabindex", "0")
    # Another search begins at its top.
    page.get_by_role("searchbox", name="Search").fill("fog")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="4 files")).to_be_visible()
    assert grid.evaluate(place) == 0


def test_on_a_phone_facets_are_folded_and_details_come_into_sight(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    committed(page, server)
    narrowing = page.get_by_role("navigation", name="Narrow down")
    expect(narrow(page, "Keywords", "lighthouse 4")).to_be_hidden()
    narrowing.get_by_text("Narrow down").click()
    narrow(page, "Keywords", "lighthouse 4").click()
    expect(page.get_by_role("heading", name="4 files")).to_be_visible()
    page.evaluate("scrollTo({ top: document.documentElement.scrollHeight })")
    assert page.evaluate("scrollY") > 300
    files(page).first.click()
    details = page.get_by_role("complementary")
    expect(details.get_by_role("button", name="Close")).to_be_in_viewport()
    expect(details.get_by_role("button", name="Score 5")).to_be_in_viewport()


def test_similar_pictures_and_the_session_are_one_press_away(page: Page, server: Server) -> None:
    session = committed(page, server)
    (server.root / "copy.png").write_bytes((server.root / "day_0" / "gen_0.png").read_bytes())
    files(page).filter(has_text="gen_0.png").click()
    details = page.get_by_role("complementary")
    expect(details.get_by_role("heading", name="Prompt", exact=True)).to_be_visible()
    expect(details.get_by_role("link", name="this session")).to_have_attribute("href", f"/sessions/{session}")
    details.get_by_role("button", name="Same content").click()
    expect(page.get_by_role("heading", name="1 file")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value(re.compile("^content:"))
    page.get_by_role("complementary").get_by_role("button", name="Similar pictures").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value(re.compile("^like:"))
    expect(page.get_by_role("combobox", name="Order")).to_have_value("likeness")


def test_duplicates_lie_side_by_side(page: Page, server: Server) -> None:
    for number in range(3):
        picture(server.root / f"gen_{number}.png", f"fog {number}")
    for number in (0, 2):
        (server.root / f"copy_{number}.png").write_bytes((server.root / f"gen_{number}.png").read_bytes())
    walk.start(page, server)
    walk.finish(page, server)
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible()
    page.goto(f"{server.url}/library")
    page.get_by_role("button", name="Duplicates, side by side").click()
    expect(page.get_by_role("heading", name="4 files")).to_be_visible()
    expect(page.get_by_role("combobox", name="Order")).to_have_value("content")
    expect(files(page)).to_have_count(4)
    numbers = [re.sub(r"\D", "", text) for text in files(page).all_inner_texts()]
    assert numbers in (["0", "0", "2", "2"], ["2", "2", "0", "0"])


def test_what_a_model_finds_nsfw_is_veiled_until_it_is_asked_for(page: Page, server: Server) -> None:
    committed(page, server)
    media = server.get("/api/media?descending=true&limit=1")
    media["media"][0]["nsfw_score"] = 0.9
    page.route("**/api/media?*", lambda route: route.fulfill(json={**media, "total": 1}))
    page.reload()
    expect(files(page).locator("[data-veiled]")).to_have_count(1)
    files(page).click()
    details = page.get_by_role("complementary")
    expect(details.locator("[data-veiled]")).to_have_count(1)
    details.get_by_role("button", name="Show it").click()
    expect(details.locator("[data-veiled]")).to_have_count(0)
    expect(details.get_by_role("button", name="Reject")).to_be_focused()


def test_help_says_the_keys(page: Page, server: Server) -> None:
    committed(page, server)
    files(page).first.focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Take the score back")
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(files(page).first).to_be_focused()
    assert server.get("/api/media?q=score:5")["total"] == 1, "what is pressed in the help rates nothing"


def test_a_search_that_finds_nothing_is_told_from_a_library_without_files(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/library?q=score:5")
    expect(page.get_by_text("Nothing is found.")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("Nothing is committed yet.")).to_be_visible()


def test_a_commit_that_ends_meanwhile_is_shown(page: Page, server: Server) -> None:
    session = committed(page, server)
    expect(page.get_by_text("connected")).to_be_visible()
    undone = page.request.post(f"{server.url}/api/ingest/undo/{session}")
    assert undone.ok, undone.text()
    expect(page.get_by_text("Nothing is committed yet.")).to_be_visible()


def test_what_was_committed_is_one_link_away(page: Page, server: Server) -> None:
    session = committed(page, server)
    page.goto(f"{server.url}/sessions/{session}")
    page.get_by_role("link", name="See them in the library").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value(f"session:{session}")
    expect(page.get_by_role("heading", name="8 files")).to_be_visible()


def test_without_scripts_results_come_page_by_page(page: Page, browser: Browser, server: Server) -> None:
    committed(page, server)
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{server.url}/library?q=score:%3E0&sort=best")
    shown = plain.get_by_role("main").get_by_role("listitem")
    expect(shown).to_have_count(6)
    expect(shown.first).to_contain_text("gen_5.png")
    plain.get_by_role("searchbox", name="Search").fill("fog")
    plain.get_by_role("button", name="Search").click()
    expect(plain.get_by_role("heading", name="4 files")).to_be_visible()
    expect(plain.get_by_role("link", name="Next")).to_have_count(0)
    assert library_pages.PAGE > PICTURES
    context.close()
