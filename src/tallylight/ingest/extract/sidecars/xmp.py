"""XMP beside a file, in the three schemes by which programs name it.

`<name>.<ext>.xmp`      darktable, digiKam
`<name>_01.<ext>.xmp`   darktable's further versions of one file
`<name>.xmp`            Adobe, and what follows the standard
"""

from __future__ import annotations

import os
from typing import Final

from tallylight.ingest.extract import xmp
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars.neighbours import Neighbours
from tallylight.ingest.extract.sidecars.opening import Opening
from tallylight.ingest.extract.sidecars.told import Told
from tallylight.model import MEDIA_SUFFIXES

SOURCE: Final = "xmp:sidecar"

#: Cameras write these beside a JPEG of the same name, and then `<name>.xmp` is about the raw file.
_RAW: Final = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw"}
)
_SHARING: Final = tuple(sorted(MEDIA_SUFFIXES | _RAW | {".heic", ".heif"}))
_VERSIONS: Final = 99


def find(name: str, beside: Neighbours, opening: Opening) -> str:
    """The path of the XMP of a file: of several the one that names it most exactly. Empty where there is none.

    `<name>.xmp` is nobody's where several files are called so: that is a warning.
    """
    if path := beside.find(f"{name}.xmp") or _lowest_version(name, beside):
        return path
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (names that are not UTF-8)
    path = beside.find(f"{stem}.xmp")
    if path and _is_shared(stem, suffix, beside):
        opening.ignore(path, "several files share its name, and it does not say whose it is")
        return ""
    return path


def add(raw: bytes, told: Told, limits: Limits = LIMITS) -> None:
    """Add what a packet says."""
    found = xmp.read(raw, limits)
    told.claims += xmp.claims(found, SOURCE)
    told.keywords += [(subject, "xmp") for subject in found.subjects]
    told.warnings += [f"XMP sidecar: {warning}" for warning in found.warnings]


def _lowest_version(name: str, beside: Neighbours) -> str:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    for number in range(1, _VERSIONS + 1):
        other = f"{stem}_{number:02}{suffix}"
        # `a_01.jpg.xmp` is about `a_01.jpg` where there is one.
        if (path := beside.find(f"{other}.xmp")) and not beside.find(other):
            return path
    return ""


def _is_shared(stem: str, suffix: str, beside: Neighbours) -> bool:
    own = {suffix, suffix.lower(), suffix.upper()}
    endings = (ending for known in _SHARING for ending in (known, known.upper()) if ending not in own)
    return any(beside.find(f"{stem}{ending}") for ending in endings)
