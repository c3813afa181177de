"""The thumbnail cache: one small picture for each content hash, in a folder of the data folder.

A cache and no more: it may be deleted at any time, and the same bytes always have the same thumbnail.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What `put` is given and `get` gives back.
MEDIA_TYPE: Final = "image/jpeg"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Thumbnails below one folder, spread over 256 of its own. Picklable; many processes may use it at once."""

    folder: Path

    @property
    def _unfinished(self) -> Path:
        # One folder for all: what is left lying there is found without looking through a million thumbnails.
        return self.folder / "unfinished"

    def path(self, sha256: str) -> Path:
        """Where the thumbnail of these contents is, or would be. ValueError for what is no SHA-256 in hex."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hex")
        return self.folder / sha256[:2] / f"{sha256[2:]}.jpg"

    def put(self, sha256: str, data: bytes) -> None:
        """Store a thumbnail; who reads at the same time sees the old one or the new one, never a part. Raises OSError
        where the folder cannot be written, and leaves nothing behind.
        """
        path = self.path(sha256)
        for folder in (path.parent, self._unfinished):
            folder.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._unfinished)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise

    def sweep(self) -> None:
        """Remove what processes that were killed have left half written. Call it where no other process writes. Raises
        OSError where the folder cannot be written.
        """
        for path in self._unfinished.glob("*"):
            path.unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, int]]:
        """Every thumbnail there is: the hash of its contents and its bytes. Other files are passed over."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*.jpg"):
            sha256 = path.parent.name + path.stem
            if _SHA256.fullmatch(sha256):
                # It may be gone by now.
                with suppress(FileNotFoundError):
                    yield sha256, path.stat().st_size

    def remove(self, sha256: str) -> None:
        """Remove a thumbnail, where there is one."""
        self.path(sha256).unlink(missing_ok=True)

    def get(self, sha256: str) -> bytes | None:
        """The thumbnail, or None where there is none. ValueError for what is no SHA-256 in hex."""
        try:
            # An empty one is the trace of a power cut.
            return self.path(sha256).read_bytes() or None
        except FileNotFoundError:
            return None
