"""What does not fit, or cannot be hit, in a page as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_TWO_FRAMES: Final = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
_FIND: Final = Path(__file__).with_name("room.js").read_text("utf-8")


def lacking(page: Page, width: int, height: int) -> list[str]:
    """What does not fit, is cut off, or is too small or too close to another to be hit, in a window of this size."""
    page.set_viewport_size({"width": width, "height": height})
    # What lays out by script, as the grid does, follows a frame later.
    page.evaluate(_TWO_FRAMES)
    sentences: list[Any] = page.evaluate(_FIND)
    return [f"{width} × {height}: {sentence}" for sentence in sentences]
