"""Follows a session of this process as any reader does, and draws it."""

from __future__ import annotations

import json

from anyio import to_thread

from tallylight.cli.draw import Drawer
from tallylight.facts import Trouble
from tallylight.live import Parser, Wish
from tallylight.model import Json, OutcomeKind, Status
from tallylight.services import Services


async def follow(services: Services, session_id: str, drawer: Drawer, after: int = 0) -> Json:
    """Draw a session until it is at rest, or held until somebody looks after its folders; returns its last message.

    Failures numbered above `after` are drawn, each once. The first message is drawn at once. The drawer is closed
    however this ends.
    """
    told = _Failures(services, session_id, after)
    reader = services.hub.join(Wish(only=session_id))
    try:
        update = await services.update(session_id)
        services.hub.begin(reader, {session_id: update.seq})
        message = dict(update.state)
        parser = Parser()
        ended = update.final or _is_held(message)
        while not ended:
            drawer.message(message)
            drawer.failures(await told.new(message))
            await reader.wait()
            for event in parser.feed(reader.take()):
                ended = ended or event.name == "end"
                if event.name == "message":
                    message = json.loads(event.data)
                    ended = ended or _is_held(message)
        drawer.failures(await told.new(message))
        drawer.finish(message)
        return message
    finally:
        services.hub.leave(reader)
        drawer.close()


def _is_held(message: Json) -> bool:
    return str(message["status"]) == Status.HELD


class _Failures:
    """Which failures have been drawn. Asks the journal, since a message tells only the last few."""

    def __init__(self, services: Services, session_id: str, after: int) -> None:
        self._services = services
        self._session_id = session_id
        self._after = after
        self._seen = (-1, -1)

    async def new(self, message: Json) -> list[Trouble]:
        # The count alone would not do: a file that is retried and fails again leaves it as it was.
        seen = (message["stats"]["errors"], message["progress"])
        if seen == self._seen or message["phase"] == "commit":
            return []
        self._seen = seen
        return await to_thread.run_sync(self._read)

    def _read(self) -> list[Trouble]:
        found: list[Trouble] = []
        while page := self._services.journal.items(
            self._session_id, kind=OutcomeKind.FAILED, after=self._after, limit=1000
        ):
            self._after = page[-1].seq
            found += [Trouble(0.0, item.outcome.file, item.outcome.code or "", item.outcome.message) for item in page]
        return found
