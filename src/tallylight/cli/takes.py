"""What a watch does with what has arrived: a session over its folders, and the commit of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeVar

import anyio
import typer
from anyio import to_thread

from tallylight.cli.draw import Drawer
from tallylight.clock import Clock, SystemClock
from tallylight.errors import ServerUnreachable, TallylightError
from tallylight.model import Json, Parameters
from tallylight.roots import Roots, escape, outermost

_T = TypeVar("_T")

#: Seconds between two tries at a server that does not answer.
PAUSE: Final = 2.0


class Place(Protocol):
    """Where the sessions run: this process, or a server."""

    async def start(self, parameters: Parameters) -> str: ...

    async def follow(self, session_id: str, drawer: Drawer) -> Json: ...

    async def command(self, command: str, session_id: str) -> str: ...

    async def look(self) -> bool: ...


@dataclass(kw_only=True)
class Takes:
    """One take after the other. What goes wrong with one is said, and is the end of that one alone; a server that does
    not answer is waited for, however long, wherever it is then.
    """

    place: Place
    roots: Roots
    draw: Callable[[], Drawer]
    clock: Clock = field(default_factory=SystemClock)
    _one_by_one: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    async def take(self, folders: list[str]) -> None:
        """A session over these folders, and its commit. What arrives meanwhile waits for its end."""
        async with self._one_by_one:
            try:
                # One that went away again, with what had arrived in it, is said by its own sentence.
                asked = [await to_thread.run_sync(self.roots.folder, folder) for folder in outermost(folders)]
                wanted = Parameters(directories=tuple(map(escape, asked)), auto_commit=True)
                session_id = await self._until_answered(partial(self.place.start, wanted))
                await self._until_answered(partial(self.see_through, session_id))
            except TallylightError as error:
                typer.echo(f"tallylight: {error}", err=True)

    async def see_through(self, session_id: str) -> None:
        """Follow a session in motion to its end, and commit it. One that is committed by then is left at that."""
        try:
            message = await self.place.follow(session_id, self.draw())
            if message["status"] == "completed" and _has_news(message):
                await self.place.command("commit", session_id)
                await self.place.follow(session_id, self.draw())
        except anyio.get_cancelled_exc_class():
            # A commit cannot be cancelled, and a server that is gone has nothing to cancel.
            with anyio.CancelScope(shield=True), suppress(TallylightError):
                await self.place.command("cancel", session_id)
            raise

    async def _until_answered(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        has_said = False
        while True:
            try:
                return await ask()
            except ServerUnreachable as error:
                if not has_said:
                    typer.echo(f"tallylight: {error} It is waited for; Ctrl-C ends the watch.", err=True)
                has_said = True
            await self.clock.sleep_until(self.clock.monotonic() + PAUSE)
            await self.place.look()


def _has_news(message: Json) -> bool:
    """Whether there is anything to commit."""
    stats = message["stats"]
    return bool(stats["processed_files"] > stats["errors"] or stats["missing"] or stats["found_again"])
