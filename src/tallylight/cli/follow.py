"""`tallylight follow`: watch a session from anywhere, to its end."""

from __future__ import annotations

import json as json_module
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.cli.ingest import INTERRUPTED, exit_status, until_rest
from tallylight.errors import BadParameters, NotFound, WrongMove
from tallylight.model import AT_REST, Json
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.cli.far import FarServer
    from tallylight.cli.place import Place
    from tallylight.journal import Session

#: Seconds for which a command at the end may run.
_NOTIFY_S: Final = 60.0


def follow(  # noqa: PLR0917 (typer makes the options from these)
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
    ca: options.Ca = None,
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

    Exit status: 0 all well, 1 some files failed or the session did, 2 there is nothing to follow or --notify-cmd
    failed, 130 interrupted.
    """
    settings = options.settings(data=data, database=database)
    far = partial(_place, token=token, trust=options.trusted(ca))
    message, interrupted = anyio.run(_followed, settings, target, far, choose(as_json=json))
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if notify_cmd:
        notify(notify_cmd, message)
    raise typer.Exit(exit_status(message))


async def _place(url: str, *, token: str | None, trust: ssl.SSLContext | bool) -> Place:
    from tallylight.cli.place import Server, place_at

    return await place_at(url, Server({"Authorization": f"Bearer {token}"} if token else {}, trust))


async def _followed(
    settings: Settings, target: str, far: Callable[[str], Awaitable[Place]], drawer: Drawer
) -> tuple[Json, bool]:
    from tallylight.cli.archive import named
    from tallylight.cli.sessions import message_of

    if "://" in target:
        follow_it = partial(_draw, await far(target), drawer)
    else:
        session = await named(settings, target)
        if session.state.status in AT_REST:
            return _drawn(drawer, message_of(session)), False
        follow_it = partial((await _holder(settings, session)).follow, session.session_id, drawer)
    with anyio.CancelScope() as scope:

        async def stop() -> None:
            scope.cancel()

        return await until_rest(follow_it, stop)
    return {}, True


async def _holder(settings: Settings, session: Session) -> FarServer:
    """The server that works on a session of this data folder. Raises WrongMove where none does."""
    from tallylight.cli.far import FarServer
    from tallylight.data_folder import reach_of_holder

    find = partial(reach_of_holder, settings.data)
    reach = await to_thread.run_sync(find)
    if not reach.url:
        name, status = session.session_id, session.state.status
        raise WrongMove(
            f"Session {name} is {status}, and no server works on it; `tallylight resume {name[:8]}` goes on with it."
        )
    return FarServer(reach=reach, find=find)


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
        raise BadParameters(
            f"The session is {message['status']}, but the command of --notify-cmd {_why(error)}: {command}"
        ) from error


def _why(error: OSError | subprocess.SubprocessError) -> str:
    match error:
        case subprocess.CalledProcessError(returncode=status) if status < 0:
            return f"was ended by signal {-status}"
        case subprocess.CalledProcessError(returncode=status):
            return f"ended with status {status}"
        case subprocess.TimeoutExpired():
            return f"was ended after {_NOTIFY_S:.0f} s"
        case _:
            return f"could not be run ({error})"
