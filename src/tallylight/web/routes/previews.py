"""What a commit of a session would do: a diff over all its files, and which of them are left out of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal

import anyio
from anyio import to_thread
from fastapi import APIRouter, Depends, Query

from tallylight.ingest.diff import Page, first_page, summary, total, unlisted_folders
from tallylight.ingest.discover import name_filter
from tallylight.journal import Choice
from tallylight.model import Effect, Json, Reason
from tallylight.services import Services
from tallylight.web.context import Given
from tallylight.web.schemas import Chosen

router = APIRouter(prefix="/api/ingest/preview", tags=["preview"])

#: How long a request waits for a preview that is not up to date. A short session is done by then; of a long one, what
#: there is is shown, and the rest is looked at in the background.
PATIENCE_S: Final = 0.1


def _asked(  # noqa: PLR0917 (FastAPI makes the query from these)
    effects: Annotated[list[Effect] | None, Query(alias="class")] = None,
    code: Reason | None = None,
    folder: Annotated[str, Query(max_length=16_384)] = "",
    name: Annotated[str, Query(max_length=1000)] = "",
    conflicts: bool = False,
    set_aside: bool | None = None,
    refused: bool = False,
    nsfw: Annotated[float | None, Query(ge=0, le=1)] = None,
) -> Choice:
    return Choice(
        effects=tuple(effect.value for effect in effects or ()),
        code=code,
        folder=folder,
        named=name_filter(name) if name else None,
        conflicts=conflicts,
        set_aside=set_aside,
        refused=refused,
        nsfw=nsfw,
    )


#: The files that a query asks for.
Asked = Annotated[Choice, Depends(_asked)]


@router.get("/{session_id}")
async def preview(
    session_id: str,
    services: Given,
    choice: Asked,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    offset: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """A page of what a commit would do, and all of it in numbers. Pass `next` as `after` for the following page, or
    give an `offset` to begin anywhere: then `total` tells how many there are.

    Everything that is given has to fit: one or several `class`, a reason `code`, a `folder`, a `name` such as `*.png`;
    `conflicts=true` gives the files on which somebody disagrees, `set_aside=true` those that you excluded,
    `refused=true` those that the commit did not take, and `nsfw=0.7` those scored at or over it. While `complete` is
    false there is more to come: ask again.
    """
    page = await _page(services, session_id, choice, after, offset or 0, limit)
    if offset is None:
        return page.as_json()
    found = await to_thread.run_sync(total, services.journal, page.summary, choice)
    return {**page.as_json(), "total": found}


@router.get("/{session_id}/folders")
async def folders(
    session_id: str,
    services: Given,
    effect: Annotated[Literal["unchanged", "excluded", "missing"], Query(alias="class")],
    after: Annotated[str, Query(max_length=16_384)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """The folders of files that are on no page of the preview, because discovery only counted them or did not find
    them: of one `class`, sorted; pass `next` as `after` for the following page. `names` are those of missing files, at
    most 1,000 of a folder.
    """
    return await to_thread.run_sync(unlisted_folders, services.journal, session_id, effect, after, limit)


@router.post("/{session_id}/exclude")
async def exclude(session_id: str, body: Chosen, services: Given) -> Json:
    """Set files aside: the commit of this session leaves them alone. Single numbers, or what a filter finds now."""
    return await _set_aside(services, session_id, body, aside=True)


@router.post("/{session_id}/include")
async def include(session_id: str, body: Chosen, services: Given) -> Json:
    """Take back files that were set aside."""
    return await _set_aside(services, session_id, body, aside=False)


async def _page(services: Services, session_id: str, choice: Choice, after: int, offset: int, limit: int) -> Page:
    with anyio.move_on_after(PATIENCE_S):
        await services.looker.look_now(session_id)
    ask = partial(first_page, services.journal, services.catalog, session_id, choice)
    read = partial(ask, after=after, offset=offset, limit=limit)
    page = await to_thread.run_sync(read)
    if not page.summary.complete:
        services.looker.look(session_id)
    return page


async def _set_aside(services: Services, session_id: str, body: Chosen, *, aside: bool) -> Json:
    changed = await services.supervisor.set_aside(session_id, body.to_choice(), aside=aside)
    now = await to_thread.run_sync(summary, services.journal, services.catalog, session_id)
    return {"changed": changed, **now.as_json()}
