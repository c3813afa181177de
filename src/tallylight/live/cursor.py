"""Positions a client may come back with: `epoch-seq`, and `epoch-seq.end` after the end.

Short and of safe characters only: a longer or odder `Last-Event-ID` makes browsers send a preflight across origins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The longest id worth looking at; a longer one is garbage (and a 4 KB one is somebody trying).
LONGEST = 64

_CURSOR = re.compile(r"([A-Za-z0-9]{1,16})-(0|[1-9][0-9]{0,17})(\.end)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in one epoch's count. `ended` marks the id of an `end` event."""

    epoch: str
    seq: int
    ended: bool = False

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}{'.end' if self.ended else ''}"


def parse(text: str) -> Cursor | None:
    """The cursor that `str(cursor)` wrote; None for anything else, however long or odd."""
    match = _CURSOR.fullmatch(text) if len(text) <= LONGEST else None
    return Cursor(match[1], int(match[2]), match[3] is not None) if match else None
