"""Files that cannot be read, made from ones that can: what cut transfers, full disks and saved error pages leave."""

from __future__ import annotations

import zlib
from typing import Final

EMPTY: Final = b""
#: What a browser saves under a picture's name when the server has lost the picture.
ERROR_PAGE: Final = b"<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"


def cut(whole: bytes, share: float = 0.5) -> bytes:
    """The first part of a file, as a broken transfer leaves it."""
    return whole[: int(len(whole) * share)]


def without_moov(mp4: bytes) -> bytes:
    """An MP4 that ends before its index (`moov`), as a recorder that lost power leaves it.

    Raises ValueError where there is no index or nothing before it.
    """
    at = mp4.rfind(b"moov") - 4
    if at <= 0:
        raise ValueError("This MP4 has no moov box behind its media data.")
    return mp4[:at]


def with_broken_idat(png: bytes) -> bytes:
    """A PNG whole in structure, with garbage for the first of its compressed pixels. The CRC is right, so only decoding
    tells. Raises ValueError where there is no IDAT.
    """
    at = png.index(b"IDAT") + 4
    length = int.from_bytes(png[at - 8 : at - 4])
    # 0xff names a compression method that zlib refuses; garbage further on it may take for pixels.
    pixels = b"\xff" * length
    crc = zlib.crc32(b"IDAT" + pixels)
    return png[:at] + pixels + crc.to_bytes(4) + png[at + length + 4 :]
