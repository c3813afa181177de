"""axe-core in a page: what it finds that shuts people out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page

SOURCE: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

Scheme = Literal["light", "dark", "forced"]

#: WCAG 2.2 AA, which holds the earlier ones, and what axe-core's authors hold for good practice.
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: What may be other in another scheme; all else is the same.
_ABOUT_COLOURS: Final = ("color-contrast", "link-in-text-block")
_RUN: Final = """
async (only) => {
  const { violations } = await axe.run(document, { runOnly: only, resultTypes: ['violations'] })
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any.map((each) => each.message).join(' ')}`))
}
"""


def found(page: Page, scheme: Scheme = "light") -> list[str]:
    """What is wrong with the page as it is, a sentence each. In other schemes than light only colours are looked at."""
    is_forced = scheme == "forced"
    page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light",
        forced_colors="active" if is_forced else "none",
        # A contrast is that of the colour it comes to, not of one on the way there.
        reduced_motion="reduce",
    )
    only = {"type": "tag", "values": _TAGS} if scheme == "light" else {"type": "rule", "values": _ABOUT_COLOURS}
    if not page.evaluate("() => 'axe' in window"):
        # Not as a script element, which the pages forbid.
        page.evaluate(_source())
    sentences: list[Any] = page.evaluate(_RUN, only)
    return [f"{scheme}: {sentence}" for sentence in sentences]


@cache
def _source() -> str:
    return SOURCE.read_text("utf-8")
