"""How much of one file extraction is willing to take in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one file, so that no file, however it was made, costs more than it is worth. Sizes are bytes."""

    slurp: int = 256 * _MEGABYTE  #: pictures up to this are read into memory once; bigger ones are hashed by pieces
    pixels: int = 256_000_000  #: above phones' 200 megapixels; RGBA of this takes 1 GB in a worker
    video_pixels: int = 4_000_000  #: pixels decoded of a video, on from a key frame to the next that is hashed
    chunk: int = 16 * _MEGABYTE  #: one metadata chunk, segment or EXIF block, as stored
    text: int = 4 * _MEGABYTE  #: one embedded text, inflated; workflows run to 100 KB
    texts_total: int = 16 * _MEGABYTE  #: all embedded texts of a file, inflated
    texts: int = 200  #: embedded texts of a file
    chunks: int = 200_000  #: chunks, segments, boxes or GIF blocks walked over
    json_depth: int = 100
    graph_nodes: int = 5_000  #: of a ComfyUI graph
    graph_steps: int = 5_000  #: taken while following its links
    prompt: int = 64 * 1024  #: characters of a prompt that keywords are taken from
    keyword: int = 200  #: characters of one keyword
    keywords: int = 500
    tags: int = 100  #: of a video
    value: int = 2_000  #: characters of a short value: a camera's name, a tag, a parameter
    warnings: int = 20
    sidecar: int = 64 * 1024
    thumbnail: int = 256  #: pixels of the longer side


LIMITS: Final = Limits()
