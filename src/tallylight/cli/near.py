"""Follows a session of this process as any reader does, and draws it."""

from __future__ import annotations

import json
from functools import partial

from tallylight.cli.draw import Drawer
from tallylight.cli.failures import PAGE, Failures
from tallylight.facts import Trouble
from tallylight.live import Parser, Wish
from tallylight.model import Json, OutcomeKind, Parameters, Status
from tallylight.services import Services


class Here:
    """This process as a place where sessions run, as `far.FarServer` is one."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start(self, parameters: Parameters) -> str:
        """Begin a session; returns its id."""
        return (await self._services.supervisor.start(parameters)).session_id

    async def follow(self, session_id: str, drawer: Drawer) -> Json:
        """Draw a session until it is at rest or held; returns its last message."""
        return await follow(self._services, session_id, drawer)

    async def command(self, command: str, session_id: str) -> str:
        """Commit or cancel a session; returns its status then."""
        supervisor = self._services.supervisor
        return await {"commit": supervisor.commit, "cancel": supervisor.cancel}[command](session_id)

    async def look(self) -> bool:
        """It is where it was."""
        return False


async def follow(services: Services, session_id: str, drawer: Drawer, after: int = 0) -> Json:
    """Draw a session until it is at rest, or held until somebody looks after its folders; returns its last message.

    Failures numbered above `after` are drawn, each once. The first message is drawn at once. The drawer is closed
    however this ends.
    """
    told = Failures(partial(_page, services, session_id), after)
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


def _page(services: Services, session_id: str, after: int) -> list[tuple[int, Trouble]]:
    items = services.journal.items(session_id, kind=OutcomeKind.FAILED, after=after, limit=PAGE)
    outcomes = ((item.seq, item.outcome) for item in items)
    return [(seq, Trouble(0.0, outcome.file, outcome.code or "", outcome.message)) for seq, outcome in outcomes]
