"""Reads parameters that are hidden in the lowest bits of a picture's pixels.

The bits run down the columns: in the alpha channel, or in red, green and blue by turns. A word of 15 letters says which
and whether the data are packed, 32 bits say how many bits follow. One changed pixel breaks it, so it lives in PNG and
in WebP, which keeps alpha exactly even where it is lossy with colours.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
from PIL import Image

from tallylight.ingest.extract.containers.embedded import Embedded, decode_text, inflate

KEY: Final = "stealth"
_WORD: Final = 15
_HEAD: Final = _WORD + 4
#: The channels that a word belongs to, and whether what follows is packed.
_WORDS: Final = {
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
_GZIP: Final = zlib.MAX_WBITS | 16


def read(image: Image.Image, embedded: Embedded) -> None:
    """Add the hidden text of a picture, or a warning where one is announced and damaged.

    Only the columns that hold it are looked at. Pictures without any cost two looks at the first columns.
    """
    if image.mode not in {"RGB", "RGBA"}:
        return
    for channels in ("A", "RGB"):
        if channels == "A" and image.mode == "RGB":
            continue
        head = _bytes(image, channels, 0, _HEAD)
        place, packed = _WORDS.get(head[:_WORD], ("", False))
        if place == channels:
            _take(image, channels, int.from_bytes(head[_WORD:], "big") // 8, embedded, packed=packed)
            return


def _take(image: Image.Image, channels: str, length: int, embedded: Embedded, *, packed: bool) -> None:
    if length > embedded.limits.stealth:
        embedded.warn(f"hidden data of {length:,} bytes were skipped")
        return
    data = _bytes(image, channels, _HEAD, length)
    if len(data) < length:
        embedded.warn("the hidden data end before they should")
        return
    try:
        text = inflate(data, embedded.limits.text, window=_GZIP) if packed else data
    except ValueError as error:
        embedded.warn(f"the hidden data were skipped: {error}")
        return
    embedded.add_text(KEY, decode_text(text))


def _bytes(image: Image.Image, channels: str, start: int, count: int) -> bytes:
    """Hidden bytes from `start` on; fewer where the picture ends."""
    width, height = image.size
    column = height * len(channels)
    first, last = start * 8 // column, -(-(start + count) * 8 // column)
    strip = image.crop((first, 0, min(last, width), height))
    values = np.asarray(strip.getchannel("A") if channels == "A" else strip.convert("RGB"))
    bits = values.swapaxes(0, 1).reshape(-1) & 1
    skipped = start * 8 - first * column
    whole = max(0, (bits.size - skipped) // 8 * 8)
    return np.packbits(bits[skipped : skipped + whole]).tobytes()[:count]
