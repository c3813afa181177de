"""ImageMagick's way of putting EXIF, XMP and IPTC into a PNG: as texts of hexadecimal digits."""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract import iptc
from tallylight.ingest.extract.containers.embedded import Embedded

_KEY: Final = b"Raw profile type "
#: A name, how many bytes there are, and then the digits, each in lines of their own.
_PROFILE = re.compile(rb"\n[^\n]{1,80}\n\s*(\d{1,10})\s([0-9A-Fa-f\s]*)")
_XMP_IN_SEGMENT: Final = b"http://ns.adobe.com/xap/1.0/\0"


def take(key: bytes, text: bytes, found: Embedded) -> bool:
    """Whether a text is such a profile; then it has been added as what it is, and is no text any more."""
    if not key.startswith(_KEY):
        return False
    match key.removeprefix(_KEY).lower():
        case b"exif" | b"app1":
            _take_segment(_bytes(text), found)
        case b"xmp":
            _take_segment(_bytes(text), found, xmp=True)
        case b"iptc" | b"8bim":
            block = _bytes(text)
            found.add_iptc(iptc.of_photoshop(block, found.limits) if block.startswith(b"8BIM") else block)
        case _:
            return False
    return True


def _take_segment(block: bytes, found: Embedded, *, xmp: bool = False) -> None:
    """A JPEG's APP1 holds either of the two, and so does a profile that is called so."""
    if xmp or block.startswith(_XMP_IN_SEGMENT):
        found.add_xmp(block.removeprefix(_XMP_IN_SEGMENT))
    else:
        found.add_exif(block)


def _bytes(text: bytes) -> bytes:
    match = _PROFILE.fullmatch(text)
    try:
        return bytes.fromhex(match[2].decode("ascii"))[: int(match[1])] if match else b""
    except ValueError:
        return b""
