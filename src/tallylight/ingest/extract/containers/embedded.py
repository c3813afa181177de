"""What a walker finds in a picture beside its pixels."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from tallylight.ingest.extract.clean import clean_text
from tallylight.ingest.extract.limits import LIMITS, Limits

#: XMP packets of a file; one, and in a JPEG its extension.
_PACKETS = 4
#: How the walk ended: at the format's own end, because the bytes ran out, or on bytes that are none of the format.
Ending = Literal["whole", "cut", "broken"]


@dataclass(slots=True)
class Embedded:
    """Texts, EXIF, XMP, IPTC and trouble, in file order. What is added is kept within the limits."""

    limits: Limits = LIMITS
    exif: bytes = b""  #: a TIFF structure, without the `Exif` marker
    xmp: list[bytes] = field(default_factory=list)  #: packets; what a second one adds, the first could not hold
    iptc: bytes = b""  #: IPTC-IIM records
    texts: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ending: Ending = "whole"
    taken: int = 0  #: characters of all texts

    def add_text(self, key: str, text: str) -> None:
        """Keep a text; one that is over a limit becomes a warning. A second text of the same key gets a number."""
        key = clean_text(key.strip(), 80) or "text"
        if len(text) > self.limits.text or self.taken + len(text) > self.limits.texts_total:
            self.warn(f"the text {key!r} is too long to keep")
        elif len(self.texts) >= self.limits.texts:
            self.warn(f"only the first {self.limits.texts} texts were kept")
        else:
            self._keep(key, text)

    def add_exif(self, block: bytes) -> None:
        """Keep the first EXIF block."""
        if not self.exif:
            self.exif = block.removeprefix(b"Exif\0\0")

    def add_xmp(self, packet: bytes) -> None:
        """Keep an XMP packet, unless it is over the limit or there are too many."""
        if len(packet) + sum(map(len, self.xmp)) > self.limits.xmp or len(self.xmp) >= _PACKETS:
            self.warn(f"an XMP packet of {len(packet):,} bytes was skipped")
        elif packet not in self.xmp:
            self.xmp.append(packet)

    def add_iptc(self, records: bytes) -> None:
        """Keep the first IPTC records."""
        if not self.iptc:
            self.iptc = records

    def warn(self, warning: str) -> None:
        # As many as are kept in the end: each is compared with all.
        if len(self.warnings) < self.limits.warnings and warning not in self.warnings:
            self.warnings.append(warning)

    def _keep(self, key: str, text: str) -> None:
        same = [kept for known, kept in self.texts if known.partition("#")[0] == key]
        if text not in same:
            self.taken += len(text)
            self.texts.append((f"{key}#{len(same) + 1}" if same else key, text))


def length_of(stream: BinaryIO) -> int:
    """How many bytes a stream has; leaves it at its start."""
    length = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return length


def inflate(packed: bytes, longest: int, *, window: int = zlib.MAX_WBITS) -> bytes:
    """Inflate zlib data to at most `longest` bytes. ValueError where it is damaged or longer (a zip bomb)."""
    try:
        inflater = zlib.decompressobj(window)
        plain = inflater.decompress(packed, longest + 1)
    except zlib.error:
        raise ValueError("damaged zlib data") from None
    if len(plain) > longest:
        raise ValueError(f"inflates to more than {longest:,} bytes")
    return plain


def decode_text(raw: bytes) -> str:
    """UTF-8 where the bytes are UTF-8; else Latin-1. PNG says Latin-1 for `tEXt`, but many programs write UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
