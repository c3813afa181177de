"""Committed media: what a search finds, their thumbnails and the files themselves."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from tallylight.catalog import Catalog, Order, Search
from tallylight.catalog.search import parse
from tallylight.ingest.writeback import WriteBack, run
from tallylight.model import Json
from tallylight.web import bodies
from tallylight.web.context import Given
from tallylight.web.files import AskedFile, file_response
from tallylight.web.pictures import thumbnail_response
from tallylight.web.schemas import RateRequest, WriteScoresRequest

router = APIRouter(prefix="/api/media", tags=["media"])

MediaId = Annotated[int, Path(ge=0, le=2**62)]


@router.get("")
async def media(
    services: Given,
    q: Annotated[str, Query(max_length=4000)] = "",
    order: Order | None = None,
    descending: bool = False,
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """What a search finds in the catalog: a page of it, how many there are, and the offset of the following page."""
    return await to_thread.run_sync(partial(_page, services.catalog, parse(q), order, descending, offset, limit))


@router.get("/facets")
async def facets(services: Given, q: Annotated[str, Query(max_length=4000)] = "") -> Json:
    """What the files that a search finds have in common, counted, each with the `word` that narrows the search down to
    it. Of at most 10,000 files, those committed last; `complete` says whether these are all.
    """
    return bodies.facets(await to_thread.run_sync(services.catalog.facets, parse(q)))


@router.get("/{media_id}")
async def medium(media_id: MediaId, services: Given) -> Json:
    """All that the catalog knows of one file."""
    return bodies.medium(await to_thread.run_sync(services.catalog.medium, media_id))


@router.patch("/{media_id}")
async def rate(media_id: MediaId, body: RateRequest, services: Given) -> Json:
    """Rate a committed file in the catalog; answers with all that it knows of it then. Files and sidecars stay as they
    are.
    """
    at = services.clock.now()
    await services.write(services.catalog.rate, [media_id], body.said(), at)
    return bodies.medium(await to_thread.run_sync(services.catalog.medium, media_id))


@router.post("/write-scores")
async def write_scores(body: WriteScoresRequest, services: Given) -> Json:
    """Write scores and favourites of the catalog to sidecars, where those say something else. Only says what it would
    write, unless `dry_run` is false.
    """
    media_ids = await to_thread.run_sync(services.catalog.find, parse(body.q))
    totals = await run(
        WriteBack(
            catalog=services.catalog,
            roots=services.roots,
            target=body.to,
            now=services.clock.now,
            dry=body.dry_run,
        ),
        media_ids,
    )
    return {"to": body.to.value, "dry_run": body.dry_run, **totals.as_json()}


@router.get("/{media_id}/thumbnail", response_class=Response)
async def thumbnail(media_id: MediaId, services: Given) -> Response:
    """The thumbnail of a committed file."""
    medium = await to_thread.run_sync(services.catalog.medium, media_id)
    return await thumbnail_response(services.thumbnails, medium.outcome)


@router.get("/{media_id}/file", response_class=Response)
async def file(media_id: MediaId, services: Given, asked: AskedFile) -> Response:
    """The committed file as it is on disk now, as long as it lies inside a root; also a range of it."""
    medium = await to_thread.run_sync(services.catalog.medium, media_id)
    return await file_response(services.roots, medium.path, asked)


def _page(catalog: Catalog, search: Search, order: Order | None, descending: bool, offset: int, limit: int) -> Json:
    ids = catalog.find(search, order, descending=descending, offset=offset, limit=limit)
    total = catalog.count_found(search)
    following = offset + len(ids)
    return {
        "media": [bodies.medium(medium) for medium in catalog.media_of(ids)],
        "total": total,
        "next": following if ids and following < total else None,
    }
