"""`tallylight reparse`: read the texts of committed files again, without the files."""

from __future__ import annotations

import json as json_module
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import anyio
import typer
from anyio.abc import TaskStatus

from tallylight.cli import options
from tallylight.cli.draw.reparsing import Reparsing, choose_reparsing
from tallylight.cli.ingest import INTERRUPTED, SOME_FAILED
from tallylight.model import Json
from tallylight.settings import Settings

if TYPE_CHECKING:
    from tallylight.ingest.reparse import Totals

Answer = TypeVar("Answer")


def reparse(
    data: options.Data = None,
    database: options.Database = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The totals as one line of JSON.")] = False,
    jobs: options.Jobs = None,
) -> None:
    """Read the prompts and workflows of committed files again with the parsers of this version. The files themselves
    are not needed.

    Exit status: 0 all well, 1 some could not be read, 2 unusable arguments, 130 interrupted. Run it as often as you
    like: a second run changes nothing, and one that was interrupted goes on.
    """
    settings = options.settings(data=data, database=database, jobs=jobs)
    totals, seconds = anyio.run(_run, settings, choose_reparsing(quiet=json, dry=dry_run), dry_run)
    interrupted = totals.done < totals.total
    if json:
        typer.echo(json_module.dumps(_body(totals, seconds, dry_run, interrupted), separators=(",", ":")))
    raise typer.Exit(INTERRUPTED if interrupted else SOME_FAILED if totals.failed else 0)


async def _run(settings: Settings, drawer: Reparsing, dry: bool) -> tuple[Totals, float]:
    from tallylight.ingest.reparse import Reparse, Totals, run
    from tallylight.services import open_services

    async with open_services(settings, doing="reparse", extracts=False) as services:
        monotonic = services.clock.monotonic
        begun, totals = monotonic(), Totals()

        def told() -> None:
            drawer.progress(totals, monotonic() - begun)

        job = Reparse(
            catalog=services.catalog, engine=services.engine, write=services.write, totals=totals, dry=dry, told=told
        )
        try:
            await _until_interrupted(lambda: run(job))
            drawer.finish(totals, monotonic() - begun)
        finally:
            drawer.close()
        return totals, monotonic() - begun


async def _until_interrupted(work: Callable[[], Awaitable[None]]) -> None:
    """Wait for the work, or for Ctrl-C or SIGTERM, which cancels it."""

    async def listen(*, task_status: TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        await tasks.start(listen)
        await work()
        tasks.cancel_scope.cancel()


def _body(totals: Totals, seconds: float, dry: bool, interrupted: bool) -> Json:
    return {**totals.as_json(), "dry_run": dry, "interrupted": interrupted, "seconds": round(seconds, 3)}
