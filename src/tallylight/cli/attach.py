"""Commands whose data folder a server holds: they run on that server, and are drawn here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import typer

from tallylight.asking import Reach, reach_of
from tallylight.cli.draw import Drawer
from tallylight.cli.far import FarServer
from tallylight.cli.ingest import until_rest
from tallylight.data_folder import reach_of_holder
from tallylight.errors import DataFolderBusy, OwnedElsewhere
from tallylight.model import Json
from tallylight.settings import Settings


def attached(refused: DataFolderBusy | OwnedElsewhere, settings: Settings, without: Collection[str] = ()) -> FarServer:
    """The server that stands in the way, to do it instead; says so, and which of the options given (`without`) are that
    server's to decide. Raises what it was given where there is no server, or one of another database.
    """
    if not refused.url:
        raise refused
    if isinstance(refused, OwnedElsewhere):
        typer.echo(f"tallylight: the server at {refused.url} works on this session; it is done there.", err=True)
        return far(refused)
    if refused.database not in {"", settings.database_mark}:
        raise DataFolderBusy(
            f"The server at {refused.url} holds the data folder {settings.data} and works on another database than this"
            " command was given; leave out --database (and TALLYLIGHT_DATABASE), or choose another data folder with"
            " --data."
        )
    typer.echo(f"tallylight: the server at {refused.url} holds the data folder; it is done there.", err=True)
    if without:
        are = "is" if len(without) == 1 else "are"
        typer.echo(f"tallylight: {' and '.join(without)} {are} that server's to decide, and not used.", err=True)
    return far(refused, partial(reach_of_holder, settings.data))


def far(refused: DataFolderBusy | OwnedElsewhere, find: Callable[[], Reach] = Reach) -> FarServer:
    """The server that stands in the way. `find` tells where it is after a restart."""
    return FarServer(reach=reach_of(refused), find=find)


async def carry_out(
    server: FarServer, command: str, session_id: str, drawer: Drawer, further: Json | None = None
) -> Json:
    """Give a command and draw what comes of it; returns the message the session rests in then."""
    await server.command(command, session_id, further)
    message, _ = await until_rest(partial(server.follow, session_id, drawer), None)
    return message
