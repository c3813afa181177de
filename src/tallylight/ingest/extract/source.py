"""One opened file: read once."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sniff import HEAD
from tallylight.roots import Roots

_PIECE = 1 << 20


@dataclass(slots=True)
class Source:
    """An open file. Size and time are those of the open file itself, not of the listing, which may be older."""

    file: BinaryIO
    size: int  #: bytes; those really read, once they are
    mtime_ns: int
    head: bytes  #: the first `HEAD` bytes
    data: bytes | None = None  #: all bytes, once `slurp` has read them

    def slurp(self, limits: Limits = LIMITS) -> None:
        """Read all into memory, unless there is too much: then `stream` stays on the file."""
        if self.size > limits.slurp:
            return
        self.file.seek(0)
        # A file that grows under the reading is taken as long as it was when it was opened.
        self.data = self.file.read(self.size)
        self.size = len(self.data)

    def stream(self) -> BinaryIO:
        """The content from its start, seekable. One user at a time."""
        if self.data is not None:
            return io.BytesIO(self.data)
        self.file.seek(0)
        return self.file

    def sha256(self) -> str:
        """Of all bytes, in hex; reads the file where it has not been slurped."""
        if self.data is not None:
            return hashlib.sha256(self.data).hexdigest()
        digest, left = hashlib.sha256(), self.size
        self.file.seek(0)
        while left > 0 and (piece := self.file.read(min(_PIECE, left))):
            digest.update(piece)
            left -= len(piece)
        self.size -= left
        return digest.hexdigest()


@contextmanager
def opened(roots: Roots, path: str) -> Iterator[Source]:
    """Open a file below a root. Raises as `Roots.open` does."""
    with roots.open(path) as file:
        status = os.fstat(file.fileno())
        head = file.read(HEAD)
        yield Source(file, status.st_size, status.st_mtime_ns, head)
