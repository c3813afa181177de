"""What a visit to a page fetches of our own is small: the page, its styles, its modules, its reader's texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.in_process import Site, site

from tallylight.web.modules import modules
from tallylight.web.routes.pages import PAGES
from tallylight.web.texts import LANGUAGES

#: Bytes, as they travel.
MOST = 60_000
#: By address: what the page imports by itself as soon as it is shown.
UNNAMED = {"/": ("session.js", *modules("session.js"))}


async def fetched(it: Site, address: str, language: str) -> dict[str, int]:
    """What each file weighs that the page at this address loads, by its path."""
    page = await it.client.get(address, headers={"accept-language": language})
    assert page.status_code == 200, page.text
    weights = {address: page.num_bytes_downloaded}
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    # What is fetched without being asked for counts, though it is not named.
    later = [f"/static/{module}" for module in UNNAMED.get(address, ())]
    for path in dict.fromkeys(named + later):
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
    assert sum(path.endswith(".js") for path in weights) > 10, "the modules it imports are named"
    assert sum(weights.values()) < MOST, sorted(weights.items(), key=lambda each: -each[1])
