"""Serves a root as `tallylight serve` does, but for the engine, which makes outcomes up at a given rate.

usage: page_server.py ROOT DATA PORT FILES_PER_S
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse

from page_engine import SyntheticEngine
from tallylight.cli.server import Server, listen, raise_descriptor_limit
from tallylight.clock import Clock
from tallylight.services import open_services
from tallylight.settings import Settings
from tallylight.web.app import create_app


async def serve(settings: Settings, files_per_s: float) -> None:
    """Serve until a signal: the journal, the recorder and the feed are the real ones."""

    @asynccontextmanager
    async def open_engine(_settings: Settings, _clock: Clock) -> AsyncIterator[SyntheticEngine]:
        yield SyntheticEngine(files_per_s)

    with listen(settings.host, settings.port) as listening:
        async with open_services(settings, doing="serve", open_engine=open_engine) as services:
            app = create_app(settings, opening=lambda _settings: nullcontext(services))
            app.add_route("/blank", blank)
            await Server(app, services, f"http://{settings.host}:{settings.port}", ()).serve(sockets=[listening])


def blank(_request: Request) -> HTMLResponse:
    """A page with one word and nothing to load: what the browser and the server take by themselves."""
    return HTMLResponse("<!doctype html><title>blank</title><link rel=icon href=data:,><p>blank</p>")


def main() -> None:
    """Read the command line and serve."""
    root, data, port, files_per_s = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    raise_descriptor_limit()
    settings = Settings(roots=(Path(root),), data=Path(data), port=int(port))
    anyio.run(serve, settings, float(files_per_s), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
