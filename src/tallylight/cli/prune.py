"""`tallylight prune`: forget old sessions and thumbnails that nobody needs."""

from __future__ import annotations

import json as json_module
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.draw import words
from tallylight.errors import OwnedElsewhere
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.ingest.prune import Plan
    from tallylight.services import Services

#: Sessions that are named one by one.
_MOST_NAMED: Final = 20


def prune(
    keep_days: Annotated[float, typer.Option(min=0, metavar="N", help="Keep sessions of the last N days.")],
    data: options.Data = None,
    database: options.Database = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    json: Annotated[bool, typer.Option("--json", help="What was found, as one line of JSON.")] = False,
) -> None:
    """Forget sessions that have been at rest for long, and thumbnails that nobody needs any more.

    Says what would go and asks before it acts; where nobody can be asked it acts only with --yes. The catalog is never
    touched, but a commit whose session is forgotten can no longer be undone. A running server has to be stopped first.
    """
    anyio.run(_run, options.settings(data=data, database=database), keep_days, yes, json)


async def _run(settings: Settings, keep_days: float, yes: bool, json: bool) -> None:
    from tallylight.cli.archive import without_workers
    from tallylight.ingest.prune import plan

    async with without_workers(settings, "prune") as services:
        await to_thread.run_sync(_refuse_company, services)
        now = services.clock.now()
        found = await to_thread.run_sync(plan, services.journal, services.catalog, services.thumbnails, now, keep_days)
        if not json:
            _tell(found, keep_days)
        is_wanted = bool(found.sessions or found.thumbnails) and (yes or (not json and _asked()))
        if is_wanted:
            await _carry_out(services, found)
        if json:
            typer.echo(json_module.dumps(_body(found, is_wanted)))
        elif is_wanted:
            typer.echo("Done.")


def _refuse_company(services: Services) -> None:
    """A thumbnail that another process has just made is needed by an outcome that is not written yet."""
    in_motion = [session.session_id for session in services.journal.sessions_in_motion()]
    if elsewhere := set(in_motion) - services.leases.free(in_motion):
        raise OwnedElsewhere(
            f"Another process works on session {min(elsewhere)}; prune once that is at rest, or was stopped."
        )


async def _carry_out(services: Services, found: Plan) -> None:
    for session in found.sessions:
        await services.supervisor.delete(session.session_id)
    for sha256 in found.thumbnails:
        await to_thread.run_sync(services.thumbnails.remove, sha256)


def _asked() -> bool:
    if sys.stdin.isatty():
        return typer.confirm("Remove them?")
    typer.echo("Nothing was removed; add --yes to do it.")
    return False


def _tell(found: Plan, keep_days: float) -> None:
    if not found.sessions and not found.thumbnails:
        rested = f"no session has been at rest for {keep_days:g} days"
        typer.echo(f"Nothing to remove: {rested}, and every thumbnail is needed.")
        return
    for session in found.sessions[:_MOST_NAMED]:
        state = session.state
        when = datetime.fromtimestamp(session.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        typer.echo(f"{session.session_id[:8]}  {when}  {state.status}  {state.processed:,} files")
    if len(found.sessions) > _MOST_NAMED:
        typer.echo(f"and {len(found.sessions) - _MOST_NAMED:,} more")
    typer.echo(
        f"{len(found.sessions):,} sessions with {found.outcomes:,} outcomes, and {len(found.thumbnails):,} thumbnails"
        f" ({words.size(found.thumbnail_bytes)}) that nothing else needs. The catalog stays as it is."
    )


def _body(found: Plan, is_removed: bool) -> dict[str, object]:
    return {
        "sessions": [session.session_id for session in found.sessions],
        "outcomes": found.outcomes,
        "thumbnails": len(found.thumbnails),
        "thumbnail_bytes": found.thumbnail_bytes,
        "removed": is_removed,
    }
