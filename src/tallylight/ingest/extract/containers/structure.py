"""Whether a file of boxes or chunks ends where its own structure says it does."""

from __future__ import annotations

from typing import BinaryIO

from tallylight.ingest.extract.containers.boxes import boxes, steps
from tallylight.ingest.extract.containers.embedded import length_of
from tallylight.ingest.extract.limits import LIMITS, Limits

_SEGMENT = b"\x18\x53\x80\x67"


def shortfall(stream: BinaryIO, format_: str, limits: Limits = LIMITS) -> str:
    """What is missing at the end of the file, as a sentence's end (`it ends …`); empty where nothing is."""
    match format_:
        case "mp4" | "mov" | "avif" | "heic":
            return _box_shortfall(stream, limits)
        case "matroska" | "webm":
            return _segment_shortfall(stream)
        case "avi":
            return _riff_shortfall(stream)
        case _:
            return ""


def has_box(stream: BinaryIO, wanted: bytes, limits: Limits = LIMITS) -> bool:
    """Whether a box of this type stands at the top level of an ISO base media file."""
    return any(box.kind == wanted for box in boxes(stream, steps(limits)))


def _box_shortfall(stream: BinaryIO, limits: Limits) -> str:
    size = length_of(stream)
    for box in boxes(stream, steps(limits)):
        if box.end > size:
            return f"{box.end - size:,} bytes before its {box.kind.decode('latin-1')!r} box does"
    return ""


def _segment_shortfall(stream: BinaryIO) -> str:
    """Matroska: the EBML header, then one segment, whose length a live recording leaves open."""
    size, at = length_of(stream), 4
    header, width = varint(stream, at)
    at += width + header
    if at > size:  # asked before seeking: a real file refuses to be sought 2^55 bytes along
        return f"{at - size:,} bytes before its header does"
    stream.seek(at)
    if stream.read(4) != _SEGMENT:
        return ""
    length, width = varint(stream, at + 4)
    end = at + 4 + width + length
    unknown = length == (1 << 7 * width) - 1
    return f"{end - size:,} bytes before its segment does" if end > size and not unknown else ""


def _riff_shortfall(stream: BinaryIO) -> str:
    size = length_of(stream)
    end = int.from_bytes(stream.read(8)[4:], "little") + 8
    return f"{end - size:,} bytes before its RIFF list does" if end > size else ""


def varint(stream: BinaryIO, at: int) -> tuple[int, int]:
    """An EBML number and how many bytes it takes (8 with value 0 where it is none)."""
    stream.seek(at)
    raw = stream.read(8)
    width = 9 - raw[0].bit_length() if raw and raw[0] else 8
    return int.from_bytes(raw[:width], "big") & (1 << 7 * width) - 1, width
