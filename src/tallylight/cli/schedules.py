"""`tallylight schedule`, `schedules`, `unschedule`: folders that a server takes files from by itself."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.errors import DataFolderBusy, NotFound
from tallylight.model import Json
from tallylight.settings import Settings
from tallylight.visible import visible

if TYPE_CHECKING:
    from tallylight.schedules import Schedule

Folder = Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="The folder.")]


def schedule(
    folder: Folder,
    when: Annotated[
        str, typer.Option("--when", metavar="RULE", help="events, poll, 'every 15m' (s, m, h, d) or 'daily 03:00'.")
    ] = "events",
    commit: Annotated[bool, typer.Option("--commit", help="Commit what was found, without a review.")] = False,
    data: options.Data = None,
    database: options.Database = None,
) -> None:
    """Let the server take files from a folder by itself, as they arrive or at times.

    It survives restarts; what was missed meanwhile is made up for once, at the next start. Each time something new
    stands still there is a session of it, else none.
    """
    settings = options.settings(data=data, database=database)
    added = anyio.run(_add, settings, folder, when, commit)
    typer.echo(f"schedule {added['schedule_id']}: {visible(added['folder'])}, {added['rule']}")
    if not added["is_served"]:
        typer.echo("No server runs here; `tallylight serve --root DIR` is what looks at it.", err=True)


def schedules(
    data: options.Data = None,
    database: options.Database = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON a schedule.")] = False,
) -> None:
    """List the folders that the server takes files from by itself, when it looks next, and what is wrong."""
    found, now = anyio.run(_list, options.settings(data=data, database=database))
    if json:
        for one in found:
            typer.echo(json_module.dumps(_body(one, now)))
    elif not found:
        typer.echo("There is no schedule yet; `tallylight schedule DIR` makes one.")
    else:
        _print_table(found, now)


def unschedule(
    name: Annotated[str, typer.Argument(metavar="DIR|ID", help="The folder, or the beginning of the schedule's id.")],
    data: options.Data = None,
    database: options.Database = None,
) -> None:
    """Let the server look at a folder no more. A session that is under way goes on, and waits for a review."""
    removed = anyio.run(_remove, options.settings(data=data, database=database), name)
    typer.echo(f"{visible(removed.folder)} is not looked at any more")


async def _add(settings: Settings, folder: Path, when: str, commit: bool) -> Json:
    from tallylight.asking import command, reach_of
    from tallylight.cli.archive import without_workers
    from tallylight.ingest.scheduler import new_schedule
    from tallylight.roots import Roots, escape

    path = escape(str(await to_thread.run_sync(folder.absolute)))
    try:
        async with without_workers(settings, "schedule") as services:
            roots = await to_thread.run_sync(Roots.of, folder)
            making = partial(new_schedule, roots, path, when, auto_commit=commit, now=services.clock.now())
            added = await to_thread.run_sync(making)
            await services.write(services.schedules.add, added)
            return {**_body(added, services.clock.now()), "is_served": False}
    except DataFolderBusy as busy:
        if not busy.url:
            raise
        body: Json = {"folder": path, "rule": when, "auto_commit": commit}
        return {**await to_thread.run_sync(command, reach_of(busy), "POST", "/api/schedules", body), "is_served": True}


async def _list(settings: Settings) -> tuple[list[Schedule], float]:
    from tallylight.clock import SystemClock
    from tallylight.disk import open_schedules

    async with open_schedules(settings) as schedules:
        return await to_thread.run_sync(schedules.all), SystemClock().now()


async def _remove(settings: Settings, name: str) -> Schedule:
    from tallylight.asking import command, reach_of
    from tallylight.cli.archive import without_workers

    found, _ = await _list(settings)
    wanted = await to_thread.run_sync(_named, found, name)
    try:
        async with without_workers(settings, "unschedule") as services:
            await services.write(services.schedules.remove, wanted.schedule_id)
    except DataFolderBusy as busy:
        if not busy.url:
            raise
        await to_thread.run_sync(command, reach_of(busy), "DELETE", f"/api/schedules/{wanted.schedule_id}")
    return wanted


def _named(found: Sequence[Schedule], name: str) -> Schedule:
    from tallylight.roots import escape

    # A folder may be gone by now, and its schedule still has to go.
    folder = escape(str(Path(name).resolve()))
    matching = [one for one in found if one.folder == folder]
    if not matching and len(name) >= 4:
        matching = [one for one in found if one.schedule_id.startswith(name)]
    if len(matching) != 1:
        raise NotFound(f"There is no schedule {name}; `tallylight schedules` lists them.")
    return matching[0]


def _body(one: Schedule, now: float) -> Json:
    from tallylight.ingest.scheduler import due

    known = {name: getattr(one, name) for name in one.__slots__}
    return {**known, "trouble": one.trouble or None, "next_at": due(one, now)}


def _print_table(found: Sequence[Schedule], now: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("SCHEDULE", "WHEN", "COMMIT", "LAST", "NEXT", "FOLDER"):
        table.add_column(heading, no_wrap=heading != "FOLDER", overflow="fold")
    for one in found:
        commit = "by itself" if one.auto_commit else "by you"
        last, following = _time(one.ran_at) if one.ran_at else "never", _next(one, now)
        table.add_row(one.schedule_id[:8], one.rule, commit, last, following, visible(one.folder))
    Console(highlight=False).print(table)
    for one in found:
        if one.trouble:
            typer.echo(f"{one.schedule_id[:8]}: {visible(one.trouble)}", err=True)


def _next(one: Schedule, now: float) -> str:
    from tallylight.ingest.scheduler import due

    at = due(one, now)
    return "on arrival" if at is None else "now" if at <= now else _time(at)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
