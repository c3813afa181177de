"""Teaches Tallylight a further kind of file: farbfeld, the suckless tools' format of plain pixels.

    8 bytes   "farbfeld"
    4 bytes   width, big-endian
    4 bytes   height, big-endian
    8 bytes   for each pixel, row by row: red, green, blue, alpha, 16 bits each, big-endian

docs/how-to/write-an-extractor.md goes through it line by line.
"""

from __future__ import annotations

import struct
from typing import Final, Literal

import numpy as np
from PIL import Image

from tallylight.extractors import Findings, Limits, Reason, Source, Unreadable

SIGNATURE: Final = b"farbfeld"
HEADER: Final = struct.Struct(">8sII")


class Farbfeld:
    """Reads farbfeld images."""

    name = "farbfeld"
    type: Literal["image"] = "image"
    suffixes = frozenset({".ff", ".farbfeld"})

    def recognises(self, head: bytes) -> bool:
        return head.startswith(SIGNATURE)

    def read(self, source: Source, *, full: bool, limits: Limits) -> Findings:
        width, height = size(source.head)
        found = Findings(media={"width": width, "height": height, "mode": "RGBA", "has_alpha": True})
        missing = HEADER.size + width * height * 8 - source.size
        if missing > 0 and full:
            raise Unreadable(Reason.TRUNCATED, f"The farbfeld image lacks its last {missing:,} bytes; copy it again.")
        if missing > 0:
            found.warnings.append("the farbfeld image is cut off")
        if full:
            if width * height > limits.pixels:
                raise Unreadable(Reason.TOO_LARGE, f"{width:,}×{height:,} pixels are more than are decoded.")
            found.small = pixels(source, width, height)
        return found


def size(head: bytes) -> tuple[int, int]:
    """Width and height."""
    if len(head) < HEADER.size:
        raise Unreadable(Reason.TRUNCATED, "The farbfeld image ends within its header; copy it again.")
    _, width, height = HEADER.unpack_from(head)
    if not width or not height:
        raise Unreadable(Reason.DAMAGED, "The farbfeld image has no pixels.")
    return width, height


def pixels(source: Source, width: int, height: int) -> Image.Image:
    """The picture, with the upper eight of each sixteen bits; Tallylight shrinks it."""
    stream = source.stream()
    stream.seek(HEADER.size)
    wide = np.frombuffer(stream.read(width * height * 8), dtype=">u2").reshape(height, width, 4)
    return Image.fromarray((wide >> 8).astype(np.uint8))
