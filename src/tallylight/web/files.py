"""Answers that are files of the roots, as they are on disk now."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, BinaryIO, Final

from anyio import to_thread
from fastapi import Header
from starlette.responses import Response, StreamingResponse

from tallylight.errors import BadPath, NotFound
from tallylight.roots import Roots, unescape

_PIECE: Final = 1 << 18
#: Ends so far away that no file reaches them are no numbers that anybody means.
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
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

#: Annotate a route's parameter with this to be given the request's Range header.
Part = Annotated[str | None, Header(alias="range", include_in_schema=False)]


async def file_response(roots: Roots, path: str, asked: str | None = None) -> Response:
    """The file at an absolute, escaped path, as long as it lies inside a root; else NotFound. `asked` is the request's
    Range header: a player that is moved asks for what follows from there.
    """
    opened = await to_thread.run_sync(_open, roots, path)
    size = await to_thread.run_sync(lambda: os.fstat(opened.fileno()).st_size)
    part = part_asked(asked or "", size)
    headers = {
        "accept-ranges": "bytes",
        # Even a picture may hold a script (SVG in disguise): shown, it may run nothing.
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if part is not None and not part:
        await to_thread.run_sync(opened.close)
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    sent = part if part is not None else range(size)
    return StreamingResponse(
        _pieces(opened, sent),
        status_code=206 if part is not None else 200,
        media_type=MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream"),
        headers=headers | {"content-length": str(len(sent))},
    )


def part_asked(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for (RFC 9110, 14.1.2), of a file of this size; empty where it has none of
    them. None where all are to be sent: several ranges at once, and what is no range of bytes, may be passed over.
    """
    found = _RANGE.fullmatch(header.strip().lower())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        return None
    return range(first, min(size, int(found[2]) + 1) if found[2] else size)


def _open(roots: Roots, path: str) -> BinaryIO:
    try:
        return roots.open(unescape(path))
    except (OSError, BadPath) as error:
        raise NotFound("This file is no longer where it was when it was read, or outside the roots.") from error


def _pieces(opened: BinaryIO, part: range) -> Iterator[bytes]:
    """No more than this part: a file that grows meanwhile must not break the announced length."""
    with opened:
        opened.seek(part.start)
        left = len(part)
        while left > 0 and (piece := opened.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
