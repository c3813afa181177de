"""What a person sees who is not let in."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.in_process import Site, site

from tallylight.web.problems import MEDIA_TYPE
from tallylight.web.turned_away import page

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORWARDED = {"x-forwarded-for": "10.0.0.1"}


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as it:
        yield it


async def test_whoever_has_just_put_a_proxy_in_front_reads_what_to_do(it: Site) -> None:
    answer = await it.client.get("/", headers=BROWSER | FORWARDED)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Start it again with --public-url and the address that people type" in answer.text
    assert "403 forwarded" in answer.text
    # The doors' other headers are on it as on every answer.
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_its_style_is_let_in_by_its_hash_and_nothing_else_is(it: Site) -> None:
    answer = await it.client.get("/sessions/any", headers=BROWSER | {"host": "evil.example"})
    assert answer.status_code == 421
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style
    allowed = b64encode(sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{allowed}';")
    assert "script" not in policy
    assert not re.search(r"(?:src|href)=", answer.text), "it needs nothing that would be refused as well"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/", {"accept": "*/*"}),
        ("GET", "/api/ingest/sessions", BROWSER),
        ("POST", "/", BROWSER),
    ],
)
async def test_programs_get_json_as_ever(it: Site, method: str, path: str, headers: dict[str, str]) -> None:
    answer = await it.client.request(method, path, headers={"accept": "application/json", **FORWARDED, **headers})
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["code"] == "forwarded"


def test_what_somebody_sent_is_text_and_no_markup() -> None:
    body = bytes(page(421, "unknown_host", "the name <script>alert(1)</script> & so on").body).decode()
    assert "<script>" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on" in body
