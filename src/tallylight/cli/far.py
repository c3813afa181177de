"""A server that holds the data folder, as a place where sessions run: commands go to it over HTTP, and its stream is
drawn here.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final
from urllib.parse import quote, urlsplit

from anyio import from_thread, to_thread

from tallylight.asking import Reach, get, post, refusal, unreachable
from tallylight.cli.draw import Drawer
from tallylight.cli.failures import PAGE, Failures
from tallylight.clock import Clock, SystemClock
from tallylight.errors import ServerUnreachable
from tallylight.facts import Trouble
from tallylight.live import Event, Parser
from tallylight.model import AT_REST, Json, Parameters

#: Seconds of silence after which a connection is taken for dead; a heartbeat comes every ten.
SILENCE: Final = 30.0
#: Seconds between two attempts to come back, and after which no more are made: a restart takes a few.
PAUSE: Final = 0.5
LONGEST_ABSENCE: Final = 60.0
#: Statuses with which a stream ends.
_OVER: Final = AT_REST | {"deleted"}

#: What each command is called in the API.
_COMMANDS: Final = {
    "pause": "pause",
    "resume": "resume",
    "cancel": "cancel",
    "retry": "retry-failed",
    "undo": "undo",
}


@dataclass(kw_only=True)
class FarServer:
    """Raises TallylightError with the server's own words where it refuses, and ServerUnreachable where it does not
    answer.
    """

    reach: Reach
    #: Where it is now: after a restart its port may be another. Blocks; without a URL where nobody knows.
    find: Callable[[], Reach] = Reach
    clock: Clock = field(default_factory=SystemClock)

    async def start(self, parameters: Parameters) -> str:
        """Begin a session there; returns its id."""
        answer = await self._post("/api/ingest/process", {"parameters": parameters.as_json()})
        return str(answer["session_id"])

    async def command(self, command: str, session_id: str) -> str:
        """Give a command to a session; returns its status then."""
        if command == "commit":
            answer = await self._post("/api/ingest/commit", {"session_id": session_id})
        else:
            answer = await self._post(f"/api/ingest/{_COMMANDS[command]}/{_quoted(session_id)}")
        return str(answer["status"])

    async def follow(self, session_id: str, drawer: Drawer, after: int = 0) -> Json:
        """Draw a session until it is at rest, as `follow.follow` does; returns the message it rests in. A server that
        is restarted meanwhile is waited for.
        """
        drawing = _Drawing(drawer, Failures(partial(self._failures, session_id), after))
        try:
            heard_at = self.clock.monotonic()
            while not drawing.is_over:
                try:
                    await _listen(self.reach, f"/api/ingest/stream/{_quoted(session_id)}", drawing)
                    heard_at = self.clock.monotonic()
                except ServerUnreachable:
                    if self.clock.monotonic() - heard_at > LONGEST_ABSENCE:
                        raise
                if not drawing.is_over:
                    await self.clock.sleep_until(self.clock.monotonic() + PAUSE)
                    now = await to_thread.run_sync(self.find)
                    self.reach = now if now.url else self.reach
            return await drawing.finish()
        finally:
            drawer.close()

    async def _post(self, path: str, body: Json | None = None) -> Json:
        return await to_thread.run_sync(post, self.reach, path, body)

    def _failures(self, session_id: str, after: int) -> list[tuple[int, Trouble]]:
        path = f"/api/ingest/items/{_quoted(session_id)}?outcome=failed&after={after}&limit={PAGE}"
        items = get(self.reach, path)["items"]
        return [(item["seq"], Trouble(0.0, item["file"], item["code"] or "", item["message"])) for item in items]


class _Drawing:
    """What a stream tells of one session, drawn."""

    def __init__(self, drawer: Drawer, failures: Failures) -> None:
        self.is_over = False
        self.position = ""  #: what to come back with
        self._drawer = drawer
        self._failures = failures
        self._message: Json = {}

    async def event(self, event: Event) -> None:
        # A heartbeat of a connection that has told nothing yet carries none.
        self.position = event.id or self.position
        self.is_over = self.is_over or event.name == "end"
        if event.name != "message":
            return
        self._message = json.loads(event.data)
        if self._message["status"] not in _OVER:
            self._drawer.message(self._message)
            self._drawer.failures(await self._failures.new(self._message))

    async def finish(self) -> Json:
        """Draw the end; returns the last message."""
        self._drawer.failures(await self._failures.new(self._message))
        self._drawer.finish(self._message)
        return self._message


async def _listen(reach: Reach, path: str, drawing: _Drawing) -> None:
    """Draw what one connection brings, until it ends in whichever way. Raises ServerUnreachable where there is none."""
    connection = HTTPConnection(urlsplit(reach.url).netloc, timeout=SILENCE)
    try:
        # Whoever draws is waited for: what is not taken, the server leaves out in favour of what is newer.
        await to_thread.run_sync(_read, connection, reach, path, drawing, abandon_on_cancel=True)
    finally:
        # Ends a thread that nobody waits for any more.
        with suppress(OSError):
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)


def _read(connection: HTTPConnection, reach: Reach, path: str, drawing: _Drawing) -> None:
    came_with = {"last-event-id": drawing.position} if drawing.position else {}
    try:
        answer = _opened(connection, path, {**reach.headers, **came_with})
    except (OSError, HTTPException) as error:
        connection.close()
        raise unreachable(reach.url, error) from error
    parser = Parser()
    # In the middle of a stream its end is nothing unusual, whichever way it comes: the next connection goes on.
    with closing(connection), suppress(OSError, HTTPException):
        while not drawing.is_over and (chunk := answer.read1(1 << 16)):
            for event in parser.feed(chunk):
                from_thread.run(drawing.event, event)


def _opened(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> HTTPResponse:
    connection.request("GET", path, headers={"accept": "text/event-stream", **headers})
    answer = connection.getresponse()
    if answer.status != HTTPStatus.OK:
        raise refusal(answer.status, answer.read())
    return answer


def _quoted(session_id: str) -> str:
    return quote(session_id, safe="")
