"""The example, and how many are watching it."""

from __future__ import annotations

from examples.any_asgi_app import app, live
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def readers(_request: Request) -> JSONResponse:
    return JSONResponse(live.hub.readers)


app.router.routes.insert(0, Route("/readers", readers))
