"""The poll: the shared stream cut into answers, for networks where streams cannot pass."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import anyio
from fastapi import APIRouter, Query, Request, Response

from tallylight.clock import Clock
from tallylight.errors import TooManyReaders
from tallylight.live import Cause, Cursor, Hub, Parser, Reader, Wish, shared, shared_after
from tallylight.model import Json
from tallylight.services import Services
from tallylight.web.context import Given
from tallylight.web.routes.stream import MOST_NAMED, RECENTLY, note_turned_away

router = APIRouter(tags=["stream"])

#: Proxies give up on an answer after 60 s, some after 30.
LONGEST_WAIT: Final = 55.0
DEFAULT_WAIT: Final = 25.0

POLL: Final = Wish(polls=True)

After = Annotated[str, Query(description="The cursor of the answer before, or an id of the shared stream.")]
Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for news where there are none.")]


@router.get("/api/ingest/poll")
async def poll(
    request: Request,
    response: Response,
    services: Given,
    after: After = "",
    wait: Wait = DEFAULT_WAIT,
    session: Annotated[tuple[str, ...], Query(max_length=MOST_NAMED)] = (),
) -> Json:
    """`{cursor, states}`: what changed since `after`, at once where something has, else the first change within `wait`
    seconds. Without `after`: every session not at rest and those named by `?session=`, at once. `reset` gives the
    reason why `after` cannot be gone on from; then the states are those of a fresh poll and what rested lately.
    """
    response.headers["cache-control"] = "no-store"
    hub = services.hub
    if hub.full:
        note_turned_away(hub, POLL)
        raise TooManyReaders
    reader, cause = hub.join(POLL, services.journal.epoch), Cause.GONE
    try:
        answer = _Answer()
        if not await _tell_opening(answer, services, reader, after, session):
            await _first_of(services.clock, wait, lambda: _tell_news(answer, hub, reader), lambda: _gone(request))
        cause = Cause.REST
        return answer.body
    finally:
        hub.leave(reader, cause)


class _Answer:
    """What a stream would say, gathered: the newest state of each session, and the position after it."""

    def __init__(self) -> None:
        self._parser = Parser()
        self._states: dict[str, Json] = {}
        self._reset: Json = {}

    @property
    def body(self) -> Json:
        return {"cursor": self._parser.last_event_id, "states": list(self._states.values()), **self._reset}

    def add(self, chunk: bytes) -> bool:
        """Take in bytes of a stream; whether there is something to tell by now."""
        for event in self._parser.feed(chunk):
            told = json.loads(event.data)
            if event.name == "message":
                self._states[told["session_id"]] = told
            elif event.name == "reset":
                self._reset = {"reset": told["reason"]}
        return bool(self._states or self._reset)


async def _tell_opening(
    answer: _Answer, services: Services, reader: Reader, after: str, named: tuple[str, ...]
) -> bool:
    """What the shared stream would open with, less what a client with a cursor was told before."""
    hub, epoch = services.hub, services.journal.epoch
    tally = hub.tally
    since, foreign = shared_after(after, epoch, tally)
    updates = await services.updates(since, named, services.clock.now() - RECENTLY if foreign else None)
    hub.begin(reader, {update.key: update.seq for update in updates}, tally)
    news = [update for update in updates if since is None or update.tally > since]
    has_news = answer.add(shared(news, Cursor(epoch, tally), services.clock.now(), foreign).body)
    # A client without a cursor wants it, and whatever there is, now: there may be nothing for hours.
    return has_news or since is None


async def _tell_news(answer: _Answer, hub: Hub, reader: Reader) -> None:
    """Wait until the hub has something to tell, or closes. Heartbeats are for streams."""
    told = False
    while not told and reader.cause is None:
        await reader.wait()
        told = answer.add(reader.take())


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _first_of(clock: Clock, seconds: float, *waits: Callable[[], Awaitable[None]]) -> None:
    """Return once one of these has happened or the seconds are over."""
    deadline = clock.monotonic() + seconds

    async def run(wait: Callable[[], Awaitable[None]]) -> None:
        await wait()
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for wait in (*waits, lambda: clock.sleep_until(deadline)):
            tasks.start_soon(run, wait)
