"""The two streams. See docs/reference/stream.md for the protocol."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tallylight.errors import TooManyReaders
from tallylight.live import (
    FULL,
    Cause,
    Cursor,
    Hub,
    Opening,
    Reader,
    StreamResponse,
    Wish,
    accepts_gzip,
    shared,
    shared_after,
    single,
)
from tallylight.services import Services
from tallylight.web.context import Given

log: Final = logging.getLogger(__name__)

router = APIRouter(tags=["stream"])

#: Seconds that a reader with a foreign position hears back about sessions that have come to rest.
RECENTLY: Final = 600.0
#: Sessions that one reader may name.
MOST_NAMED: Final = 100

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Server-sent events; see the protocol."},
    204: {"description": "The client already had the end: do not come back."},
    503: {"description": "As many readers as there may be; an EventSource is told so in its stream."},
}

AsPatches = Annotated[bool, Query(description="Merge patches (RFC 7396) where the reader has the state before.")]
WithOutcomes = Annotated[bool, Query(description="Also each file's outcome, in `outcomes` events.")]


class Streaming(Response):
    """Hands an endless response to the framework, which only knows its own kind."""

    def __init__(self, stream: StreamResponse) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stream(scope, receive, send)


@router.get("/api/ingest/stream/{session_id}", responses=STREAM, response_class=Response)
@router.head("/api/ingest/stream/{session_id}", include_in_schema=False)
async def stream_session(
    request: Request, session_id: str, services: Given, patch: AsPatches = False, outcomes: WithOutcomes = False
) -> Response:
    """One session's messages; ends when the session comes to rest. `Last-Event-ID` or `?last_event_id=` resumes."""
    wish = Wish(only=session_id, patch=patch, outcomes=outcomes)
    if services.hub.full:
        return turned_away(request, services, wish)
    # Registered before the state is read: nothing can pass between the two.
    reader = services.hub.join(wish)
    try:
        opening = await _open_single(request, services, reader)
        return Streaming(StreamResponse(services.hub, reader, opening, gzip=takes_gzip(request, wish)))
    except BaseException:
        services.hub.leave(reader)
        raise


@router.get("/api/ingest/stream", responses=STREAM, response_class=Response)
@router.head("/api/ingest/stream", include_in_schema=False)
async def stream_all(
    request: Request,
    services: Given,
    session: Annotated[tuple[str, ...], Query(max_length=MOST_NAMED)] = (),
    patch: AsPatches = False,
    outcomes: WithOutcomes = False,
) -> Response:
    """Every session not at rest, those named by `?session=`, and those that start later; does not end."""
    wish = Wish(patch=patch, outcomes=outcomes)
    if services.hub.full:
        return turned_away(request, services, wish)
    reader = services.hub.join(wish, services.journal.epoch)
    try:
        opening = await _open_shared(request, services, reader, session)
        return Streaming(StreamResponse(services.hub, reader, opening, gzip=takes_gzip(request, wish)))
    except BaseException:
        services.hub.leave(reader)
        raise


def last_event_id(request: Request) -> str:
    """Where the client says it was; the header, which a reconnecting browser sends, wins over the query."""
    return request.headers.get("last-event-id") or request.query_params.get("last_event_id", "")


def takes_gzip(request: Request, wish: Wish) -> bool:
    """Who asks for patches wants few bytes. Others get events as they are: whatever is on the way can read them."""
    return wish.patch and request.method == "GET" and accepts_gzip(request.headers.get("accept-encoding", ""))


def turned_away(request: Request, services: Services, wish: Wish) -> Response:
    """The answer over the cap: an EventSource is told in its own language, since a 503 would end it for good."""
    note_turned_away(services.hub, wish)
    if "text/event-stream" not in request.headers.get("accept", ""):
        raise TooManyReaders
    return Response(FULL.body, media_type="text/event-stream", headers={"cache-control": "no-store"})


def note_turned_away(hub: Hub, wish: Wish) -> None:
    """Count and log one for whom there was no place."""
    hub.accounts.turned_away(wish.transport)
    log.info("reader turned away: %s, %s", wish.transport, Cause.FULL)


async def _open_single(request: Request, services: Services, reader: Reader) -> Opening:
    session_id = reader.wish.only or ""
    last = last_event_id(request)
    update = await services.update_for(session_id, last)
    missed = await services.missed(last, update) if reader.wish.outcomes else None
    known = {session_id: missed.known} if missed else None
    services.hub.begin(reader, {session_id: update.seq}, known=known)
    return single(last, update, missed.frames, pruned=missed.pruned) if missed else single(last, update)


async def _open_shared(request: Request, services: Services, reader: Reader, named: tuple[str, ...]) -> Opening:
    hub, epoch = services.hub, services.journal.epoch
    tally = hub.tally
    after, foreign = shared_after(last_event_id(request), epoch, tally)
    rested_since = services.clock.now() - RECENTLY if foreign else None
    updates = await services.updates(after, named, rested_since)
    hub.begin(reader, {update.key: update.seq for update in updates}, tally)
    return shared(updates, Cursor(epoch, tally), services.clock.now(), foreign)
