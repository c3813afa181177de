"""Walks the segments of a JPEG for its EXIF and comments, up to the first scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tallylight.ingest.extract.containers.embedded import Embedded, decode_text
from tallylight.ingest.extract.limits import LIMITS, Limits

_APP1, _COMMENT, _SCAN, _END = 0xE1, 0xFE, 0xDA, 0xD9
#: Markers without content: TEM and the restarts.
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
#: Beginnings of frames of all kinds, the hierarchical one too; between them are tables.
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xDE}) - {0xC4, 0xC8, 0xCC}


@dataclass(slots=True)
class Jpeg(Embedded):
    """What a walk found."""

    frames: list[bytes] = field(default_factory=list)  #: headers of frames; a sound JPEG has one


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> Jpeg:
    """Read the EXIF, the comments and the header of a JPEG. Never raises for what the bytes hold."""
    found = Jpeg(limits)
    for marker, content in _segments(stream, found):
        if marker == _APP1 and content.startswith(b"Exif\0"):
            found.add_exif(content)
        elif marker == _COMMENT:
            found.add_text("comment", decode_text(content.rstrip(b"\0")))
        elif marker in _FRAMES and len(found.frames) < 2:
            found.frames.append(content)
    return found


def _segments(stream: BinaryIO, found: Embedded) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the pixels; says in `found.ending` how it ended."""
    stream.seek(2)
    for _ in range(found.limits.chunks):
        marker = _marker(stream)
        if marker in {_SCAN, _END}:
            return
        if marker is None:
            found.ending = "cut"
            return
        if marker in _BARE:
            continue
        length = int.from_bytes(stream.read(2), "big") - 2
        content = stream.read(max(0, length))
        if length < 0 or len(content) < length:
            found.ending = "cut"
            return
        yield marker, content
    found.ending = "broken"
    found.warn(f"more than {found.limits.chunks:,} JPEG segments")


def _marker(stream: BinaryIO) -> int | None:
    """The next marker. Stray bytes before it are skipped as decoders do, fill bytes are legal."""
    while (byte := stream.read(1)) and byte != b"\xff":
        pass
    while byte == b"\xff":
        byte = stream.read(1)
    return byte[0] if byte else None
