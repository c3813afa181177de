"""`tallylight write-scores`: write ratings of the catalog to sidecars of the files."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.cli.find import words
from tallylight.settings import Settings
from tallylight.visible import visible

if TYPE_CHECKING:
    from tallylight.catalog import Catalog, Search
    from tallylight.ingest.writeback import Change, Totals
    from tallylight.roots import Roots

#: Changes and failures that are named one by one.
_MOST_NAMED: Final = 20
#: Media whose folders are read in one go.
_AT_ONCE: Final = 1_000


class TargetName(StrEnum):
    """As `ingest.writeback.Target`, which need not be loaded to read a command line."""

    SCORES = "scores"
    XMP = "xmp"


def write_scores(  # noqa: PLR0917 (typer makes the options from these)
    to: Annotated[TargetName, typer.Option("--to", help="Which kind of sidecar: .scores/NAME.json, or XMP.")],
    query: Annotated[
        list[str] | None, typer.Argument(metavar="[QUERY]...", help="Which files, as for `find`. [default: all]")
    ] = None,
    data: options.Data = None,
    database: options.Database = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    json: Annotated[bool, typer.Option("--json", help="What came of it, as one line of JSON.")] = False,
) -> None:
    """Write scores and favourites of the catalog to sidecars beside the files, where those say something else.

    Says what it would write and asks; where nobody can be asked it writes only with --yes. The files themselves are
    never touched, and of a sidecar only the rating. A server may go on meanwhile. Exit status: 0 all well, 1 some could
    not be written, 2 unusable words.
    """
    from tallylight.catalog.search import parse

    search = parse(words(query))
    settings = options.settings(data=data, database=database)
    totals = anyio.run(_run, settings, search, to, _Way(dry_run, yes, json))
    raise typer.Exit(1 if totals.failed else 0)


class _Way:
    """How it is done and told."""

    def __init__(self, dry: bool, yes: bool, json: bool) -> None:
        self.dry = dry
        self.yes = yes
        self.json = json


async def _run(settings: Settings, search: Search, to: TargetName, way: _Way) -> Totals:
    from tallylight.disk import open_catalog
    from tallylight.ingest.writeback import Totals

    async with open_catalog(settings) as catalog:
        media_ids = await to_thread.run_sync(catalog.find, search)
        roots = await to_thread.run_sync(_roots, settings, catalog, media_ids)
        totals = Totals()
        if not (way.yes and not way.dry):
            totals = await _gone_through(catalog, roots, to, media_ids, dry=True)
            _tell(totals, way, is_done=False)
        if not way.dry and (way.yes or (totals.written and not way.json and _asked())):
            totals = await _gone_through(catalog, roots, to, media_ids, dry=False)
            _tell(totals, way, is_done=True)
        return totals


async def _gone_through(catalog: Catalog, roots: Roots, to: TargetName, ids: Sequence[int], *, dry: bool) -> Totals:
    from tallylight.clock import SystemClock
    from tallylight.ingest.writeback import Target, WriteBack, run

    job = WriteBack(catalog=catalog, roots=roots, target=Target(to.value), now=SystemClock().now, dry=dry)
    return await run(job, ids)


def _roots(settings: Settings, catalog: Catalog, media_ids: Sequence[int]) -> Roots:
    """The folders that may be written: those of the setting, else those the files lie in. No link leads out of them."""
    from tallylight.catalog.prepared import split
    from tallylight.roots import Roots, outermost, unescape

    if settings.roots:
        return Roots.of(*settings.roots)
    folders: set[str] = set()
    for start in range(0, len(media_ids), _AT_ONCE):
        found = catalog.media_of(media_ids[start : start + _AT_ONCE])
        folders |= {os.path.realpath(unescape(split(medium.path)[0])) for medium in found}
    return Roots(tuple(outermost(sorted(folders))))


def _asked() -> bool:
    if sys.stdin.isatty():
        return typer.confirm("Write them?")
    typer.echo("Nothing was written; add --yes to do it.")
    return False


def _tell(totals: Totals, way: _Way, *, is_done: bool) -> None:
    if way.json:
        # Where it is only a plan, because nobody said --yes, that is what is told.
        typer.echo(json_module.dumps({"dry_run": not is_done, **totals.as_json()}))
        return
    if not is_done or way.yes:
        for change in totals.changes[:_MOST_NAMED]:
            typer.echo(_line(change))
        if totals.written > _MOST_NAMED:
            typer.echo(f"and {totals.written - min(_MOST_NAMED, len(totals.changes)):,} more")
    for failure in totals.failures[:_MOST_NAMED]:
        typer.echo(f"failed: {visible(failure.path)}: {visible(failure.message)}", err=True)
    if totals.failed > _MOST_NAMED:
        typer.echo(f"and {totals.failed - _MOST_NAMED:,} more that failed", err=True)
    typer.echo(_sum(totals, is_done=is_done))


def _line(change: Change) -> str:
    said = ", ".join(f"{name} {_word(before)} → {_word(value)}" for name, (before, value) in change.fields.items())
    return f"{visible(change.sidecar)}{' (new)' if change.is_new else ''}: {said}"


def _word(value: object) -> str:
    return "none" if value is None else str(value).lower()


def _sum(totals: Totals, *, is_done: bool) -> str:
    sidecars = f"{totals.written:,} sidecar{'s' * (totals.written != 1)}"
    written = f"{sidecars} written" if is_done else f"{sidecars} to write"
    failed = f", {totals.failed:,} {'failed' if is_done else 'cannot be written'}" if totals.failed else ""
    return f"{written}, {totals.same:,} of {totals.total:,} files need none{failed}."
