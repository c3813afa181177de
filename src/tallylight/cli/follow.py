"""`tallylight follow`: watch a session from anywhere, to its end."""

from __future__ import annotations

import json as json_module
import subprocess
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.asking import Reach
from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import INTERRUPTED, exit_status, until_rest
from tallylight.errors import BadParameters, NotFound, WrongMove
from tallylight.model import AT_REST, Json
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.cli.place import Place

#: Seconds for which a command at the end may run.
_NOTIFY_S: Final = 60.0


def follow(
    target: Annotated[
        str,
        typer.Argument(
            metavar="SESSION_OR_URL",
            help="A session here (its id, the beginning of it, or 'last'), or an address: of a server, of a session's "
            "page, of its stream.",
        ),
    ] = "last",
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
    token: Annotated[str | None, typer.Option(help="Where the server wants one.")] = None,
    notify_cmd: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run by the shell at the end, with the last message on standard input and TALLYLIGHT_SESSION, "
            "TALLYLIGHT_STATUS, TALLYLIGHT_FILES and TALLYLIGHT_ERRORS set.",
        ),
    ] = None,
) -> None:
    """Follow a session to its end, over restarts of the server and bad networks. Ctrl-C ends the watching alone.

    Exit status: 0 all well, 1 some files failed or the session did, 2 there is nothing to follow, 130 interrupted.
    """
    settings = options.settings(data=data, database=database)
    message, interrupted = anyio.run(_followed, settings, target, token, choose(as_json=json))
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if notify_cmd:
        notify(notify_cmd, message)
    raise typer.Exit(exit_status(message))


async def _followed(settings: Settings, target: str, token: str | None, drawer: Drawer) -> tuple[Json, bool]:
    from tallylight.cli.place import place_at

    if "://" in target:
        place = await place_at(target, {"Authorization": f"Bearer {token}"} if token else {})
    else:
        known = await _here(settings, target)
        if not isinstance(known, Reach):
            return _drawn(drawer, known), False
        place = await place_at(known.url, known.headers)
    with anyio.CancelScope() as scope:

        async def stop() -> None:
            scope.cancel()

        return await until_rest(partial(_draw, place, drawer), stop)
    return {}, True


async def _here(settings: Settings, name: str) -> Reach | Json:
    """Where a session of this data folder is told that moves; of one at rest, its last message."""
    from tallylight.cli.archive import named
    from tallylight.cli.sessions import message_of
    from tallylight.data_folder import reach_of_holder

    session = await named(settings, name)
    if session.state.status in AT_REST:
        return message_of(session)
    server = await to_thread.run_sync(reach_of_holder, settings.data)
    if server.url:
        return replace(server, url=f"{server.url}/api/ingest/stream/{session.session_id}")
    raise WrongMove(
        f"Session {session.session_id} is {session.state.status}, and no server works on it; `tallylight resume "
        f"{session.session_id[:8]}` goes on with it."
    )


def _drawn(drawer: Drawer, message: Json) -> Json:
    drawer.finish(message)
    drawer.close()
    return message


async def _draw(place: Place, drawer: Drawer) -> Json:
    from tallylight.cli.failures import Failures
    from tallylight.cli.far import Drawing

    drawing = Drawing(drawer, Failures(place.failures, 0))
    try:
        async with aclosing(place.follow()) as messages:
            async for message in messages:
                await drawing.draw(message)
        if not drawing.has_heard:
            raise NotFound(f"The server at {place.base} told nothing of this session; was it deleted?")
        return await drawing.finish()
    finally:
        drawer.close()


def notify(command: str, message: Json) -> None:
    """Run a command at the end of a session. Raises BadParameters where it cannot be run, fails or takes too long."""
    import os

    # By the environment and standard input alone: what strangers called their files never becomes part of the command.
    told = {
        "TALLYLIGHT_SESSION": message["session_id"],
        "TALLYLIGHT_STATUS": message["status"],
        "TALLYLIGHT_FILES": str(message["processed_files"]),
        "TALLYLIGHT_ERRORS": str(message["stats"]["errors"]),
    }
    try:
        subprocess.run(  # noqa: S603 (the user's own command)
            ["/bin/sh", "-c", command],
            input=json_module.dumps(message),
            env=os.environ | told,
            text=True,
            timeout=_NOTIFY_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BadParameters(f"The session is {message['status']}, but --notify-cmd did not work: {error}.") from error
