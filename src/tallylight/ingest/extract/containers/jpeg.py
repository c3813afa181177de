"""Walks the segments of a JPEG for its EXIF, XMP, IPTC and comments, up to the first scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from tallylight.ingest.extract import iptc
from tallylight.ingest.extract.containers.embedded import Embedded, decode_text
from tallylight.ingest.extract.limits import LIMITS, Limits

_APP1, _APP13, _COMMENT, _SCAN, _END = 0xE1, 0xED, 0xFE, 0xDA, 0xD9
#: Markers without content: TEM and the restarts.
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
#: Beginnings of frames of all kinds, the hierarchical one too; between them are tables.
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xDE}) - {0xC4, 0xC8, 0xCC}
#: All others are passed over unread: profiles, previews, makers' own.
_WANTED: Final = frozenset({_APP1, _APP13, _COMMENT, *_FRAMES})

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
#: What a segment of 64 KB cannot hold: pieces, each with the name of the whole (32 digits), its length and where in it
#: the piece belongs.
_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
#: Of the segments for programs those two that say how colours are stored.
_NEEDLESS: Final = frozenset({*range(0xE0, 0xF0), _COMMENT}) - {0xE0, 0xEE}


@dataclass(slots=True)
class Jpeg(Embedded):
    """What a walk found."""

    frames: list[bytes] = field(default_factory=list)  #: headers of frames; a sound JPEG has one
    exifs: int = 0  #: segments with EXIF; a sound JPEG has at most one

    @property
    def harmless(self) -> bool:
        """Whether Pillow can be given the file as it is. It joins the EXIF of all segments anew with each of them,
        which takes minutes for 20 MB of small ones, and there is no end to what the walk did not see.
        """
        return self.exifs <= 1 and self.ending != "broken"


def walk(stream: BinaryIO, limits: Limits = LIMITS) -> Jpeg:
    """Read the EXIF, XMP, IPTC, the comments and the header of a JPEG. Never raises for what the bytes hold."""
    found = Jpeg(limits)
    parts = _Parts(limits)
    for marker, content in _segments(stream, found):
        if marker == _COMMENT:
            found.add_text("comment", decode_text(content.rstrip(b"\0")))
        elif marker in _FRAMES:
            if len(found.frames) < 2:
                found.frames.append(content)
        elif content.startswith(b"Exif\0"):
            found.exifs += 1
            found.add_exif(content)
        elif content.startswith(_XMP):
            found.add_xmp(content[len(_XMP) :])
        else:
            parts.take(content)
    if parts.extensions and found.xmp and (whole := parts.extension_of(found.xmp[0])):
        found.add_xmp(whole)
    if parts.resources:
        found.add_iptc(iptc.of_photoshop(bytes(parts.resources), limits))
    return found


def bare(stream: BinaryIO, *, pixels: bool) -> bytes:
    """A JPEG with only what a decoder needs; without `pixels` it ends where they would begin."""
    stream.seek(2)
    parts = [b"\xff\xd8"]
    while (marker := _marker(stream)) is not None and marker != _END:
        if marker in _BARE:
            continue
        size = stream.read(2)
        length = max(0, int.from_bytes(size, "big") - 2)
        if marker in _NEEDLESS:
            stream.seek(length, 1)
            continue
        parts += (bytes((0xFF, marker)), size, stream.read(length))
        if marker == _SCAN:
            return b"".join((*parts, stream.read() if pixels else b""))
    return b"".join(parts)


@dataclass(slots=True)
class _Parts:
    """What is spread over several segments."""

    limits: Limits
    resources: bytearray = field(default_factory=bytearray)  #: Photoshop's
    extensions: dict[bytes, bytearray] = field(default_factory=dict)  #: of XMP, by their names
    taken: int = 0

    def take(self, content: bytes) -> None:
        if content.startswith(_PHOTOSHOP) and len(self.resources) + len(content) <= self.limits.chunk:
            self.resources += content[len(_PHOTOSHOP) :]
        elif content.startswith(_EXTENSION):
            self._take_extension(content[len(_EXTENSION) :])

    def extension_of(self, packet: bytes) -> bytes:
        """The extension that a packet names as its own, whole; empty where there is none."""
        return next((bytes(whole) for name, whole in self.extensions.items() if name in packet), b"")

    def _take_extension(self, piece: bytes) -> None:
        name, rest = piece[:32], piece[40:]
        length, at = int.from_bytes(piece[32:36], "big"), int.from_bytes(piece[36:40], "big")
        if not rest or at + len(rest) > length:
            return
        whole = self.extensions.get(name)
        if whole is None:
            self.taken += length
            # Phones put whole depth maps there; a packet too long to be read is not worth a warning on each picture.
            if self.taken > self.limits.xmp:
                return
            whole = self.extensions[name] = bytearray(length)
        if at + len(rest) <= len(whole):
            whole[at : at + len(rest)] = rest


def _segments(stream: BinaryIO, found: Embedded) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each wanted segment before the pixels; says in `found.ending` how it ended."""
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
        if length >= 0 and marker not in _WANTED:
            stream.seek(length, 1)
            continue
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
