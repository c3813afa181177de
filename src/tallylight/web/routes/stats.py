"""How the streams are doing: for people and for Prometheus. See docs/reference/stream-stats.md."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from tallylight.model import Json
from tallylight.web.context import Given
from tallylight.web.metrics import MEDIA_TYPE, exposition

router = APIRouter(tags=["server"])

TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "Prometheus' text format, version 0.0.4."}
}


@router.get("/api/ingest/stream-stats")
async def stream_stats(services: Given) -> Json:
    """Readers, updates, bytes and latency of the streams since the server started."""
    return services.hub.accounts.as_json()


@router.get("/metrics", responses=TEXT, response_class=Response)
async def metrics(services: Given) -> Response:
    """The same for Prometheus."""
    return Response(exposition(services.hub.accounts.snapshot()), media_type=MEDIA_TYPE)
