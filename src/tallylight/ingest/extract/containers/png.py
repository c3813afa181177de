"""Walks the chunks of a PNG for its texts and EXIF, before and after the pixels, without decoding them.

Pillow would do for small texts, but it refuses a picture for a text of more than 1 MB or one bad checksum, so it gets
the picture without its texts (`bare`).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from tallylight.ingest.extract.containers.embedded import Embedded, decode_text, inflate, length_of
from tallylight.ingest.extract.limits import LIMITS, Limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PIXELS = frozenset({b"IDAT", b"fdAT"})
#: What decides how the pixels look; no texts, and no colour profile, which may be damaged or a bomb of its own.
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL"}) | _PIXELS
#: Pillow refuses texts that inflate to more than 1 MiB.
_PILLOW_TEXTS = 512 * 1024
_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))


class Chunk(NamedTuple):
    """One chunk; `at` is where its content starts."""

    kind: bytes
    at: int
    length: int


@dataclass(slots=True)
class Png(Embedded):
    """What a walk found."""

    chunks: list[Chunk] = field(default_factory=list)  #: those a decoder needs
    has_profile: bool = False

    @property
    def harmless(self) -> bool:
        """Whether Pillow can be given the file as it is: no bad chunk, no long text, no packed colour profile."""
        return not self.warnings and not self.has_profile and self.taken < _PILLOW_TEXTS


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> Png:
    """Read the texts and EXIF of a PNG. Never raises for what the bytes hold."""
    png = Png(limits)
    for chunk in _chunks(stream, png):
        if chunk.kind in _NEEDED:
            png.chunks.append(chunk)
        if chunk.kind not in _PIXELS:
            _take(stream, chunk, png)
    return png


def bare(stream: BinaryIO, png: Png, *, pixels: bool) -> bytes:
    """A PNG with only what a decoder needs, with right checksums; without `pixels` it ends where they would begin."""
    parts = [SIGNATURE]
    for chunk in png.chunks:
        if chunk.kind in _PIXELS and not pixels:
            parts.append(struct.pack(">I4s", chunk.length, chunk.kind))
            break
        parts.extend(_copied(stream, chunk))
    return b"".join((*parts, _END))


def _copied(stream: BinaryIO, chunk: Chunk) -> Iterator[bytes]:
    stream.seek(chunk.at)
    head = struct.pack(">I4s", chunk.length, chunk.kind)
    if chunk.kind in _PIXELS:
        # With its own checksum: pixels are guarded by zlib's as well.
        yield from (head, stream.read(chunk.length + 4))
        return
    content = stream.read(chunk.length)
    yield from (head, content, struct.pack(">I", zlib.crc32(content, zlib.crc32(chunk.kind))))


def _chunks(stream: BinaryIO, png: Png) -> Iterator[Chunk]:
    """The chunks in order; says in `png.ending` how it ended."""
    size, at = length_of(stream), len(SIGNATURE)
    for _ in range(png.limits.chunks):
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            png.ending = "cut"
            return
        length, kind = struct.unpack(">I4s", head)
        if not kind.isalpha():
            png.ending = "broken"
            png.warn(f"no PNG chunk begins at byte {at:,}")
            return
        if at + 12 + length > size:
            png.ending = "cut"
            return
        if kind == b"IEND":
            return
        yield Chunk(kind, at + 8, length)
        at += 12 + length
    png.ending = "broken"
    png.warn(f"more than {png.limits.chunks:,} PNG chunks")


def _take(stream: BinaryIO, chunk: Chunk, png: Png) -> None:
    name = chunk.kind.decode("ascii")
    png.has_profile |= chunk.kind == b"iCCP"
    wanted = chunk.kind in _TEXTS or chunk.kind == b"eXIf"
    if chunk.length > png.limits.chunk:
        if wanted:
            png.warn(f"a PNG chunk {name} of {chunk.length:,} bytes was skipped")
        return
    stream.seek(chunk.at)
    content, checksum = stream.read(chunk.length), stream.read(4)
    if checksum != struct.pack(">I", zlib.crc32(content, zlib.crc32(chunk.kind))):
        png.warn(f"the PNG chunk {name} has a wrong checksum")
    if chunk.kind == b"eXIf":
        png.add_exif(content)
    elif wanted:
        _take_text(chunk.kind, content, png)


def _take_text(kind: bytes, content: bytes, png: Png) -> None:
    key, found, rest = content.partition(b"\0")
    if not found:
        png.warn(f"a PNG chunk {kind.decode('ascii')} has no keyword")
        return
    try:
        raw = _text_of(kind, rest, png.limits)
    except ValueError as error:
        png.warn(f"the PNG text {decode_text(key)!r} was skipped: {error}")
        return
    png.add_text(decode_text(key), decode_text(raw))


def _text_of(kind: bytes, rest: bytes, limits: Limits) -> bytes:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return inflate(rest[1:], limits.text)
    packed = rest[:1] == b"\1"
    # after flag and method: language, translated keyword, text, each ended by NUL
    _, _, text = rest[2:].partition(b"\0")[2].partition(b"\0")
    return inflate(text, limits.text) if packed else text
