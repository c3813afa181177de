"""`tallylight commit`: take a session into the catalog."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import SOME_FAILED, watched
from tallylight.errors import DataFolderBusy, OwnedElsewhere
from tallylight.settings import Settings


def commit(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
) -> None:
    """Commit what a session extracted to the catalog. Doing it again adds nothing.

    Exit status: 0 all committed, 1 some files were refused, 2 unusable arguments.
    """
    raise typer.Exit(anyio.run(_run, options.settings(data=data, database=database), session, choose(as_json=json)))


async def _run(settings: Settings, name: str, drawer: Drawer) -> int:
    from tallylight.cli.archive import named, without_workers
    from tallylight.cli.attach import attached, carry_out

    session_id = (await named(settings, name)).session_id
    try:
        async with without_workers(settings, "commit") as services:
            await services.supervisor.commit(session_id)
            message, _ = await watched(services, session_id, drawer, None)
    except (DataFolderBusy, OwnedElsewhere) as refused:
        message = await carry_out(attached(refused, settings), "commit", session_id, drawer)
    return SOME_FAILED if message["commit"]["errors"] or "error" in message else 0
