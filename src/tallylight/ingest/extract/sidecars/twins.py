"""The picture that ComfyUI's video nodes save beside a video, with the graph in it: `a.png` of `a.mp4`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from tallylight.errors import BadPath
from tallylight.ingest.extract.containers import png
from tallylight.ingest.extract.sidecars.opening import Opening
from tallylight.ingest.extract.sidecars.told import Told
from tallylight.model import VIDEO_SUFFIXES

SOURCE: Final = "picture:sidecar"

#: Of a video that got its sound afterwards, which is saved once more under such a name.
_WITH_SOUND: Final = "-audio"
_SUFFIX: Final = ".png"
_GRAPHS: Final = frozenset({"prompt", "workflow"})


def name_of(video: str) -> str:
    """What the picture beside a video is called; empty for what is no video."""
    stem, suffix = os.path.splitext(video)  # noqa: PTH122 (names that are not UTF-8)
    return f"{stem.removesuffix(_WITH_SOUND)}{_SUFFIX}" if suffix.lower() in VIDEO_SUFFIXES else ""


def among(names: Iterable[str]) -> bool:
    """Whether there may be such a pair among these names."""
    kinds = {os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122 (names that are not UTF-8)
    return _SUFFIX in kinds and not VIDEO_SUFFIXES.isdisjoint(kinds)


def add(path: str, told: Told, opening: Opening) -> None:
    """Add the graphs that the picture holds. What is wrong with it is told of the picture itself, which is a candidate
    of its own, and not once more of the video.
    """
    try:
        with opening.roots.open(path) as file:
            if file.read(len(png.SIGNATURE)) != png.SIGNATURE:
                return
            texts = png.walk(file, opening.limits).texts
    except (OSError, BadPath):
        return
    for key, text in texts:
        if key in _GRAPHS:
            told.add_text(key, text, SOURCE)
