"""How the pictures of a Matroska or WebM file are turned: its header says so, and FFmpeg tells only with a frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from tallylight.ingest.extract.containers.boxes import steps
from tallylight.ingest.extract.containers.embedded import length_of
from tallylight.ingest.extract.containers.structure import varint
from tallylight.ingest.extract.limits import LIMITS, Limits

_SEGMENT, _TRACKS, _CLUSTER = 0x18538067, 0x1654AE6B, 0x1F43B675
_TRACK, _TYPE, _VIDEO, _PROJECTION, _ROLL = 0xAE, 0x83, 0xE0, 0x7670, 0x7675
_IS_VIDEO: Final = b"\1"

#: Id, start of the content, end.
_Element = tuple[int, int, int]


def rotations(stream: BinaryIO, limits: Limits = LIMITS) -> list[int]:
    """Of each video track, in the order of the file: degrees counter-clockwise, in quarter turns; 0 where it is
    upright. Never raises for what the bytes hold.
    """
    size, left = length_of(stream), steps(limits)
    for id_, at, end in _elements(stream, 0, size, left):
        if id_ == _SEGMENT:
            return _of_segment(stream, at, min(end, size), left)
    return []


def _of_segment(stream: BinaryIO, start: int, end: int, left: Iterator[int]) -> list[int]:
    for id_, at, until in _elements(stream, start, end, left):
        if id_ == _TRACKS:
            tracks = [_track(stream, track, left) for track in _elements(stream, at, until, left)]
            return [rotation for rotation in tracks if rotation is not None]
        if id_ == _CLUSTER:  # the pictures; behind them there are only indexes and tags
            break
    return []


def _track(stream: BinaryIO, track: _Element, left: Iterator[int]) -> int | None:
    """The rotation of a track; None for one without pictures."""
    id_, start, end = track
    if id_ != _TRACK:
        return None
    is_video, rotation = False, 0
    for below, at, until in _elements(stream, start, end, left):
        if below == _TYPE:
            is_video = _content(stream, at, until) == _IS_VIDEO
        elif below == _VIDEO:
            rotation = _roll(stream, at, until, left)
    return rotation if is_video else None


def _roll(stream: BinaryIO, start: int, end: int, left: Iterator[int]) -> int:
    for id_, at, until in _elements(stream, start, end, left):
        if id_ == _PROJECTION:
            for below, where, last in _elements(stream, at, until, left):
                if below == _ROLL:
                    return _quarters(_content(stream, where, last))
    return 0


def _quarters(raw: bytes) -> int:
    if len(raw) not in {4, 8}:
        return 0
    angle: float
    (angle,) = struct.unpack(">f" if len(raw) == 4 else ">d", raw)
    if not abs(angle) <= 360:  # NaN is no angle either
        return 0
    return round(angle / 90) * 90 % 360


def _content(stream: BinaryIO, at: int, end: int) -> bytes:
    stream.seek(at)
    return stream.read(min(end - at, 8))


def _elements(stream: BinaryIO, start: int, end: int, left: Iterator[int]) -> Iterator[_Element]:
    """The elements between two places, each for one of the steps that are left; ends at the first that is none."""
    at = start
    for _ in left:
        if at >= end:
            return
        stream.seek(at)
        first = stream.read(1)
        wide = 9 - first[0].bit_length() if first and first[0] else 8
        if wide > 4:
            return
        id_ = int.from_bytes(first + stream.read(wide - 1), "big")
        length, taken = varint(stream, at + wide)
        at += wide + taken
        unknown = length == (1 << 7 * taken) - 1
        until = end if unknown else min(end, at + length)
        yield id_, at, until
        at = until
