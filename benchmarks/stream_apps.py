"""What is compared: the same updates to the same readers, by the least code that each way of doing it allows.

Each gets the body of an update as a mapping and makes of it what its documentation recommends. JSON is encoded once an
update wherever that is possible.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tallylight.clock import SystemClock
from tallylight.live import Cursor, Hub, Reader, StreamResponse, Update, Wish, shared, single
from tallylight.live.line import Receive, Scope, Send

Body = Mapping[str, Any]

KEY: Final = "5c1d2f34-9f0e-4a51-8b6e-0d2f6f1f2a77"
EPOCH: Final = "k3f9a2"


class Contender(Protocol):
    """One way to send every update to every reader."""

    def running(self) -> AbstractAsyncContextManager[object]:
        """What must be open while it serves."""
        ...

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be the ASGI answer to one reader."""
        ...

    async def publish(self, body: Body) -> None:
        """Send an update, or leave it to others to send."""
        ...


class Floor:
    """The least an ASGI application can do: the same bytes to each `send`, and one task a reader, the request's own,
    that waits for it to leave. Nothing is conflated, counted or given up; one reader that takes nothing holds up all.
    """

    def __init__(self) -> None:
        self._sends: dict[Send, None] = {}

    def running(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        self._sends[send] = None
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            del self._sends[send]

    async def publish(self, body: Body) -> None:
        frame = f"id: {EPOCH}-{body['seq']}\ndata: {_json(body)}\n\n".encode()
        for send in list(self._sends):
            await send({"type": "http.response.body", "body": frame, "more_body": True})


class Tallylight:
    """The hub and its response with everything on."""

    def __init__(self, wish: Wish, first: Body) -> None:
        self._hub = Hub(SystemClock())
        self._wish = wish
        self._newest = _update(first)

    def running(self) -> AbstractAsyncContextManager[object]:
        return self._hub.running()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self._hub.join(self._wish, EPOCH)
        open_stream = self._shared if self._wish.only is None else self._single
        await open_stream(reader)(scope, receive, send)

    async def publish(self, body: Body) -> None:
        self._newest = _update(body)
        self._hub.publish(self._newest)

    def _single(self, reader: Reader) -> StreamResponse:
        self._hub.begin(reader, {KEY: self._newest.seq})
        return StreamResponse(self._hub, reader, single("", self._newest))

    def _shared(self, reader: Reader) -> StreamResponse:
        self._hub.begin(reader, {KEY: self._newest.seq}, self._newest.tally)
        return StreamResponse(self._hub, reader, shared([self._newest], Cursor(EPOCH, self._newest.tally), time.time()))


class SseStarlette:
    """sse-starlette: a queue and a generator a reader; the text of the data is shared."""

    def __init__(self) -> None:
        self._response: Callable[..., Any] = import_module("sse_starlette").EventSourceResponse
        self._queues: dict[asyncio.Queue[dict[str, str]], None] = {}

    def running(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(self._events())(scope, receive, send)

    async def publish(self, body: Body) -> None:
        event = {"id": f"{EPOCH}-{body['seq']}", "data": _json(body)}
        for queue in self._queues:
            queue.put_nowait(event)

    async def _events(self) -> AsyncIterator[dict[str, str]]:
        queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._queues[queue] = None
        try:
            yield {"comment": "open"}
            while True:
                yield await queue.get()
        finally:
            del self._queues[queue]


class FastApi:
    """fastapi.sse: the same, with `raw_data`, which spares it an encoding of the JSON for each reader."""

    def __init__(self) -> None:
        self._queues: dict[asyncio.Queue[ServerSentEvent], None] = {}
        self._app = FastAPI(openapi_url=None)

        @self._app.get("/", response_class=EventSourceResponse)
        async def events() -> AsyncIterator[ServerSentEvent]:
            queue: asyncio.Queue[ServerSentEvent] = asyncio.Queue()
            self._queues[queue] = None
            try:
                yield ServerSentEvent(comment="open")
                while True:
                    yield await queue.get()
            finally:
                del self._queues[queue]

    def running(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def publish(self, body: Body) -> None:
        event = ServerSentEvent(raw_data=_json(body), id=f"{EPOCH}-{body['seq']}")
        for queue in self._queues:
            queue.put_nowait(event)


def contender(name: str, first: Body) -> Contender:
    """The contender of this name. KeyError for any other."""
    makers: dict[str, Callable[[], Contender]] = {
        "floor": Floor,
        "tallylight": lambda: Tallylight(Wish(only=KEY), first),
        "tallylight-shared": lambda: Tallylight(Wish(), first),
        "tallylight-patch": lambda: Tallylight(Wish(patch=True), first),
        "sse-starlette": SseStarlette,
        "fastapi.sse": FastApi,
    }
    return makers[name]()


def _update(body: Body) -> Update:
    return Update(key=KEY, epoch=EPOCH, seq=body["seq"], state=body, final=False, tally=body["seq"])


def _json(body: Body) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
