"""`tallylight pause`, `resume`, `cancel` and `retry`: commands to a session, wherever it runs.

A server that holds the data folder is asked over HTTP; where none does, the command acts by itself, and what then has
to be worked on is worked on here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import INTERRUPTED, exit_status, watched
from tallylight.errors import DataFolderBusy, OwnedElsewhere
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.journal import Session
    from tallylight.services import Services

AsJson = Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")]


def pause(session: options.SessionName, data: options.Data = None, database: options.Database = None) -> None:
    """Let a session finish the files it is on and start no new ones, until `tallylight resume`.

    Exit status: 0 paused, 2 it cannot be paused.
    """
    anyio.run(_settle, options.settings(data=data, database=database), session, "pause")


def cancel(session: options.SessionName, data: options.Data = None, database: options.Database = None) -> None:
    """Stop a session. What it had can be reviewed and committed.

    Exit status: 0 cancelled, 2 it cannot be cancelled.
    """
    anyio.run(_settle, options.settings(data=data, database=database), session, "cancel")


def resume(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: AsJson = False,
    jobs: options.Jobs = None,
) -> None:
    """Go on with a session that is paused, held, or cut off: by a crash, a full disk, a power cut.

    A held one is confirmed by this: what it misses is really gone. Exit status: 0 all well (or a server goes on with
    it), 1 some files failed, 2 it cannot go on, 3 it is held, 130 interrupted.
    """
    settings = options.settings(data=data, database=database, jobs=jobs)
    raise typer.Exit(anyio.run(_work, settings, session, "resume", choose(as_json=json)))


def retry(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: AsJson = False,
    jobs: options.Jobs = None,
) -> None:
    """Try the files of a session that failed again. Each stays failed until its new outcome.

    Exit status: 0 all well (or a server does it), 1 some files failed again, 2 nothing can be tried, 130 interrupted.
    """
    settings = options.settings(data=data, database=database, jobs=jobs)
    raise typer.Exit(anyio.run(_work, settings, session, "retry", choose(as_json=json)))


async def _settle(settings: Settings, name: str, command: str) -> None:
    """A command that needs no workers."""
    from tallylight.cli.archive import named, without_workers

    session = await named(settings, name)
    try:
        async with without_workers(settings, command) as services:
            status = await _commands(services)[command](session.session_id)
    except (DataFolderBusy, OwnedElsewhere) as busy:
        status = await _asked(busy, command, session)
    typer.echo(f"session {session.session_id} is {status}")


async def _work(settings: Settings, name: str, command: str, drawer: Drawer) -> int:
    """A command after which there is something to do."""
    from tallylight.cli.archive import named, over_its_folders
    from tallylight.services import open_services

    session = await named(settings, name)
    settings = await to_thread.run_sync(over_its_folders, settings, session)
    try:
        async with open_services(settings, doing=command) as services:
            before = (await services.state(session.session_id)).seq
            await _commands(services)[command](session.session_id)
            stop = partial(services.supervisor.cancel, session.session_id)
            message, interrupted = await watched(services, session.session_id, drawer, stop, after=before)
    except (DataFolderBusy, OwnedElsewhere) as busy:
        status = await _asked(busy, command, session)
        typer.echo(f"session {session.session_id} is {status}, on the server at {busy.url}")
        return 0
    return INTERRUPTED if interrupted else exit_status(message)


def _commands(services: Services) -> dict[str, Callable[[str], Awaitable[str]]]:
    supervisor = services.supervisor
    return {
        "pause": supervisor.pause,
        "resume": supervisor.resume,
        "cancel": supervisor.cancel,
        "retry": supervisor.retry,
    }


async def _asked(busy: DataFolderBusy | OwnedElsewhere, command: str, session: Session) -> str:
    """Have the server that stands in the way do it; returns the session's status then."""
    from tallylight.cli.attach import far

    if not busy.url:
        raise busy
    return await far(busy).command(command, session.session_id)
