"""`tallylight extractors`: which kinds of file this installation reads."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from anyio import to_thread

import tallylight
from tallylight.cli import options
from tallylight.cli.ingest import SOME_FAILED
from tallylight.model import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Json
from tallylight.settings import Settings
from tallylight.visible import visible

if TYPE_CHECKING:
    from tallylight.ingest.extractors import Extractors


def extractors(
    json: Annotated[bool, typer.Option("--json", help="One line of JSON for each.")] = False,
) -> None:
    """List what reads files: Tallylight's own readers, and the extractors that other packages brought along.

    Exit status: 0 all can be used, 1 one is left out; its reason is told.
    """
    there = anyio.run(found, options.settings())
    rows = [*_own(), *_brought(there)]
    for row in rows:
        typer.echo(json_module.dumps(row) if json else _line(row))
    raise typer.Exit(SOME_FAILED if there.left_out else 0)


async def found(settings: Settings) -> Extractors:
    """The extractors that other packages brought along, each tried in a process of its own."""
    from tallylight.clock import SystemClock
    from tallylight.ingest.extract.plugins import declared
    from tallylight.ingest.extractors import Extractors, examined
    from tallylight.services import open_local_engine

    if not (named := await to_thread.run_sync(declared)):
        return Extractors()
    async with open_local_engine(settings.model_copy(update={"jobs": 1}), SystemClock()) as engine:
        return await examined(engine, named)


def _own() -> Iterator[Json]:
    for type_, suffixes in (("image", IMAGE_SUFFIXES), ("video", VIDEO_SUFFIXES)):
        package = {"package": "tallylight", "version": tallylight.__version__}
        yield {"name": type_, "type": type_, "suffixes": sorted(suffixes), **package}


def _brought(found: Extractors) -> Iterator[Json]:
    for one in found.installed:
        package = {"package": one.declared.package, "version": one.declared.version}
        yield {"name": one.name, "type": one.type, "suffixes": sorted(one.suffixes), **package}
    for left_out in found.left_out:
        declared = left_out.declared
        package = {"package": declared.package, "version": declared.version}
        yield {"name": declared.name, **package, "left_out": left_out.reason, "sentence": str(left_out)}


def _line(row: Json) -> str:
    if "left_out" in row:
        return visible(row["sentence"])
    return visible(f"{row['name']} ({row['type']}): {' '.join(row['suffixes'])}: {row['package']} {row['version']}")
