"""An application that has so much to say that the buffers of a client that takes nothing are full within seconds."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from tallylight.live import Live
from tallylight.live.accounting import Cause
from tallylight.live.hub import Pace

JOBS = 150
#: Given up after a second, so that a test need not wait for thirty.
live = Live(pace=Pace(deadline=1))


def flood(over: threading.Event) -> None:
    jobs = [live.progress(total=10**9, label=f"{number} {'x' * 150}") for number in range(JOBS)]
    while not over.wait(0.05):
        for job in jobs:
            job.advance()


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    over = threading.Event()
    async with live.running():
        thread = threading.Thread(target=flood, args=(over,))
        thread.start()
        yield
        over.set()
        thread.join()


async def readers(_request: Request) -> JSONResponse:
    return JSONResponse({"now": live.hub.readers, "stalled": live.hub.accounts.snapshot().ended[Cause.STALLED]})


async def page(_request: Request) -> JSONResponse:
    return JSONResponse("here")


routes = [Route("/", page), Route("/readers", readers), Mount("/progress", live)]
app = Starlette(routes=routes, lifespan=lifespan)
