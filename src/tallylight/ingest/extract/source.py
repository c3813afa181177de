"""One opened file: read once."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import BinaryIO, cast

from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sniff import HEAD
from tallylight.roots import Roots

_PIECE = 1 << 20


@dataclass(slots=True)
class Source:
    """An open file. Size and time are those of the open file itself, not of the listing, which may be older."""

    raw: RawIOBase
    size: int  #: bytes; those really read, once they are
    mtime_ns: int
    head: bytes  #: the first `HEAD` bytes
    data: bytes | None = None  #: all bytes, once `slurp` has read them
    _buffered: BufferedReader | None = None

    @property
    def file(self) -> BinaryIO:
        """The open file, buffered."""
        if self._buffered is None:
            self._buffered = BufferedReader(self.raw)
        return self._buffered

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

    def bare(self) -> BinaryIO:
        """As `stream`, but each read of the file takes just the bytes asked for: right for a walk from chunk to chunk
        over pixels that nobody wants, wrong for one byte by byte. To be asked for before `stream`, if at all.
        """
        if self.data is not None:
            return io.BytesIO(self.data)
        if self._buffered is not None:
            raise RuntimeError("A buffer does not notice that the file below it was moved; ask for `bare` first.")
        self.raw.seek(0)
        return cast("BinaryIO", self.raw)

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
        raw = cast("RawIOBase", file.raw)
        status = os.fstat(raw.fileno())
        yield Source(raw, status.st_size, status.st_mtime_ns, raw.read(HEAD) or b"")
