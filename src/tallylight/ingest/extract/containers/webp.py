"""Walks the chunks of a WebP for its header, frames, EXIF and XMP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tallylight.ingest.extract.containers.embedded import Embedded, length_of
from tallylight.ingest.extract.limits import LIMITS, Limits


@dataclass(slots=True)
class WebP(Embedded):
    """What a walk found. Width and height are 0 where no header could be read."""

    width: int = 0
    height: int = 0
    has_alpha: bool = False
    frames: int = 0


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> WebP:
    """Read header, EXIF and XMP of a WebP. Never raises for what the bytes hold."""
    webp = WebP(limits)
    for kind, at, length in _chunks(stream, webp):
        stream.seek(at)
        if kind in {b"EXIF", b"XMP "}:
            _take(stream, kind, length, webp)
        elif kind == b"ANMF":
            webp.frames += 1
            if webp.frames >= limits.frames:
                webp.warn(f"frames were counted only up to {webp.frames:,}")
                break
        elif kind == b"VP8X":
            _extended(stream.read(10), webp)
        elif not webp.width and kind == b"VP8 ":
            _lossy(stream.read(10), webp)
        elif not webp.width and kind == b"VP8L":
            _lossless(stream.read(5), webp)
    webp.frames = webp.frames or 1
    return webp


def _chunks(stream: BinaryIO, webp: WebP) -> Iterator[tuple[bytes, int, int]]:
    size = length_of(stream)
    end = int.from_bytes(stream.read(8)[4:], "little") + 8
    if end > size:
        webp.ending = "cut"
    at = 12
    for _ in range(webp.limits.chunks):
        # A lone padding byte at the end is no chunk.
        if at + 8 > min(end, size):
            return
        stream.seek(at)
        head = stream.read(8)
        length = int.from_bytes(head[4:], "little")
        yield head[:4], at + 8, length
        at += 8 + length + (length & 1)
    webp.ending = "broken"
    webp.warn(f"more than {webp.limits.chunks:,} WebP chunks")


def _take(stream: BinaryIO, kind: bytes, length: int, webp: WebP) -> None:
    if length > webp.limits.chunk:
        webp.warn(f"a WebP chunk {kind.decode('ascii').strip()} of {length:,} bytes was skipped")
    elif kind == b"EXIF":
        webp.add_exif(stream.read(length))
    else:
        webp.add_xmp(stream.read(length))


def _extended(head: bytes, webp: WebP) -> None:
    if len(head) == 10:
        webp.has_alpha = bool(head[0] & 0x10)
        webp.width = int.from_bytes(head[4:7], "little") + 1
        webp.height = int.from_bytes(head[7:10], "little") + 1


def _lossy(head: bytes, webp: WebP) -> None:
    if head[3:6] == b"\x9d\x01\x2a":
        webp.width = int.from_bytes(head[6:8], "little") & 0x3FFF
        webp.height = int.from_bytes(head[8:10], "little") & 0x3FFF


def _lossless(head: bytes, webp: WebP) -> None:
    if head[:1] == b"\x2f" and len(head) == 5:
        bits = int.from_bytes(head[1:], "little")
        webp.width, webp.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        webp.has_alpha = bool(bits >> 28 & 1)
