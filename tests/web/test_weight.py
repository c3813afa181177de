"""What a browser fetches of our own to show a page is small: the page, its styles, its modules, its reader's texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.in_process import Site, site

from tallylight.web.routes.pages import PAGES
from tallylight.web.texts import LANGUAGES

#: Bytes, as they travel.
MOST = 60_000


async def fetched(it: Site, address: str, language: str) -> dict[str, int]:
    """What each file weighs that the page at this address loads, by its path."""
    page = await it.client.get(address, headers={"accept-language": language})
    assert page.status_code == 200, page.text
    weights = {address: page.num_bytes_downloaded}
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        answer = await it.client.get(path)
        assert answer.status_code == 200, path
        weights[path] = answer.num_bytes_downloaded
    return weights


@pytest.mark.anyio
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", [*PAGES.values(), "/sessions/7d3f9a52-1b1c-4b7e-9d55-0123456789ab"])
async def test_a_page_is_small(tmp_path: Path, address: str, language: str) -> None:
    async with site(tmp_path) as it:
        weights = await fetched(it, address, language)
    assert f"/static/i18n/{language}.js" in weights
    assert sum(path.endswith(".js") for path in weights) > 10, "the modules it imports are named in its head"
    assert sum(weights.values()) < MOST, sorted(weights.items(), key=lambda each: -each[1])
