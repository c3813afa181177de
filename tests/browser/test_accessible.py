"""Nothing in any view shuts people out, as far as a machine can tell, whatever colours they see it in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser import axe, tour
from tests.browser.conftest import go_without
from tests.browser.serving import Server
from tests.ports import free_port

SCHEMES: tuple[axe.Scheme, ...] = ("light", "dark", "forced")


@pytest.fixture(autouse=True)
def has_axe() -> None:
    if not axe.SOURCE.exists():
        go_without("no axe-core was found: `npm install` gets it")


@pytest.fixture
def allowed_errors() -> list[str]:
    return [*tour.EXPECTED]


@pytest.fixture
def with_token(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "closed"
    folder.mkdir()
    port = free_port()
    server = Server(folder, port=port, public_url=f"http://127.0.0.1:{port}/")
    server.start()
    yield server
    server.stop()


def wrong(page: Page, state: str) -> list[str]:
    return [f"{state}, {sentence}" for scheme in SCHEMES for sentence in axe.found(page, scheme)]


@pytest.mark.parametrize("part", tour.PARTS)
def test_axe_finds_nothing(page: Page, server: Server, part: str) -> None:
    found = [sentence for state in tour.PARTS[part](page, server) for sentence in wrong(page, state)]
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_the_log_in(page: Page, with_token: Server) -> None:
    page.goto(with_token.url)
    expect(page.get_by_label("Token")).to_be_focused()
    found = wrong(page, "log-in")
    page.get_by_label("Token").fill("nonsense")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += wrong(page, "refused")
    assert not found, "\n".join(found)


def test_axe_would_find_something(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.evaluate("document.getElementById('start').textContent = ''")
    page.evaluate("document.getElementById('configure-title').style = 'color: #aaa; forced-color-adjust: none'")
    assert any("button-name" in sentence for sentence in axe.found(page))
    assert any("color-contrast" in sentence for sentence in axe.found(page, "forced"))
