"""Commands to sessions that another server of this machine works on are passed on to it."""

from __future__ import annotations

from functools import partial
from typing import Final

from anyio import to_thread
from fastapi import FastAPI, Request
from starlette.responses import Response

from tallylight.asking import PASSED_ON, ask, reach_of
from tallylight.errors import OwnedElsewhere, ServerUnreachable
from tallylight.web.problems import foreseen

_JSON: Final = {"content-type": "application/json"}


def install(app: FastAPI) -> None:
    """Pass on what would be refused because another server owns the session, where that one is known and near."""
    app.add_exception_handler(OwnedElsewhere, _pass_on)


async def _pass_on(request: Request, error: Exception) -> Response:
    assert isinstance(error, OwnedElsewhere)
    # Once is enough: two servers that each take the other for the owner would pass it back and forth for ever.
    if not error.url or PASSED_ON in request.headers:
        return foreseen(request, error)
    body = await request.body()
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asking = partial(
        ask, reach_of(error), request.method, path, body or None, {PASSED_ON: "1", **(_JSON if body else {})}
    )
    try:
        answer = await to_thread.run_sync(asking)
    except ServerUnreachable:
        sentence = (
            f"{error} It does not answer just now; if it is gone, another server takes the session over within half a"
            " minute."
        )
        return foreseen(request, OwnedElsewhere(sentence))
    return Response(answer.body, answer.status, media_type=answer.media_type)
