"""`tallylight watch`: take files into the catalog as they arrive."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.errors import BadFolder, WrongMove
from tallylight.model import Json
from tallylight.roots import escape, outermost
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.services import Services

#: Where Linux lists what is mounted; elsewhere nothing is known to need polling.
MOUNTS: Final = Path("/proc/mounts")
_POLL_MS: Final = 2000


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

    Local disks tell of changes by themselves; network file systems are looked at every two seconds. Ctrl-C ends it.
    """
    settings = options.settings(roots=tuple(paths), data=data, database=database, jobs=jobs)
    anyio.run(_run, settings, still, poll, partial(choose, as_json=json))


async def _run(settings: Settings, still: float, poll: bool, draw: Callable[[], Drawer]) -> None:
    from tallylight.ingest import watch as watching
    from tallylight.ingest.discover import is_media
    from tallylight.services import open_services

    async with open_services(settings, doing="watch") as services:
        folders = list(services.roots.folders)
        must_poll = poll or await to_thread.run_sync(_must_poll, folders)
        take = partial(_take, services, draw)
        wanted = partial(is_media, suffixes=services.extractors.suffixes)
        changes = partial(_changes, folders, must_poll, wanted)
        job = watching.Watch(changes=changes, take=take, clock=services.clock, still_for=still, wanted=wanted)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_on_signal, tasks.cancel_scope)
            # Listening begins before the first look: what arrives in between is seen twice rather than never.
            tasks.start_soon(watching.run, job)
            await take(folders)
            typer.echo(f"Watching {len(folders)} folder{'s' * (len(folders) > 1)}; Ctrl-C ends it.", err=True)


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _take(services: Services, draw: Callable[[], Drawer], folders: list[str]) -> None:
    """A session over these folders, and its commit."""
    from tallylight.cli.follow import follow
    from tallylight.model import Parameters

    try:
        asked = [await to_thread.run_sync(services.roots.folder, folder) for folder in outermost(folders)]
    except BadFolder as error:
        # It went away again, with what had arrived in it.
        typer.echo(f"tallylight: {error}", err=True)
        return
    session = await services.supervisor.start(Parameters(directories=tuple(map(escape, asked))))
    try:
        message = await follow(services, session.session_id, draw())
        if message["status"] == "completed" and _has_news(message):
            await services.supervisor.commit(session.session_id)
            await follow(services, session.session_id, draw())
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True), suppress(WrongMove):
            await services.supervisor.cancel(session.session_id)
        raise


def _has_news(message: Json) -> bool:
    """Whether there is anything to commit."""
    stats = message["stats"]
    return bool(stats["processed_files"] > stats["errors"] or stats["missing"] or stats["found_again"])


async def _changes(folders: list[str], poll: bool, wanted: Callable[[str], bool]) -> AsyncIterator[Collection[str]]:
    from watchfiles import Change, awatch

    changes = awatch(
        *folders, watch_filter=None, force_polling=poll, poll_delay_ms=_POLL_MS, ignore_permission_denied=True
    )
    async for found in changes:
        # Of a folder only that it is new: what changes in it is told of by itself.
        yield {path for change, path in found if change is Change.added or (change is Change.modified and wanted(path))}


def _must_poll(folders: list[str]) -> bool:
    from tallylight.ingest.watch import is_on_network

    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(is_on_network(folder, mounts) for folder in folders)
