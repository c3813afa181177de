"""`tallylight watch`: take files into the catalog as they arrive."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.errors import DataFolderBusy, TallylightError
from tallylight.model import Status
from tallylight.roots import Roots, escape
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.cli.takes import Takes
    from tallylight.ingest.extractors import Extractors
    from tallylight.services import Services

#: Somebody said so, and expects it to stay until they say something else.
HANDS_OFF: Final = frozenset({Status.PAUSED, Status.HELD, Status.UNDOING})


def watch(  # noqa: PLR0917 (typer makes the options from these)
    paths: Annotated[list[Path], typer.Argument(metavar="DIR...", readable=False, help="Folders to watch.")],
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
    still: Annotated[float, typer.Option(min=0.1, metavar="S", help="Seconds a file must stand still.")] = 5.0,
    poll: Annotated[bool, typer.Option("--poll", help="Look again and again, also on local disks.")] = False,
    jobs: options.Jobs = None,
) -> None:
    """Ingest and commit what is in the folders, and then whatever arrives, once it has stood still.

    Local disks tell of changes by themselves; network file systems are looked at every two seconds. What an earlier
    watch of these folders was cut off in is gone on with first. Ctrl-C ends it. Where a server holds the data folder,
    the sessions run there.
    """
    settings = options.settings(roots=tuple(paths), data=data, database=database, jobs=jobs)
    how, draw = _How(still=still, polls=poll), partial(choose, as_json=json)
    try:
        anyio.run(_run, settings, how, draw)
    except DataFolderBusy as busy:
        anyio.run(_run_there, busy, settings, ["--jobs"] if jobs is not None else [], how, draw)


@dataclass(frozen=True, slots=True)
class _How:
    """How it is looked at what arrives."""

    still: float
    polls: bool


async def _run(settings: Settings, how: _How, draw: Callable[[], Drawer]) -> None:
    from tallylight.cli.near import Here
    from tallylight.cli.takes import Takes
    from tallylight.services import open_services

    async with open_services(settings, doing="watch") as services:
        takes = Takes(place=Here(services), roots=services.roots, draw=draw)

        async def first() -> None:
            await _go_on(services, takes)
            await takes.take(list(services.roots.folders))

        await _watch(services.roots, how, services.extractors, services.skipped, takes.take, first)


async def _run_there(
    busy: DataFolderBusy, settings: Settings, without: list[str], how: _How, draw: Callable[[], Drawer]
) -> None:
    """The same beside a server that holds the data folder: this process looks at the folders, and the server reads what
    has arrived. What an earlier watch was cut off in, the server has gone on with by itself.
    """
    from tallylight.cli.attach import attached
    from tallylight.cli.extractors import found
    from tallylight.cli.takes import Takes
    from tallylight.ingest.running import innermost
    from tallylight.roots import Roots

    server = attached(busy, settings, without)
    roots = await to_thread.run_sync(lambda: Roots.of(*settings.roots))
    for folder in roots.folders:
        # What that server may not read is no folder to wait for.
        await server.ask(f"/api/ingest/directories?path={quote(escape(folder), safe='')}")
    take = Takes(place=server, roots=roots, draw=draw).take
    skip = await to_thread.run_sync(os.path.realpath, settings.data)
    try:
        await _watch(roots, how, await found(settings), (skip,), take, partial(take, list(roots.folders)))
    except BaseExceptionGroup as group:
        cause = innermost(group)
        if isinstance(cause, TallylightError):
            raise cause from group
        raise


async def _watch(
    roots: Roots,
    how: _How,
    extractors: Extractors,
    skip: tuple[str, ...],
    take: Callable[[list[str]], Awaitable[None]],
    first: Callable[[], Awaitable[None]],
) -> None:
    """Until it is ended by a signal: what is there `first`, then `take` what arrives."""
    from tallylight.clock import SystemClock
    from tallylight.ingest import watch as watching
    from tallylight.ingest.changes import changes, must_poll
    from tallylight.ingest.discover import is_media

    folders = list(roots.folders)
    polls = how.polls or await to_thread.run_sync(must_poll, folders)
    wanted = partial(is_media, suffixes=extractors.suffixes)
    job = watching.Watch(
        changes=partial(changes, folders, polls, wanted),
        take=take,
        clock=SystemClock(),
        still_for=how.still,
        wanted=wanted,
        skip=skip,
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_end_on_signal, tasks.cancel_scope)
        # Listening begins before the first look: what arrives in between is seen twice rather than never.
        tasks.start_soon(watching.run, job)
        await first()
        typer.echo(f"Watching {len(folders)} folder{'s' * (len(folders) > 1)}; Ctrl-C ends it.", err=True)


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _go_on(services: Services, takes: Takes) -> None:
    """Go on with what an earlier watch of these folders was cut off in. Other sessions over them are somebody's: told
    of, and left as they are.
    """
    for session in await to_thread.run_sync(services.journal.sessions_in_motion):
        if not all(map(services.roots.covers, session.parameters.directories)):
            continue
        name, status = session.session_id, session.state.status
        if not session.parameters.auto_commit or status in HANDS_OFF:
            typer.echo(f"Session {name} over these folders is {status}; `tallylight resume {name[:8]}`.", err=True)
            continue
        try:
            await services.supervisor.resume(name)
            await takes.see_through(name)
        except TallylightError as error:
            typer.echo(f"tallylight: {error}", err=True)
