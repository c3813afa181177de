"""A file of the sample archive, before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tallylight.model import Reason


class Kind(StrEnum):
    """What a file of the archive is there to show."""

    A1111 = "a1111"  #: PNG with `parameters`
    COMFYUI = "comfyui"  #: PNG with `prompt` and `workflow`
    EXPORT = "export"  #: WebP and JPEG with the parameters in EXIF
    CAMERA = "camera"  #: JPEG with the EXIF of a camera
    CLIP = "clip"  #: a short video
    DUPLICATE = "duplicate"  #: the bytes of another file
    DAMAGED = "damaged"  #: a file of a wanted type that cannot be read
    SIDECAR = "sidecar"  #: a score
    IGNORED = "ignored"  #: no candidate: in a hidden folder, or of another type


#: Kinds that discovery finds as candidates.
CANDIDATES = frozenset(Kind) - {Kind.SIDECAR, Kind.IGNORED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file: where it goes (relative, with `/`), and how its bytes are made. `make` gives the same bytes each
    time.
    """

    path: str
    kind: Kind
    make: Callable[[], bytes]
    failure: Reason | None = None  #: why extraction will fail, of a damaged one
    score: int | None = None  #: what its sidecar says
    favourite: bool = False
