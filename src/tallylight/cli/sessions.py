"""`tallylight sessions` and `tallylight show`: what there is, and what one session found."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import words
from tallylight.facts import Trouble
from tallylight.messages import view
from tallylight.model import Json, OutcomeKind
from tallylight.settings import Settings
from tallylight.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from tallylight.journal import Item, Journal, Session

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def sessions(
    data: options.Data = None,
    database: options.Database = None,
    json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most so many.")] = 20,
) -> None:
    """List sessions, newest first."""
    found = anyio.run(_sessions, options.settings(data=data, database=database), limit)
    if json:
        for session in found:
            typer.echo(json_module.dumps({**message_of(session), "created_at": session.created_at}))
    elif not found:
        typer.echo("There is no session yet; `tallylight ingest PATH` or the page starts one.")
    else:
        from rich.console import Console

        Console(highlight=False).print(_table(found))


def show(
    session: options.SessionName,
    data: options.Data = None,
    database: options.Database = None,
    json: AsJson = False,
    failures: Annotated[int, typer.Option(min=0, help="Show at most so many failures.")] = 20,
) -> None:
    """Show one session: its numbers, what it was asked to do, what failed and why."""
    found, failed = anyio.run(_session, options.settings(data=data, database=database), session, failures)
    if json:
        body = {**message_of(found), "created_at": found.created_at, "parameters": found.parameters.as_json()}
        typer.echo(json_module.dumps(body))
        return
    for line in _lines(found, failed):
        typer.echo(line)


def message_of(session: Session) -> Json:
    """The message of a session as the journal has it."""
    return view(session.state, session.state.at)


async def _sessions(settings: Settings, limit: int) -> list[Session]:
    from tallylight.cli.archive import open_to_look

    async with open_to_look(settings) as journal:
        return await to_thread.run_sync(lambda: journal.sessions(limit=limit))


async def _session(settings: Settings, name: str, most: int) -> tuple[Session, list[Item]]:
    from tallylight.cli.archive import open_to_look

    async with open_to_look(settings) as journal:
        return await to_thread.run_sync(_read, journal, name, most)


def _read(journal: Journal, name: str, most: int) -> tuple[Session, list[Item]]:
    from tallylight.cli.archive import find

    session = find(journal, name)
    return session, journal.items(session.session_id, kind=OutcomeKind.FAILED, limit=most) if most else []


def _table(found: list[Session]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("SESSION", "WHEN", "STATUS", "FILES", "FAILED", "FOLDERS"):
        # Only the last column gives way where the terminal is narrow: rich narrows those first that may wrap.
        is_last = heading == "FOLDERS"
        right = heading in {"FILES", "FAILED"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=not is_last)
    for session in found:
        state = session.state
        folders = ", ".join(visible(folder) for folder in session.parameters.directories)
        cells = [session.session_id[:8], _when(session), state.status.value, f"{state.processed:,}"]
        table.add_row(*map(Text, [*cells, f"{state.errors:,}"]), Text(folders, no_wrap=True, overflow="ellipsis"))
    return table


def _lines(session: Session, failed: list[Item]) -> Iterator[str]:
    message, parameters = message_of(session), session.parameters
    yield f"session   {session.session_id}"
    yield f"started   {_when(session)}"
    yield f"folders   {', '.join(visible(folder) for folder in parameters.directories)}"
    yield f"tier      {parameters.tier.value}" + (f", {visible(parameters.pattern)}" if parameters.pattern else "")
    yield words.ending(message)
    for item in failed:
        outcome = item.outcome
        yield "failed: " + words.failure(Trouble(0.0, outcome.file, outcome.code or "", outcome.message))
    if (more := session.state.errors - len(failed)) > 0:
        yield f"… and {more:,} more failed"


def _when(session: Session) -> str:
    return datetime.fromtimestamp(session.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
