"""`tallylight watch`: take files into the catalog as they arrive."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.errors import BadFolder, OwnedElsewhere, WrongMove
from tallylight.model import Json, Status
from tallylight.roots import escape, outermost
from tallylight.settings import Settings

if TYPE_CHECKING:
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
    watch of these folders was cut off in is gone on with first. Ctrl-C ends it.
    """
    settings = options.settings(roots=tuple(paths), data=data, database=database, jobs=jobs)
    anyio.run(_run, settings, still, poll, partial(choose, as_json=json))


async def _run(settings: Settings, still: float, poll: bool, draw: Callable[[], Drawer]) -> None:
    from tallylight.ingest import watch as watching
    from tallylight.ingest.changes import changes, must_poll
    from tallylight.ingest.discover import is_media
    from tallylight.services import open_services

    async with open_services(settings, doing="watch") as services:
        folders = list(services.roots.folders)
        polls = poll or await to_thread.run_sync(must_poll, folders)
        take = _one_by_one(partial(_take, services, draw))
        wanted = partial(is_media, suffixes=services.extractors.suffixes)
        job = watching.Watch(
            changes=partial(changes, folders, polls, wanted),
            take=take,
            clock=services.clock,
            still_for=still,
            wanted=wanted,
            skip=services.skipped,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_on_signal, tasks.cancel_scope)
            # Listening begins before the first look: what arrives in between is seen twice rather than never.
            tasks.start_soon(watching.run, job)
            await _go_on(services, draw)
            await take(folders)
            typer.echo(f"Watching {len(folders)} folder{'s' * (len(folders) > 1)}; Ctrl-C ends it.", err=True)


def _one_by_one(take: Callable[[list[str]], Awaitable[None]]) -> Callable[[list[str]], Awaitable[None]]:
    """What arrives while the first look is still under way waits for its end."""
    lock = anyio.Lock()

    async def locked(folders: list[str]) -> None:
        async with lock:
            await take(folders)

    return locked


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _take(services: Services, draw: Callable[[], Drawer], folders: list[str]) -> None:
    """A session over these folders, and its commit."""
    from tallylight.model import Parameters

    try:
        asked = [await to_thread.run_sync(services.roots.folder, folder) for folder in outermost(folders)]
    except BadFolder as error:
        # It went away again, with what had arrived in it.
        typer.echo(f"tallylight: {error}", err=True)
        return
    parameters = Parameters(directories=tuple(map(escape, asked)), auto_commit=True)
    session = await services.supervisor.start(parameters)
    await _see_through(services, draw, session.session_id)


async def _see_through(services: Services, draw: Callable[[], Drawer], session_id: str) -> None:
    """Follow a session in motion to its end, and commit it."""
    from tallylight.cli.near import follow

    try:
        message = await follow(services, session_id, draw())
        if message["status"] == "completed" and _has_news(message):
            await services.supervisor.commit(session_id)
            await follow(services, session_id, draw())
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True), suppress(WrongMove):
            await services.supervisor.cancel(session_id)
        raise


async def _go_on(services: Services, draw: Callable[[], Drawer]) -> None:
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
        except OwnedElsewhere as error:
            typer.echo(f"tallylight: {error}", err=True)
            continue
        await _see_through(services, draw, name)


def _has_news(message: Json) -> bool:
    """Whether there is anything to commit."""
    stats = message["stats"]
    return bool(stats["processed_files"] > stats["errors"] or stats["missing"] or stats["found_again"])
