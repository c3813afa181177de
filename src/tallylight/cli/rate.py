"""`tallylight rate`: say what you think of committed files."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.errors import BadParameters, DataFolderBusy, NotFound
from tallylight.model import Json
from tallylight.settings import Settings


def rate(
    media: Annotated[list[int], typer.Argument(metavar="ID...", min=0, help="Numbers of files, as `find` lists them.")],
    score: Annotated[int | None, typer.Option(min=-1, max=5, metavar="N", help="-1 (reject) to 5.")] = None,
    favourite: Annotated[bool | None, typer.Option("--favourite/--no-favourite", help="Whether it is one.")] = None,
    unrate: Annotated[bool, typer.Option("--unrate", help="Take the score back.")] = False,
    data: options.Data = None,
    database: options.Database = None,
) -> None:
    """Rate committed files, in the catalog alone: their sidecars follow with `tallylight write-scores`.

    A later ingest knows who said so and when, and its conflict rule goes by it. Exit status: 0 rated, 2 it cannot be.
    """
    if unrate and score is not None:
        raise BadParameters("--score gives a score and --unrate takes it back; use one of them.")
    said: Json = {"score": score} if score is not None or unrate else {}
    said |= {"favourite": favourite} if favourite is not None else {}
    if not said:
        raise BadParameters("Nothing was said of the files; give --score, --unrate, --favourite or --no-favourite.")
    count = anyio.run(_run, options.settings(data=data, database=database), list(dict.fromkeys(media)), said)
    typer.echo(f"{count:,} file{'s' * (count != 1)} rated")


async def _run(settings: Settings, media_ids: list[int], said: Json) -> int:
    from tallylight.cli.archive import without_workers

    try:
        async with without_workers(settings, "rate") as services:
            known = await to_thread.run_sync(services.catalog.media_of, media_ids)
            if missing := set(media_ids) - {medium.media_id for medium in known}:
                raise NotFound(f"The catalog holds no file number {min(missing)}; nothing was rated.")
            return await services.write(services.catalog.rate, media_ids, said, services.clock.now())
    except DataFolderBusy as busy:
        return await to_thread.run_sync(_asked, busy, media_ids, said)


def _asked(busy: DataFolderBusy, media_ids: list[int], said: Json) -> int:
    """The same, through the server that holds the data folder."""
    from tallylight.asking import command, reach_of

    if not busy.url:
        raise busy
    for media_id in media_ids:  # all are looked for before the first is rated
        command(reach_of(busy), "GET", f"/api/media/{media_id}")
    for media_id in media_ids:
        command(reach_of(busy), "PATCH", f"/api/media/{media_id}", said)
    return len(media_ids)
