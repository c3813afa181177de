"""The pixel hash: the same for the same picture, whatever its metadata and however it was packed without loss.

SHA-256 of a line that names the form, the width and the height, and then of the pixels row by row. docs/reference/
hashes.md has the forms; a change to one of them is a new number in `_EDITION`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import Image

from tallylight.ingest.extract.small import displayable

_EDITION: Final = "tallylight pixels 1"
#: Pixels that are turned into their form at a time: as many as stay in the processor's cache, and so that a picture of
#: 200 megapixels is not held twice.
_PIECE: Final = 1 << 16
#: Modes that have a form of their own, since RGBA would lose some of what they hold.
_KEPT: Final = {"I;16": "<u2", "I;16L": "<u2", "I;16B": "<u2", "I;16N": "<u2", "I": "<i4", "F": "<f4"}


def pixel_sha256(image: Image.Image) -> str:
    """The hash of a decoded picture, as it is stored (no orientation applied), in hex."""
    form = _form(image)
    digest = hashlib.sha256(f"{_EDITION}\n{form} {image.width} {image.height}\n".encode())
    for piece in _pieces(image):
        digest.update(_bytes(piece, form))
    return digest.hexdigest()


def _form(image: Image.Image) -> str:
    match image.mode:
        case "I;16" | "I;16L" | "I;16B" | "I;16N":
            # Grey of 8 bits that was saved in 16 is the same picture.
            return "RGBA" if all(bool((np.asarray(piece) % 257 == 0).all()) for piece in _pieces(image)) else "I;16"
        case "I" | "F" | "CMYK" | "LAB":
            return image.mode
        case _:
            return "RGBA"


def _pieces(image: Image.Image) -> Iterator[Image.Image]:
    rows = max(1, _PIECE // max(1, image.width))
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(image.height, top + rows)))


def _bytes(piece: Image.Image, form: str) -> bytes:
    if form == "RGBA":
        shown = displayable(piece)
        if shown.mode in {"RGB", "L"}:
            return shown.convert("RGBA").tobytes()
        pixels = np.array(shown.convert("RGBA"))
        # What nobody can see is not part of the picture: encoders change the colour of transparent pixels as they like.
        pixels[pixels[..., 3] == 0] = 0
        return pixels.tobytes()
    if piece.mode in _KEPT:
        return np.asarray(piece).astype(_KEPT[piece.mode]).tobytes()
    return piece.tobytes()
