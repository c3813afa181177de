"""Answers that are files of the roots, as they are on disk now."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, BinaryIO, Final

from anyio import to_thread
from fastapi import Depends, Request
from starlette.responses import Response, StreamingResponse

from tallylight.errors import BadPath, NotFound
from tallylight.roots import Roots, unescape
from tallylight.web.problems import problem

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


@dataclass(frozen=True, slots=True)
class FileAsked:
    """What a request says of the file it wants, by its headers."""

    part: str = ""  #: Range: a player that is moved asks for what follows from there
    only_of: str = ""  #: If-Range: of which file it has the rest
    known: str = ""  #: If-None-Match: which ones it has as a whole

    @classmethod
    def of(cls, request: Request) -> FileAsked:
        headers = request.headers
        return cls(headers.get("range", ""), headers.get("if-range", ""), headers.get("if-none-match", ""))

    def part_of(self, tag: str, size: int) -> range | None:
        """As `part_asked`. Of a file that changed since the asker began, the rest would be of another: it has all."""
        return part_asked(self.part, size) if self.only_of.strip() in {"", tag} else None

    def has(self, tag: str) -> bool:
        """Whether the asker has the file as it is."""
        known = {each.strip().removeprefix("W/") for each in self.known.split(",")}
        return tag in known or "*" in known


#: Annotate a route's parameter with this to be given what the request says of the file.
AskedFile = Annotated[FileAsked, Depends(FileAsked.of)]


async def file_response(roots: Roots, path: str, asked: FileAsked) -> Response:
    """The file at an absolute, escaped path, as long as it lies inside a root; else NotFound. All of it, the part that
    is asked for, or that it is what the asker has.
    """
    opened = await to_thread.run_sync(_open, roots, path)
    found = await to_thread.run_sync(os.fstat, opened.fileno())
    size, tag = found.st_size, f'"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"'
    part = asked.part_of(tag, size)
    headers = {
        "accept-ranges": "bytes",
        "etag": tag,
        # It may change on the disk at any time, and is nothing for a proxy to keep.
        "cache-control": "private, no-cache",
        # Even a picture may hold a script (SVG in disguise): shown, it may run nothing.
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if asked.has(tag):
        await to_thread.run_sync(opened.close)
        return Response(status_code=304, headers=headers)
    if part is not None and not part:
        await to_thread.run_sync(opened.close)
        sentence = f"The file has {size:,} bytes, and none of those that Range asks for; ask for less, or for all."
        return problem(416, "range_not_satisfiable", sentence, headers=headers | {"content-range": f"bytes */{size}"})
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
