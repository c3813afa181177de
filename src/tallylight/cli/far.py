"""A server that holds the data folder, as a place where sessions run: commands go to it over HTTP, and its stream is
drawn here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import quote

from anyio import to_thread

from tallylight.asking import Reach, get, post
from tallylight.cli.draw import Drawer
from tallylight.cli.failures import PAGE, Failures
from tallylight.client import End, Message, Patience, State, follow
from tallylight.clock import Clock, SystemClock
from tallylight.errors import NotAdmitted, Refused, ServerUnreachable
from tallylight.facts import Trouble
from tallylight.model import AT_REST, Json, Parameters, Status

#: Seconds after which a server that was heard of is given up: a restart takes a few.
LONGEST_ABSENCE: Final = 60.0
#: One address is given up sooner: a server that was restarted may have another.
_PATIENCE: Final = Patience(absence=1.0)
#: How often, and after how many seconds each, a server that has just told the end is asked for its failures.
_TRIES: Final = 60
_PAUSE: Final = 0.5
#: Statuses with which there is nothing more to draw: a stream ends, or a session waits for its folders to be looked
#: after.
_OVER: Final = AT_REST | {"deleted", Status.HELD}

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
        # Who commits without a review does so from here: no server is asked to.
        asked = {name: value for name, value in parameters.as_json().items() if name != "auto_commit"}
        answer = await self._post("/api/ingest/process", {"parameters": asked})
        return str(answer["session_id"])

    async def command(self, command: str, session_id: str, further: Json | None = None) -> str:
        """Give a command to a session, a commit with `further` fields; returns its status then."""
        if command == "commit":
            answer = await self._post("/api/ingest/commit", {"session_id": session_id, **(further or {})})
        else:
            answer = await self._post(f"/api/ingest/{_COMMANDS[command]}/{_quoted(session_id)}")
        return str(answer["status"])

    async def follow(self, session_id: str, drawer: Drawer, after: int = 0) -> Json:
        """Draw a session until it is at rest or held, as `near.follow` does; returns its last message. A server
        that is restarted meanwhile is waited for.
        """
        drawing = Drawing(drawer, Failures(partial(self._failures, session_id), after), self.clock)
        try:
            heard_at = self.clock.monotonic()
            while not drawing.is_over:
                try:
                    async with aclosing(self._heard(session_id, drawing.position)) as messages:
                        async for message in messages:
                            heard_at = self.clock.monotonic()
                            if await drawing.draw(message):
                                break
                except ServerUnreachable:
                    if self.clock.monotonic() - heard_at > LONGEST_ABSENCE:
                        raise
                    await self.look()
                except Refused:
                    # A server that was restarted lets this user in by another secret.
                    if not await self.look():
                        raise
            return await drawing.finish()
        finally:
            drawer.close()

    async def look(self) -> bool:
        """Look where the server is by now; whether it is another place, or another secret lets this user in."""
        now, before = await to_thread.run_sync(self.find), self.reach
        self.reach = now if now.url else before
        return self.reach != before

    async def ask(self, path: str) -> Json:
        """The answer to a question."""
        return await self._asked(lambda: get(self.reach, path))

    async def tell(self, path: str, body: Json) -> Json:
        """The answer to any other command."""
        return await self._post(path, body)

    def _heard(self, session_id: str, position: str) -> AsyncGenerator[Message]:
        stream, headers = f"{self.reach.url}/api/ingest/stream/{_quoted(session_id)}", self.reach.headers
        return follow(stream, last_event_id=position, headers=headers, patience=_PATIENCE, clock=self.clock)

    async def _post(self, path: str, body: Json | None = None) -> Json:
        return await self._asked(lambda: post(self.reach, path, body))

    async def _asked(self, request: Callable[[], Json]) -> Json:
        """The answer; where the server was restarted since, that of the new one."""
        try:
            return await to_thread.run_sync(request)
        except (ServerUnreachable, NotAdmitted):
            if not await self.look():
                raise
        return await to_thread.run_sync(request)

    def _failures(self, session_id: str, after: int) -> list[tuple[int, Trouble]]:
        path = f"/api/ingest/items/{_quoted(session_id)}?outcome=failed&after={after}&limit={PAGE}"
        items = get(self.reach, path)["items"]
        return [(item["seq"], Trouble(0.0, item["file"], item["code"] or "", item["message"])) for item in items]


class Drawing:
    """What a stream tells of one session, drawn."""

    def __init__(self, drawer: Drawer, failures: Failures, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.is_over = False
        self.position = ""  #: what to come back with
        self._drawer = drawer
        self._failures = failures
        self._message: Json = {}

    async def draw(self, message: Message) -> bool:
        """Returns whether nothing more is to be drawn."""
        self.is_over = isinstance(message, End)
        if isinstance(message, State):
            self.position, self._message = message.position, message.body
            self.is_over = message.status == Status.HELD
            if message.status not in _OVER:
                self._drawer.message(message.body)
                # A server that goes away is asked again with the next message.
                with suppress(ServerUnreachable):
                    self._drawer.failures(await self._failures.new(message.body))
        return self.is_over

    @property
    def has_heard(self) -> bool:
        """Whether it was told anything at all."""
        return bool(self._message)

    async def finish(self) -> Json:
        """Draw the end; returns the last message. Raises ServerUnreachable where the server stays away."""
        self._drawer.failures(await self._last_failures())
        self._drawer.finish(self._message)
        return self._message

    async def _last_failures(self) -> list[Trouble]:
        for _ in range(_TRIES):
            try:
                return await self._failures.new(self._message)
            except ServerUnreachable:
                await self._clock.sleep_until(self._clock.monotonic() + _PAUSE)
        return await self._failures.new(self._message)


def _quoted(session_id: str) -> str:
    return quote(session_id, safe="")
