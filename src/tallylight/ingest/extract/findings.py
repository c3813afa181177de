"""What reading a picture or a video brought to light."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from tallylight.ingest.extract.claims import Claim
from tallylight.model import Json


@dataclass(slots=True, kw_only=True)
class Findings:
    """`media` as documented on `model.Outcome`. `width` and `height` are as stored; `orientation` (EXIF, 1 to 8) or
    `rotation` (video, degrees counter-clockwise) say how to turn them upright.
    """

    media: Json
    texts: list[tuple[str, str]] = field(default_factory=list)  #: embedded texts with their keys, in file order
    xmp: list[bytes] = field(default_factory=list)  #: embedded XMP packets, as stored
    iptc: bytes = b""  #: IPTC-IIM records, as stored
    subjects: list[tuple[str, str]] = field(default_factory=list)  #: tags that people gave, each with its source
    claims: list[Claim] = field(default_factory=list)  #: what the file itself says of fields that sidecars speak of too
    warnings: list[str] = field(default_factory=list)
    small: Image.Image | None = None  #: upright, at most the thumbnail's size; only where pixels were decoded
    frames: list[Image.Image] = field(default_factory=list)  #: of a video, those hashed, like `small`, in order
    views: list[Image.Image] = field(
        default_factory=list
    )  #: what the NSFW model is to look at, as `small.view` makes it
    pixel_sha256: str | None = None  #: of the decoded pixels, where that was asked for

    @property
    def shown_size(self) -> tuple[int, int] | None:
        """Width and height as a viewer shows them."""
        width, height = self.media.get("width"), self.media.get("height")
        if not width or not height:
            return None
        sideways = self.media.get("orientation", 1) >= 5 or self.media.get("rotation", 0) % 180 == 90
        return (height, width) if sideways else (width, height)
