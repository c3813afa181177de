"""The boxes of ISO base media: MP4, QuickTime, AVIF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tallylight.ingest.extract.containers.embedded import length_of
from tallylight.ingest.extract.limits import LIMITS, Limits


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `end` is where it says it ends, which may be beyond the file."""

    kind: bytes
    at: int  #: where its content starts
    end: int

    @property
    def length(self) -> int:
        """Bytes of its content."""
        return self.end - self.at


def steps(limits: Limits = LIMITS) -> Iterator[int]:
    """As many steps as one walk may take, `limits.chunks`, to be shared by the walks inside it: bounded one by one,
    boxes in boxes would add up to the bound's square.
    """
    return iter(range(limits.chunks))


def boxes(stream: BinaryIO, left: Iterator[int], inside: Box | None = None) -> Iterator[Box]:
    """The boxes of a file, or those directly inside one of its boxes; each takes one of the steps that are left.

    Ends at the first that is none. The stream may be moved in between.
    """
    size = length_of(stream)
    at, last = (0, size) if inside is None else (inside.at, min(inside.end, size))
    for _ in left:
        if at + 8 > last:
            return
        stream.seek(at)
        head = stream.read(16)
        length, wide = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, wide = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:  # "to the end of the file"
            length = last - at
        if length < wide:
            return
        yield Box(head[4:8], at + wide, at + length)
        at += length


def content(stream: BinaryIO, box: Box, longest: int) -> bytes:
    """What is in a box, the first `longest` bytes of it."""
    stream.seek(box.at)
    return stream.read(min(box.length, longest))
