"""The library: what is committed, as a page that also works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.datastructures import URL
from starlette.responses import Response

from tallylight.catalog import Catalog, Medium, Order
from tallylight.catalog.search import parse
from tallylight.errors import BadInput, NotFound
from tallylight.model import Json
from tallylight.visible import visible
from tallylight.web.context import Given
from tallylight.web.routes.pages import draw

router = APIRouter()

#: Files on one page without scripts.
PAGE: Final = 60
#: NSFW scores from here on are shown to those who ask.
VEILED_FROM: Final = 0.5


class Sort(NamedTuple):
    """What a choice in the list of orders means to `GET /api/media`."""

    order: Order | None
    descending: bool


#: By the name in the address, which is that in the catalogues, too: `library.sort.…`.
SORTS: Final[Mapping[str, Sort]] = {
    "newest": Sort(Order.ADDED, descending=True),
    "oldest": Sort(Order.ADDED, descending=False),
    "taken_last": Sort(Order.DATE, descending=True),
    "taken_first": Sort(Order.DATE, descending=False),
    "best": Sort(Order.SCORE, descending=True),
    "worst": Sort(Order.SCORE, descending=False),
    "largest": Sort(Order.SIZE, descending=True),
    "path": Sort(Order.PATH, descending=False),
    "content": Sort(Order.CONTENT, descending=False),
    "likeness": Sort(Order.LIKENESS, descending=False),
}


@router.get("/library", include_in_schema=False)
def library(
    request: Request,
    services: Given,
    q: Annotated[str, Query(max_length=4000)] = "",
    sort: str = "newest",
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """A page of what a search finds; a search that cannot be is told beside its words."""
    sort = sort if sort in SORTS else "newest"
    trouble = ""
    try:
        found, total = _found(services.catalog, q, SORTS[sort], offset)
    except (BadInput, NotFound) as error:
        found, total, trouble = [], 0, str(error)
    given = {
        "q": q,
        "sort": sort,
        "sorts": SORTS,
        "found": [_shown(medium) for medium in found],
        "total": total,
        "trouble": trouble,
        "veiled_from": VEILED_FROM,
        "earlier": _to(request, max(0, offset - PAGE)) if offset else "",
        "later": _to(request, offset + PAGE) if offset + PAGE < total else "",
    }
    page = {"here": "library", "entry": "library/page.js", "styles": ["files", "library"]}
    return draw(request, services, "library.html.jinja", {**page, **given})


def _found(catalog: Catalog, q: str, sort: Sort, offset: int) -> tuple[list[Medium], int]:
    search = parse(q)
    ids = catalog.find(search, sort.order, descending=sort.descending, offset=offset, limit=PAGE)
    return catalog.media_of(ids), catalog.count_found(search)


def _to(request: Request, offset: int) -> str:
    """The query of this page from another offset on."""
    return URL(str(request.url)).include_query_params(offset=offset).query


def _shown(medium: Medium) -> Json:
    nsfw = medium.outcome.nsfw_score
    return {
        "media_id": medium.media_id,
        "name": visible(PurePosixPath(medium.path).name),
        "path": visible(medium.path),
        "score": medium.outcome.score,
        "favourite": medium.outcome.favourite,
        "has_thumbnail": medium.outcome.has_thumbnail,
        "is_veiled": nsfw is not None and nsfw >= VEILED_FROM,
    }
