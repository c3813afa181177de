"""`tallylight undo`: take back what a session committed."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import exit_status, watched
from tallylight.errors import DataFolderBusy, OwnedElsewhere
from tallylight.settings import Settings


def undo(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
) -> None:
    """Put the catalog back as it was before a session's commit: what it added goes, what it replaced returns.

    Refused where a session that was committed later wrote the same files; that one is named. Exit status: 0 undone, 1
    it stopped half-way (undo again to go on), 2 it cannot be undone.
    """
    raise typer.Exit(anyio.run(_run, options.settings(data=data, database=database), session, choose(as_json=json)))


async def _run(settings: Settings, name: str, drawer: Drawer) -> int:
    from tallylight.cli.archive import named, without_workers
    from tallylight.cli.attach import attached, carry_out

    session_id = (await named(settings, name)).session_id
    try:
        async with without_workers(settings, "undo") as services:
            await services.supervisor.undo(session_id)
            message, _ = await watched(services, session_id, drawer, None)
    except (DataFolderBusy, OwnedElsewhere) as refused:
        message = await carry_out(attached(refused, settings), "undo", session_id, drawer)
    return 0 if message["status"] == "undone" else exit_status(message)
