"""A stream that says when each of its events was sent: what `tallylight doctor` measures the way by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from tallylight.clock import Clock
from tallylight.errors import TooManyReaders
from tallylight.live import Hub, frames
from tallylight.live.response import HEADERS, PLAIN_HEADERS
from tallylight.web.context import Given, Tests

router = APIRouter(tags=["server"])

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events of `{n, at}`, the last one after the silence."},
    503: {"description": "Several are measuring at the same time; try again in a minute."},
}
#: Seconds between two looks at whether the server is stopping.
_LOOK_EVERY: Final = 0.5

Beats = Annotated[int, Query(ge=1, le=40, description="How many events.")]
Every = Annotated[float, Query(ge=0.05, le=5, description="Seconds between two.")]
Silence = Annotated[float, Query(ge=0, le=600, description="Seconds of silence after them, and then one more event.")]


@router.get("/api/stream-test", responses=STREAM, response_class=Response)
async def stream_test(
    services: Given, tests: Tests, beats: Beats = 8, every: Every = 0.25, silence: Silence = 0
) -> Response:
    """Events as far apart as asked for, each with the seconds since the first. `at` is the server's, so that what
    something on the way holds back shows.
    """
    if not tests.begin():
        raise TooManyReaders("Too many are measuring this server's streams at the moment; try again in a minute.")
    times = [number * every for number in range(beats)]
    if silence:
        times.append(times[-1] + silence)
    events = _events(services.clock, services.hub, times)
    # Held back or passed on as the real streams are, by what looks at their headers.
    headers = {name.decode(): value.decode() for name, value in (*HEADERS, *PLAIN_HEADERS)}
    return _Counted(events, headers=headers, end=tests.end)


class _Counted(StreamingResponse):
    def __init__(self, events: AsyncIterator[bytes], *, headers: dict[str, str], end: Any) -> None:
        super().__init__(events, headers=headers)
        self._end = end

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


async def _events(clock: Clock, hub: Hub, times: list[float]) -> AsyncIterator[bytes]:
    begun = clock.monotonic()
    for number, due in enumerate(times, 1):
        while (left := begun + due - clock.monotonic()) > 0:
            await clock.sleep_until(clock.monotonic() + min(left, _LOOK_EVERY))
            if hub.closed:
                return
        at = round(clock.monotonic() - begun, 4)
        yield frames.message(frames.data({"n": number, "at": at, "of": len(times)}))
