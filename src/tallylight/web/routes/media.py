"""Committed media: their thumbnails and the files themselves."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator
from typing import Annotated, BinaryIO, Final

from anyio import to_thread
from fastapi import APIRouter, Path
from starlette.responses import Response, StreamingResponse

from tallylight.errors import BadPath, NotFound
from tallylight.roots import Roots, unescape
from tallylight.web.context import Given
from tallylight.web.pictures import thumbnail_response

router = APIRouter(prefix="/api/media", tags=["media"])

MediaId = Annotated[int, Path(ge=0, le=2**62)]

_PIECE: Final = 1 << 18
#: Shown by the browser itself; anything else is only ever downloaded.
_SHOWN: Final = ("image/", "video/")


@router.get("/{media_id}/thumbnail", response_class=Response)
async def thumbnail(media_id: MediaId, services: Given) -> Response:
    """The thumbnail of a committed file."""
    medium = await to_thread.run_sync(services.catalog.medium, media_id)
    return await thumbnail_response(services.thumbnails, medium.outcome)


@router.get("/{media_id}/file", response_class=Response)
async def file(media_id: MediaId, services: Given) -> Response:
    """The committed file as it is on disk now, as long as it lies inside a root."""
    medium = await to_thread.run_sync(services.catalog.medium, media_id)
    opened = await to_thread.run_sync(_open, services.roots, medium.path)
    size = await to_thread.run_sync(lambda: os.fstat(opened.fileno()).st_size)
    kind = mimetypes.guess_type(medium.path)[0] or "application/octet-stream"
    return StreamingResponse(
        _pieces(opened, size),
        media_type=kind if kind.startswith(_SHOWN) else "application/octet-stream",
        # Even a picture may hold a script (SVG in disguise): shown, it may run nothing.
        headers={"content-length": str(size), "content-security-policy": "default-src 'none'; sandbox"},
    )


def _open(roots: Roots, path: str) -> BinaryIO:
    try:
        return roots.open(unescape(path))
    except (OSError, BadPath) as error:
        raise NotFound("This file is no longer where it was when it was committed, or outside the roots.") from error


def _pieces(opened: BinaryIO, size: int) -> Iterator[bytes]:
    """The file's first `size` bytes: one that grows meanwhile must not break the announced length."""
    with opened:
        while size > 0 and (piece := opened.read(min(_PIECE, size))):
            size -= len(piece)
            yield piece
