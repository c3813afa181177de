"""Walks the blocks of a GIF for its comments and XMP, and to count its frames, which no header tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from tallylight.ingest.extract.containers.embedded import Embedded, decode_text
from tallylight.ingest.extract.limits import LIMITS, Limits

_IMAGE, _EXTENSION, _TRAILER, _COMMENT, _APPLICATION = b"\x2c", b"\x21", b"\x3b", b"\xfe", b"\xff"
_XMP = b"\x0bXMP DataXMP"
#: The packet is no run of blocks; behind it stand bytes of which each, taken for a block's length, leads to the end.
_MAGIC = b"\x01\xff\xfe\xfd"


@dataclass(slots=True)
class Gif(Embedded):
    """What a walk found."""

    frames: int = 0  #: whole ones


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> Gif:
    """Read the comments and XMP of a GIF and count its frames. Never raises for what the bytes hold."""
    gif = Gif(limits)
    stream.seek(10)
    _skip_colours(stream, (stream.read(3) or b"\0")[0])
    blocks = limits.chunks
    while blocks > 0 and gif.frames < limits.frames:
        kind = stream.read(1)
        if kind == _TRAILER:
            return gif
        if kind not in {_IMAGE, _EXTENSION}:
            # Many encoders leave the trailer out; what comes after the last frame is nobody's business.
            gif.ending = "whole" if gif.frames else "cut"
            return gif
        used = _frame(stream, gif) if kind == _IMAGE else _extension(stream, gif, blocks)
        if not used:
            gif.ending = "cut"
            return gif
        blocks -= used
    gif.warn(f"frames were counted only up to {gif.frames:,}")
    return gif


def _frame(stream: BinaryIO, gif: Gif) -> int:
    descriptor = stream.read(9)
    if len(descriptor) < 9:
        return 0
    _skip_colours(stream, descriptor[8])
    stream.seek(1, 1)  # LZW code size
    used = _skip_blocks(stream)
    gif.frames += used > 0
    return used


def _extension(stream: BinaryIO, gif: Gif, blocks: int) -> int:
    kind = stream.read(1)
    if kind == _APPLICATION:
        return _application(stream, gif, blocks)
    if kind != _COMMENT:
        return _skip_blocks(stream)
    parts: list[bytes] = []
    while (length := stream.read(1)) not in {b"", b"\0"} and len(parts) < blocks:
        parts.append(stream.read(length[0]))
    gif.add_text("comment", decode_text(b"".join(parts)))
    return len(parts) + 1 if length else 0


def _application(stream: BinaryIO, gif: Gif, blocks: int) -> int:
    name = stream.read(len(_XMP))
    if name != _XMP:
        stream.seek(-len(name), 1)
        return _skip_blocks(stream)
    parts: list[bytes] = []
    while (length := stream.read(1)) not in {b"", b"\0"} and len(parts) < blocks:
        parts.append(length + stream.read(length[0]))
    packet, found, _ = b"".join(parts).rpartition(_MAGIC)
    if found:
        gif.add_xmp(packet)
    return len(parts) + 1 if length else 0


def _skip_colours(stream: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        stream.seek(3 << (flags & 7) + 1, 1)


def _skip_blocks(stream: BinaryIO) -> int:
    """Go past a run of data blocks; how many, 0 where the bytes ran out."""
    used = 1
    while length := stream.read(1):
        if length == b"\0":
            return used
        stream.seek(length[0], 1)
        used += 1
    return 0
