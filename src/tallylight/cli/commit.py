"""`tallylight commit`: take a session into the catalog."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import SOME_FAILED, watched
from tallylight.errors import BadFolder
from tallylight.settings import Settings


def commit(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
    preview: Annotated[
        str | None,
        typer.Option("--preview", metavar="NAME", help="Only if it does what this preview showed; --json names it."),
    ] = None,
) -> None:
    """Commit what a session extracted to the catalog, without the files that were excluded from it. Doing it again adds
    nothing.

    A file that was changed since it was read is refused, and `tallylight preview SESSION --refused` lists it.
    Exit status: 0 all committed, 1 some files were refused, 2 unusable arguments.
    """
    raise typer.Exit(
        anyio.run(_run, options.settings(data=data, database=database), session, preview, choose(as_json=json))
    )


async def _run(settings: Settings, name: str, preview: str | None, drawer: Drawer) -> int:
    from tallylight.cli.archive import named, over_its_folders, without_workers

    session = await named(settings, name)
    settings = await to_thread.run_sync(over_its_folders, settings, session)
    if not settings.roots:
        folders = ", ".join(session.parameters.directories)
        raise BadFolder(f"{folders} is not there, so its files cannot be looked at; connect its disk, then try again.")
    async with without_workers(settings, "commit") as services:
        await services.supervisor.commit(session.session_id, preview)
        message, _ = await watched(services, session.session_id, drawer, None)
    return SOME_FAILED if message["commit"]["errors"] or "error" in message else 0
