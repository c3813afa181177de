"""`tallylight ingest`: the same pipeline with no server, or on the one that holds the data folder."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread
from anyio.abc import TaskStatus

from tallylight.cli import options
from tallylight.cli.draw import Drawer, choose
from tallylight.errors import DataFolderBusy, TallylightError, WrongMove
from tallylight.model import ConflictRule, Json, Parameters, Tier
from tallylight.roots import escape
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.services import Services

INTERRUPTED = 130
SOME_FAILED = 1
HELD = 3


def ingest(  # noqa: PLR0913, PLR0917 (typer makes the options from these)
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", readable=False, help="Folders to ingest.")],
    commit: Annotated[bool, typer.Option("--commit", help="Commit to the catalog when done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON message a line, as in the stream.")] = False,
    data: options.Data = None,
    database: options.Database = None,
    tier: Annotated[Tier, typer.Option(help="How deep: list, read metadata, or also decode and hash.")] = Tier.FULL,
    pattern: Annotated[str, typer.Option(help="Names to take, such as '*.mp4|*.png'. [default: all media]")] = "",
    no_keywords: Annotated[bool, typer.Option("--no-keywords", help="Make no keywords.")] = False,
    no_scores: Annotated[bool, typer.Option("--no-scores", help="Take no scores and favourites.")] = False,
    nsfw: Annotated[bool, typer.Option("--nsfw", help="Score how likely pictures are NSFW (extra: nsfw).")] = False,
    nsfw_threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Files scored at or over it count as NSFW.")
    ] = 0.5,
    no_skip_existing: Annotated[
        bool, typer.Option("--no-skip-existing", help="Also read files the catalog knows unchanged.")
    ] = False,
    conflict_rule: Annotated[
        ConflictRule, typer.Option(help="Whom to believe where a file, its sidecars and the catalog disagree.")
    ] = ConflictRule.NEWEST,
    pixel_hash: Annotated[
        bool, typer.Option("--pixel-hash", help="Also hash the pixels: the same picture with other metadata.")
    ] = False,
    stealth: Annotated[
        bool, typer.Option("--stealth", help="Look for parameters hidden in the alpha channel.")
    ] = False,
    max_files: Annotated[int | None, typer.Option(min=0, metavar="N", help="Process at most so many.")] = None,
    jobs: options.Jobs = None,
    limit: options.Limit = None,
    guard_share: options.GuardShare = None,
) -> None:
    """Ingest folders without a server; where one holds the data folder, on that server.

    Exit status: 0 all well, 1 some files failed, 2 unusable arguments, 3 held, 130 interrupted. An interrupted session
    keeps what it had; `tallylight show` lists it and `tallylight commit` commits it. One that was killed goes on with
    `tallylight resume`, and so does one that is held because too many known files are missing.
    """
    if nsfw:
        from tallylight.ingest.extract.nsfw import demand

        demand()
    given = {**options.limits(limit), "guard_share": guard_share}
    settings = options.settings(roots=tuple(paths), data=data, database=database, jobs=jobs, **given)
    parameters = partial(
        Parameters,
        pattern=pattern,
        tier=tier,
        extract_keywords=not no_keywords,
        import_scores=not no_scores,
        enable_nsfw_detection=nsfw,
        nsfw_threshold=nsfw_threshold,
        skip_existing=not no_skip_existing,
        max_files=max_files,
        conflict_rule=conflict_rule,
        pixel_hash=pixel_hash,
        read_stealth=stealth,
    )
    without = [
        name
        for name, value in (("--jobs", jobs), ("--limit", limit), ("--guard-share", guard_share))
        if value is not None
    ]
    drawer = choose(as_json=json)
    try:
        status = anyio.run(_run, settings, parameters, drawer, commit)
    except DataFolderBusy as busy:
        status = anyio.run(_run_there, busy, settings, without, parameters, drawer, commit)
    raise typer.Exit(status)


async def _run_there(
    busy: DataFolderBusy,
    settings: Settings,
    without: list[str],
    parameters: Callable[..., Parameters],
    drawer: Drawer,
    commits: bool,
) -> int:
    """The same on the server that holds the data folder."""
    from tallylight.cli.attach import attached, carry_out
    from tallylight.roots import Roots

    server = attached(busy, settings, without)
    roots = await to_thread.run_sync(lambda: Roots.of(*settings.roots))
    session_id = await server.start(parameters(directories=tuple(escape(folder) for folder in roots.folders)))
    follow, stop = partial(server.follow, session_id, drawer), partial(server.command, "cancel", session_id)
    message, interrupted = await until_rest(follow, stop)
    if interrupted:
        return INTERRUPTED
    if commits and message["status"] == "completed":
        message = await carry_out(server, "commit", session_id, drawer)
    return exit_status(message)


async def _run(settings: Settings, parameters: Callable[..., Parameters], drawer: Drawer, commits: bool) -> int:
    from tallylight.services import open_services

    async with open_services(settings, doing="ingest") as services:
        asked = parameters(directories=tuple(escape(folder) for folder in services.roots.folders))
        session = await services.supervisor.start(asked)
        stop = partial(services.supervisor.cancel, session.session_id)
        message, interrupted = await watched(services, session.session_id, drawer, stop)
        if interrupted:
            return INTERRUPTED
        if commits and message["status"] == "completed":
            await services.supervisor.commit(session.session_id)
            message, _ = await watched(services, session.session_id, drawer, None)
    return exit_status(message)


def exit_status(message: Json) -> int:
    """0 where everything went well, 1 where some files failed or the session did, 3 where it is held."""
    if message["status"] == "held":
        return HELD
    troubles = message["stats"]["errors"] + message["commit"]["errors"]
    return SOME_FAILED if troubles or "error" in message else 0


async def watched(
    services: Services,
    session_id: str,
    drawer: Drawer,
    stop: Callable[[], Awaitable[object]] | None,
    after: int = 0,
) -> tuple[Json, bool]:
    """Draw a session of this process, with its failures numbered above `after`; as `until_rest`."""
    from tallylight.cli.near import follow

    return await until_rest(partial(follow, services, session_id, drawer, after), stop)


async def until_rest(
    follow: Callable[[], Awaitable[Json]], stop: Callable[[], Awaitable[object]] | None
) -> tuple[Json, bool]:
    """Follow a session until it is at rest or held, and call `stop` at the first Ctrl-C or SIGTERM (None: they are left
    alone).

    Returns its last message, and whether it was interrupted. Raises what `follow` raises.
    """
    from tallylight.ingest.running import innermost

    interrupted = False

    async def listen(*, task_status: TaskStatus[None]) -> None:
        nonlocal interrupted
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                if not interrupted and stop is not None:
                    interrupted = True
                    # It may have come to rest in this very moment.
                    with suppress(WrongMove):
                        await stop()

    try:
        async with anyio.create_task_group() as tasks:
            await tasks.start(listen)
            message = await follow()
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        cause = innermost(group)
        if isinstance(cause, TallylightError):
            raise cause from group
        raise
    return message, interrupted
