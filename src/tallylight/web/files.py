"""Answers that are files of the roots, as they are on disk now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from anyio import to_thread
from starlette.responses import Response, StreamingResponse

from tallylight.errors import BadPath, NotFound
from tallylight.roots import Roots, unescape

_PIECE: Final = 1 << 18
#: Of every suffix that discovery takes. Our own: Python's table lacks half of them where the system has no mime.types.
MEDIA_TYPES: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}


async def file_response(roots: Roots, path: str) -> Response:
    """The file at an absolute, escaped path, as long as it lies inside a root; else NotFound."""
    opened = await to_thread.run_sync(_open, roots, path)
    size = await to_thread.run_sync(lambda: os.fstat(opened.fileno()).st_size)
    return StreamingResponse(
        _pieces(opened, size),
        media_type=MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream"),
        # Even a picture may hold a script (SVG in disguise): shown, it may run nothing.
        headers={"content-length": str(size), "content-security-policy": "default-src 'none'; sandbox"},
    )


def _open(roots: Roots, path: str) -> BinaryIO:
    try:
        return roots.open(unescape(path))
    except (OSError, BadPath) as error:
        raise NotFound("This file is no longer where it was when it was read, or outside the roots.") from error


def _pieces(opened: BinaryIO, size: int) -> Iterator[bytes]:
    """The file's first `size` bytes: one that grows meanwhile must not break the announced length."""
    with opened:
        while size > 0 and (piece := opened.read(min(_PIECE, size))):
            size -= len(piece)
            yield piece
