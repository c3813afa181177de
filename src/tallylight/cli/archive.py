"""Opens the data folder for commands that need no workers, and finds sessions by the names people type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from anyio import to_thread

from tallylight.clock import Clock
from tallylight.disk import open_journal
from tallylight.engine import Engine
from tallylight.engine.inline import InlineEngine
from tallylight.errors import NotFound
from tallylight.journal import Journal, Session
from tallylight.roots import unescape
from tallylight.services import Services, open_services
from tallylight.settings import Settings

#: Characters of an id that are enough to name a session, if no other begins with them.
SHORTEST_NAME = 4
LAST = "last"


def without_workers(settings: Settings, doing: str) -> AbstractAsyncContextManager[Services]:
    """Services for commands that extract nothing; opened at once."""
    return open_services(settings, doing=doing, open_engine=_inline, extracts=False)


@asynccontextmanager
async def open_to_look(settings: Settings) -> AsyncIterator[Journal]:
    """The journal, read only: sessions in motion stay as they are, whoever works on them."""
    async with open_journal(settings) as journal:
        yield journal


def over_its_folders(settings: Settings, session: Session) -> Settings:
    """With the session's folders as roots: those that are gone are for its files' outcomes to tell. Blocking."""
    folders = (Path(unescape(folder)) for folder in session.parameters.directories)
    return settings.model_copy(update={"roots": tuple(folder for folder in folders if folder.is_dir())})


def find(journal: Journal, name: str) -> Session:
    """The session that `name` names: its id, the beginning of it, or `last`. Raises NotFound."""
    if name == LAST:
        newest = journal.sessions(limit=1)
        if not newest:
            raise NotFound("There is no session yet; `tallylight ingest PATH` starts one.")
        return newest[0]
    try:
        return journal.session(name)
    except NotFound:
        matching = [session for session in journal.sessions(limit=10_000) if session.session_id.startswith(name)]
        if len(name) < SHORTEST_NAME or len(matching) != 1:
            raise
        return matching[0]


async def named(settings: Settings, name: str) -> Session:
    """As `find`, whoever holds the data folder."""
    async with open_to_look(settings) as journal:
        return await to_thread.run_sync(find, journal, name)


@asynccontextmanager
async def _inline(_settings: Settings, clock: Clock) -> AsyncIterator[Engine]:
    engine = InlineEngine(clock=clock)
    try:
        yield engine
    finally:
        await engine.aclose()
