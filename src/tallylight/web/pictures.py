"""Answers that are pictures."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from starlette.responses import Response

from tallylight.errors import NotFound
from tallylight.model import Outcome
from tallylight.thumbnails import Thumbnails

#: A thumbnail is named by the hash of what it shows, so it never changes under its outcome.
FOR_GOOD: Final = "private, max-age=31536000, immutable"

_KINDS: Final = ((b"RIFF", "image/webp"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"))


async def thumbnail_response(thumbnails: Thumbnails, outcome: Outcome) -> Response:
    """The thumbnail of an outcome; NotFound where none was made, or where it has been cleaned away."""
    data = None
    if outcome.has_thumbnail and outcome.sha256 is not None:
        data = await to_thread.run_sync(thumbnails.get, outcome.sha256)
    if data is None:
        raise NotFound("There is no thumbnail of this file; only the full tier makes them.")
    kind = next((kind for start, kind in _KINDS if data.startswith(start)), "application/octet-stream")
    return Response(data, media_type=kind, headers={"cache-control": FOR_GOOD})
