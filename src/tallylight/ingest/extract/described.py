"""What a picture's own EXIF, XMP and IPTC say of it, put into its findings."""

from __future__ import annotations

from typing import Final

from tallylight.ingest.extract import camera, iptc, xmp
from tallylight.ingest.extract.exif import Exif
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.xmp import Xmp

#: Fields of which the first who speaks of them is believed; the others are settled elsewhere.
_FIRST_COUNTS: Final = frozenset({"title", "description", "creator", "copyright", "label", "gps"})


def describe(found: Findings, tags: Exif, limits: Limits = LIMITS) -> None:
    """Add the facts, claims and subjects of EXIF, and of the XMP and IPTC that the findings hold.

    XMP speaks first: it is what programs of today write, in Unicode; then IPTC; EXIF last, whose texts are mostly what
    the camera put there.
    """
    for packet in found.xmp:
        _describe_by_xmp(found, xmp.read(packet, limits))
    if found.iptc:
        records = iptc.read(found.iptc, limits)
        found.claims += iptc.claims(records)
        found.subjects += [(keyword, "iptc") for keyword in records.keywords]
    found.claims += camera.claims(tags, limits)
    found.subjects += [(subject, "exif") for subject in camera.subjects(tags)]
    found.media |= camera.facts(tags)
    for claim in found.claims:
        if claim.field in _FIRST_COUNTS:
            found.media.setdefault(claim.field, claim.value)


def _describe_by_xmp(found: Findings, packet: Xmp) -> None:
    found.claims += xmp.claims(packet)
    found.subjects += [(subject, "xmp") for subject in packet.subjects]
    found.warnings += packet.warnings
    if packet.comment:
        found.texts.append(("xmp:UserComment", packet.comment))
