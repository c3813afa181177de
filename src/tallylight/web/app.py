"""The application: routes behind the doors, services opened for as long as it runs."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

import anyio
from anyio import to_thread
from fastapi import FastAPI

import tallylight
from tallylight.access import Access
from tallylight.ingest.facets import FacetsOfSessions
from tallylight.live.stopping import before_stopping
from tallylight.services import Services, open_services
from tallylight.settings import Settings
from tallylight.token_file import link
from tallylight.web import passing_on, problems
from tallylight.web.attempts import Attempts
from tallylight.web.gate import Gate
from tallylight.web.routes import (
    exports,
    folders,
    forms,
    items,
    library_pages,
    media,
    pages,
    poll,
    presets,
    previews,
    schedules,
    session_pages,
    sessions,
    stats,
    stream,
    stream_test,
)
from tallylight.web.security import Doors, Guard
from tallylight.web.static_files import PageFiles
from tallylight.web.stream_tests import StreamTests

log: Final = logging.getLogger(__name__)

OpenServices = Callable[[Settings], AbstractAsyncContextManager[Services]]


def create_app(
    settings: Settings | None = None,
    *,
    opening: OpenServices | None = None,
    ready: Callable[[Services], None] | None = None,
) -> FastAPI:
    """Make the ASGI application. `opening` opens its services at start-up (tests give their own); `ready` is called in
    a thread with them before the first request is served. Without settings they come from the environment.
    """
    settings = settings or Settings()
    doors = Doors.of(settings)
    opening = opening or partial(open_services, doing="serve", goes_on=True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opening(settings) as services, _watched(services.access):
            app.state.services = services
            app.state.attempts = Attempts(clock=services.clock)
            if token := await services.access.open():
                # `tallylight serve` prints it; other servers have no other place to say it.
                log.warning("Log in with %s (told this once)", link(str(settings.public_url or "/"), token))
            if ready is not None:
                await to_thread.run_sync(ready, services)
            with before_stopping(services.hub.close_soon):
                yield

    app = FastAPI(
        title="Tallylight",
        version=tallylight.__version__,
        description="Live media ingest. Errors are RFC 9457 problem JSON.",
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; docs/reference/http-api.md is made from the same schema.
        docs_url=None,
        redoc_url=None,
        # It would send people to the address as the proxy knows it. There is no address here that ends with a slash.
        redirect_slashes=False,
        servers=[{"url": doors.prefix}] if doors.prefix else None,
    )
    app.state.stream_tests = StreamTests()
    app.state.counted = FacetsOfSessions()
    # Reads /etc/mime.types, which StaticFiles would otherwise do on the event loop, in the middle of its first answer.
    mimetypes.init()
    problems.install(app)
    passing_on.install(app)
    for module in (
        stream,
        poll,
        sessions,
        previews,
        exports,
        items,
        folders,
        presets,
        media,
        schedules,
        stats,
        stream_test,
        pages,
        forms,
        session_pages,
        library_pages,
    ):
        app.include_router(module.router)
    app.mount("/static", PageFiles("tallylight.web", "static"))
    app.add_middleware(Gate, doors.prefix, pages.TEMPLATES)
    # Outermost, so that no response escapes it.
    app.add_middleware(Guard, doors)
    return app


@asynccontextmanager
async def _watched(access: Access) -> AsyncIterator[None]:
    """Those who are in are shown the door when the token is changed."""
    if not access.needed:
        yield
        return
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(access.watch)
        yield
        tasks.cancel_scope.cancel()
