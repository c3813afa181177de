"""Holds what a stranger's extractor found to what our own readers promise: only what fits JSON, SQL and the limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from PIL import Image

from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_json, clean_line, clean_warnings
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.small import shrink, view
from tallylight.ingest.extract.sniff import Kind
from tallylight.ingest.extract.values import as_integer, as_name, as_number, as_size
from tallylight.model import Json

#: Facts that have columns of their own in the catalog, or that we count with ourselves.
_KNOWN: Final[dict[str, Callable[[Any], object]]] = {
    "width": as_size,
    "height": as_size,
    "duration": as_number,
    "created_at": as_name,
    "orientation": as_integer,
    "rotation": as_integer,
}
#: Frames of a video that are hashed.
_FRAMES: Final = 3


def checked(found: object, kind: Kind, limits: Limits, *, nsfw: bool = False) -> Findings:
    """The findings, cleaned, and bounded by the limits; with `nsfw`, views of its pictures for the model too. Raises
    TypeError or ValueError where they are none.
    """
    if not isinstance(found, Findings):
        raise TypeError(f"it gave {type(found).__name__} instead of Findings")
    embedded = Embedded(limits, warnings=[clean_line(_text(warning), 500) for warning in found.warnings])
    for key, text in found.texts:
        embedded.add_text(_text(key), _text(text))
    # Before they are shrunk: a picture that is given may be the one that is shrunk.
    pictures = found.frames[:_FRAMES] or ([] if found.small is None else [found.small])
    views = [view(_picture(one)) for one in pictures] if nsfw else []
    return Findings(
        media=_media(found.media, kind, embedded),
        texts=embedded.texts,
        xmp=[_block(packet, limits) for packet in found.xmp[: limits.texts]],
        iptc=_block(found.iptc, limits),
        subjects=[(_text(subject), _text(source)) for subject, source in found.subjects[: limits.keywords]],
        claims=[_claim(claim, limits) for claim in found.claims[: limits.texts]],
        warnings=list(clean_warnings(embedded.warnings, limits)),
        small=None if found.small is None else _small(found.small, limits),
        frames=[_small(frame, limits) for frame in found.frames[:_FRAMES]],
        views=views,
        pixel_sha256=_hash(found.pixel_sha256),
    )


def _media(media: Json, kind: Kind, embedded: Embedded) -> Json:
    cleaned: Json = clean_json(dict(media), embedded.limits)
    # An index of everything may be kept by the extractor's author; it is no fact about one file.
    if len(json.dumps(cleaned)) > embedded.limits.text:
        raise ValueError("it gave more facts than a file may have")
    for name, read in _KNOWN.items():
        if cleaned.get(name) is not None:
            cleaned[name] = read(cleaned[name])
            if cleaned[name] is None:
                embedded.warn(f"the {name} that its extractor gives cannot be one")
    known = {name: value for name, value in cleaned.items() if value is not None}
    return {"type": kind.type, "format": kind.format} | {
        name: value for name, value in known.items() if name not in {"type", "format"}
    }


def _small(image: object, limits: Limits) -> Image.Image:
    return shrink(_picture(image), limits.thumbnail)


def _picture(image: object) -> Image.Image:
    if not isinstance(image, Image.Image):
        raise TypeError(f"it gave {type(image).__name__} instead of a picture")
    return image


def _claim(claim: object, limits: Limits) -> Claim:
    if not isinstance(claim, Claim):
        raise TypeError(f"it gave {type(claim).__name__} instead of a claim")
    value = clean_json(claim.value, limits)
    return Claim(clean_line(claim.field, 80), value, clean_line(claim.source, 80), as_number(claim.at) or 0.0)


def _block(block: object, limits: Limits) -> bytes:
    if not isinstance(block, bytes) or len(block) > limits.chunk:
        raise ValueError("it gave a metadata block that is too long, or no bytes")
    return block


def _hash(value: object) -> str | None:
    if value is None or (isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")):
        return value
    raise ValueError("it gave a pixel hash that is no SHA-256 in hex")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"it gave {type(value).__name__} where a text belongs")
    return value
