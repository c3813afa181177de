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
    xmp: int = 4 * _MEGABYTE  #: one XMP packet with its extensions; those with an editing history run to 1 MB
    xml_depth: int = 100  #: elements of XMP inside each other
    chunks: int = 200_000  #: chunks, segments, boxes or GIF blocks walked over
    json_depth: int = 100
    graph_nodes: int = 5_000  #: of a ComfyUI graph
    graph_steps: int = 5_000  #: taken while following its links
    graph_inputs: int = 200  #: of one of its nodes; the biggest in use have some thirty
    graph_depth: int = 20  #: of subgraphs within subgraphs, and of switches that switch others
    prompt: int = 64 * 1024  #: characters of a prompt that keywords are taken from
    keyword: int = 200  #: characters of one keyword
    keywords: int = 500
    tags: int = 100  #: of a video
    parameters: int = 200  #: further parameters of a generation
    networks: int = 100  #: LoRAs, embeddings or models of a generation
    stealth: int = 4 * _MEGABYTE  #: data hidden in pixels, as stored
    value: int = 2_000  #: characters of a short value: a camera's name, a tag, a parameter
    warnings: int = 20
    sidecar: int = 4 * _MEGABYTE  #: one sidecar; XMP with an editing history and workflows run to 1 MB
    beside: int = 200_000  #: names listed of one folder to find sidecars; in a larger one each is asked for by itself
    thumbnail: int = 256  #: pixels of the longer side


LIMITS: Final = Limits()
