"""ImageMagick's way of putting EXIF, XMP and IPTC into a PNG: as texts of hexadecimal digits."""

from __future__ import annotations

import re
from typing import Final

from tallylight.ingest.extract import iptc
from tallylight.ingest.extract.containers.embedded import Embedded

_KEY: Final = b"Raw profile type "
_IPTC: Final = frozenset({b"iptc", b"8bim"})
_NAMES: Final = frozenset({b"exif", b"app1", b"xmp"}) | _IPTC
#: A name, how many bytes there are, and then the digits, each in lines of their own.
_PROFILE = re.compile(rb"\n[^\n]{1,80}\n\s*(\d{1,10})\s([0-9A-Fa-f\s]*)")
_XMP_IN_SEGMENT: Final = b"http://ns.adobe.com/xap/1.0/\0"


def take(key: bytes, text: bytes, found: Embedded) -> bool:
    """Whether a text is such a profile; then it has been added as what it is, and is no text any more."""
    if not key.startswith(_KEY):
        return False
    name = key.removeprefix(_KEY).lower()
    if name not in _NAMES:
        return False
    block = _bytes(text)
    if block is None:
        found.warn("a damaged metadata profile was skipped")
    elif name in _IPTC:
        found.add_iptc(iptc.of_photoshop(block, found.limits) if block.startswith(b"8BIM") else block)
    else:
        _take_segment(block, found, xmp=name == b"xmp")
    return True


def _take_segment(block: bytes, found: Embedded, *, xmp: bool) -> None:
    """A JPEG's APP1 holds either of the two, and so does a profile that is called so."""
    if xmp or block.startswith(_XMP_IN_SEGMENT):
        found.add_xmp(block.removeprefix(_XMP_IN_SEGMENT))
    else:
        found.add_exif(block)


def _bytes(text: bytes) -> bytes | None:
    """The bytes of a profile; None where it is damaged."""
    match = _PROFILE.fullmatch(text)
    try:
        return bytes.fromhex(match[2].decode("ascii"))[: int(match[1])] if match else None
    except ValueError:
        return None
