"""What the header of a sound picture says, read from the walker's findings.

Pillow says the same, but sets up a decoder for it, reads the tables of a JPEG and its EXIF once more: two thirds of the
time that a JPEG takes where nothing is decoded. Whatever is unusual or damaged is left for Pillow to judge.
"""

from __future__ import annotations

import struct
from itertools import takewhile
from typing import Final

from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.containers.jpeg import Jpeg
from tallylight.ingest.extract.containers.png import Chunk, Png
from tallylight.ingest.extract.sniff import Kind
from tallylight.model import Json

#: Pillow's mode for a PNG's bits and colour type. It has no 16-bit colours, and makes RGBA of 16-bit grey with alpha.
_PNG_MODES: Final = {
    (1, 0): "1",
    (2, 0): "L",
    (4, 0): "L",
    (8, 0): "L",
    (16, 0): "I;16",
    (8, 2): "RGB",
    (16, 2): "RGB",
    (1, 3): "P",
    (2, 3): "P",
    (4, 3): "P",
    (8, 3): "P",
    (8, 4): "LA",
    (16, 4): "RGBA",
    (8, 6): "RGBA",
    (16, 6): "RGBA",
}
_PNG_HEADER: Final = struct.Struct(">IIBBBB")  #: width, height, bits, colour type, compression, filter
_PNG_FIRST: Final = Chunk(b"IHDR", 16, 13)
_PNG_PLAIN: Final = frozenset({b"IHDR", b"PLTE", b"tRNS"})  #: of the chunks a decoder needs, those of one still picture
_LEAST_TRANSPARENCY: Final = {"1": 2, "L": 2, "I;16": 2, "RGB": 6}  #: bytes of a tRNS; any number in other modes

_JPEG_HEADER: Final = struct.Struct(">BHHB")  #: bits, height, width, layers
_JPEG_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}


def read(kind: Kind, head: bytes, found: Embedded) -> Json | None:
    """Width, height, mode and transparency as in `Outcome.media`; None where Pillow has to judge.

    `head` is the beginning of the file, `found` what its walker found in it.
    """
    if kind.format == "png" and isinstance(found, Png):
        return _of_png(head, found)
    if kind.format == "jpeg" and isinstance(found, Jpeg):
        return _of_jpeg(found)
    return None


def _of_png(head: bytes, found: Png) -> Json | None:
    chunks = list(takewhile(lambda chunk: chunk.kind != b"IDAT", found.chunks))
    kinds = {chunk.kind: chunk.length for chunk in chunks}
    if not chunks or chunks[0] != _PNG_FIRST or len(kinds) < len(chunks):
        return None
    width, height, bits, colour, _, filter_ = _PNG_HEADER.unpack_from(head, _PNG_FIRST.at)
    mode = _PNG_MODES.get((bits, colour))
    if not width or not height or mode is None or filter_ or not kinds.keys() <= _PNG_PLAIN:
        return None
    if mode == "P" and b"PLTE" not in kinds:
        return None
    if kinds.get(b"tRNS", 6) < _LEAST_TRANSPARENCY.get(mode, 0):
        return None
    return {"width": width, "height": height, "mode": mode, "has_alpha": mode in {"LA", "RGBA"} or b"tRNS" in kinds}


def _of_jpeg(found: Jpeg) -> Json | None:
    if found.ending != "whole" or len(found.frames) != 1:
        return None
    frame = found.frames[0]
    if len(frame) < _JPEG_HEADER.size:
        return None
    bits, height, width, layers = _JPEG_HEADER.unpack_from(frame)
    mode = _JPEG_MODES.get(layers)
    if bits != 8 or not width or not height or mode is None or len(frame) < _JPEG_HEADER.size + 3 * layers:
        return None
    return {"width": width, "height": height, "mode": mode, "has_alpha": False}
