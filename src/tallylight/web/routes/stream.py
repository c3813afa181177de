"""The two streams. See docs/reference/stream.md for the protocol."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tallylight.live import Cursor, StreamResponse, shared, shared_after, single
from tallylight.web.context import Given

router = APIRouter(tags=["stream"])

#: Seconds that a reader with a foreign position hears back about sessions that have come to rest.
RECENTLY: Final = 600.0
#: Sessions that one reader may name.
MOST_NAMED: Final = 100

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Server-sent events; see the protocol."},
    204: {"description": "The client already had the end: do not come back."},
}


class Streaming(Response):
    """Hands an endless response to the framework, which only knows its own kind."""

    def __init__(self, stream: StreamResponse) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stream(scope, receive, send)


@router.get("/api/ingest/stream/{session_id}", responses=STREAM, response_class=Response)
@router.head("/api/ingest/stream/{session_id}", include_in_schema=False)
async def stream_session(request: Request, session_id: str, services: Given) -> Streaming:
    """One session's messages; ends when the session comes to rest. `Last-Event-ID` or `?last_event_id=` resumes."""
    # Registered before the state is read: nothing can pass between the two.
    reader = services.hub.join(session_id)
    try:
        update = await services.update(session_id)
    except BaseException:
        services.hub.leave(reader)
        raise
    services.hub.begin(reader, {session_id: update.seq})
    return Streaming(StreamResponse(services.hub, reader, single(last_event_id(request), update)))


@router.get("/api/ingest/stream", responses=STREAM, response_class=Response)
@router.head("/api/ingest/stream", include_in_schema=False)
async def stream_all(
    request: Request, services: Given, session: Annotated[tuple[str, ...], Query(max_length=MOST_NAMED)] = ()
) -> Streaming:
    """Every session not at rest, those named by `?session=`, and those that start later; does not end."""
    hub, epoch = services.hub, services.journal.epoch
    reader = hub.join(None, epoch)
    try:
        tally = hub.tally
        after, foreign = shared_after(last_event_id(request), epoch, tally)
        rested_since = services.clock.now() - RECENTLY if foreign else None
        updates = await services.updates(after, session, rested_since)
    except BaseException:
        hub.leave(reader)
        raise
    hub.begin(reader, {update.key: update.seq for update in updates}, tally)
    return Streaming(StreamResponse(hub, reader, shared(updates, Cursor(epoch, tally), reset=foreign)))


def last_event_id(request: Request) -> str:
    """Where the client says it was; the header, which a reconnecting browser sends, wins over the query."""
    return request.headers.get("last-event-id") or request.query_params.get("last_event_id", "")
