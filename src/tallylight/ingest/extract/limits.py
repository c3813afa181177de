"""How much of one file extraction is willing to take in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Final, Self

from tallylight.errors import BadParameters

_MEGABYTE = 1 << 20
#: Highest values of those that more would not make more generous but wrong: JSON is read by recursion, and a thumbnail
#: of the size of the picture is none.
_HIGHEST: Final = {"json_depth": 200, "thumbnail": 2048}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one file, so that no file, however it was made, costs more than it is worth.

    Each comment begins with the unit and becomes a row of docs/reference/limits.md. What is beyond a limit is left out
    with a warning, and the file is extracted all the same, unless the comment ends in `; beyond: …`.
    """

    slurp: int = 256 * _MEGABYTE  #: bytes of a picture that is read into memory at once; beyond: it is read by pieces
    pixels: int = 256_000_000  #: pixels of a picture or frame (RGBA: 1 GB); beyond: the file fails: `too_large`
    video_pixels: int = 4_000_000  #: pixels decoded of a video between two hashed frames; beyond: the nearest key frame
    chunk: int = 16 * _MEGABYTE  #: bytes of one metadata chunk, segment or EXIF block, as stored
    text: int = 4 * _MEGABYTE  #: characters of one embedded text, inflated; workflows run to 100 KB
    texts_total: int = 16 * _MEGABYTE  #: characters of all embedded texts of a file, inflated
    texts: int = 200  #: texts embedded in a file
    xmp: int = 4 * _MEGABYTE  #: bytes of one XMP packet with its extensions
    xml_depth: int = 100  #: levels of elements in XMP
    chunks: int = 200_000  #: chunks (segments, boxes, GIF blocks) of a file; beyond: the walk ends, with a warning
    frames: int = 100_000  #: frames of an animation, walked over; beyond: counting ends, with a warning
    json_size: int = 4 * _MEGABYTE  #: characters of a text that is read as JSON; the text itself is kept
    json_depth: int = 100  #: levels of nesting in JSON; beyond: what lies deeper is left out
    graph_nodes: int = 5_000  #: nodes of a ComfyUI graph; beyond: only the first are looked at
    graph_steps: int = 5_000  #: steps taken while following its links; beyond: what was found until then counts
    graph_inputs: int = 200  #: inputs of one of its nodes; beyond: the first are kept
    graph_depth: int = 20  #: levels of subgraphs, and of switches that switch others; beyond: it is left out
    prompt: int = 64 * 1024  #: characters of a prompt that keywords are taken from; beyond: the rest gives none
    keyword: int = 200  #: characters of one keyword; beyond: it is left out
    keywords: int = 500  #: keywords of a file; beyond: the first are kept
    tags: int = 100  #: tags of a video; beyond: the first are kept
    parameters: int = 200  #: parameters of a generation beyond the known ones; beyond: the first are kept
    networks: int = 100  #: networks (LoRAs, embeddings, models) of a generation; beyond: the first are kept
    stealth: int = 4 * _MEGABYTE  #: bytes hidden in pixels, as stored
    value: int = 2_000  #: characters of a short value: a camera's name, a tag, a parameter; beyond: it is clipped
    warnings: int = 20  #: warnings of a file; beyond: the first are kept
    sidecar: int = 4 * _MEGABYTE  #: bytes of a sidecar; beyond: it is ignored, with a warning
    beside: int = 200_000  #: names listed of one folder to find sidecars; beyond: each is asked for by itself
    thumbnail: int = 256  #: pixels of a thumbnail's longer side; beyond: the picture is made smaller

    @classmethod
    def of(cls, asked: Mapping[str, int]) -> Self:
        """The limits with some set otherwise. Raises BadParameters for a name there is not, with the nearest there is,
        and for a value out of range.
        """
        known = [field.name for field in fields(cls)]
        for name, value in asked.items():
            if name not in known:
                nearest = get_close_matches(name, known, n=1)
                instead = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}."
                raise BadParameters(f"There is no limit {name}; {instead}")
            if not 1 <= value <= _HIGHEST.get(name, value):
                highest = f" and at most {_HIGHEST[name]:,}" if name in _HIGHEST else ""
                raise BadParameters(f"The limit {name} cannot be {value:,}; give a number of at least 1{highest}.")
        return cls(**asked)


LIMITS: Final = Limits()
