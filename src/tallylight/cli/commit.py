"""`tallylight commit`: take a session into the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import SOME_FAILED, watched
from tallylight.errors import BadFolder, DataFolderBusy, OwnedElsewhere
from tallylight.model import Status
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.journal import Session


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
    from tallylight.cli.attach import attached, carry_out

    session = await named(settings, name)
    own = await to_thread.run_sync(over_its_folders, settings, session)
    try:
        async with without_workers(own, "commit") as services:
            _check_folders(own, session)
            await services.supervisor.commit(session.session_id, preview)
            message, _ = await watched(services, session.session_id, drawer, None)
    except (DataFolderBusy, OwnedElsewhere) as refused:
        body = {"preview": preview} if preview is not None else {}
        message = await carry_out(attached(refused, settings), "commit", session.session_id, drawer, body)
    return SOME_FAILED if message["commit"]["errors"] or "error" in message else 0


def _check_folders(settings: Settings, session: Session) -> None:
    if not settings.roots and session.state.status is not Status.COMMITTED:
        folders = ", ".join(session.parameters.directories)
        raise BadFolder(f"{folders} is not there, so its files cannot be looked at; connect its disk, then try again.")
