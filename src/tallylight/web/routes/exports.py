"""What a commit of a session would do, as a table for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from tallylight.ingest.preview_rows import csv_lines, json_lines
from tallylight.web.context import Given
from tallylight.web.routes.previews import Asked

router = APIRouter(prefix="/api/ingest/export", tags=["preview"])

#: Lines that are sent as one piece: each piece is made in a thread, and going there costs more than a line does.
_AT_ONCE: Final = 500


@router.get("/{session_id}", response_class=StreamingResponse)
async def export(
    session_id: str,
    services: Given,
    choice: Asked,
    format: Literal["csv", "jsonl"] = "csv",  # noqa: A002
) -> StreamingResponse:
    """The preview as rows, one for each file: those that the query asks for, as it does of a page. CSV, in which no
    text is a formula, or JSON lines with `?format=jsonl`. Sent while it is read, however many there are.
    """
    await services.looker.look_now(session_id)
    lines = csv_lines if format == "csv" else json_lines
    name = f"preview-{session_id[:8]}.{format}"
    return StreamingResponse(
        _pieces(lines(services.journal, services.catalog, session_id, choice)),
        media_type="text/csv; charset=utf-8; header=present" if format == "csv" else "application/jsonl",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    while piece := "".join(islice(lines, _AT_ONCE)):
        yield piece
