"""What a session found: its outcomes, their thumbnails, its report."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tallylight.ingest.report import report as make_report
from tallylight.model import Json, OutcomeKind, Reason
from tallylight.roots import absolute
from tallylight.services import Services
from tallylight.web import bodies
from tallylight.web.context import Counted, Given
from tallylight.web.files import AskedFile, file_response
from tallylight.web.pictures import thumbnail_response
from tallylight.web.report_page import ReportPage, render
from tallylight.web.texts import language_of, texts

router = APIRouter(prefix="/api/ingest", tags=["outcomes"])

Seq = Annotated[int, Path(ge=0, le=2**62)]
#: How long one answer counts.
COUNTING_S: Final = 0.4


@router.get("/items/{session_id}")
async def items(  # noqa: PLR0917 (FastAPI makes the query from these)
    session_id: str,
    services: Given,
    outcome: OutcomeKind | None = None,
    code: Reason | None = None,
    conflicts: bool = False,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """A page of outcomes in the order they happened; pass `next` as `after` for the following page. `?conflicts=true`
    gives only those on which their sources disagreed.

    `code` takes those with one reason code; `bad_metadata` is that of extracted files with warnings.
    """
    wanted = partial(services.journal.items, session_id, kind=outcome, code=code, conflicts=conflicts, after=after)
    page = await to_thread.run_sync(lambda: wanted(limit=limit + 1))
    return bodies.items(page, limit)


@router.get("/failures/{session_id}")
async def failures(session_id: str, services: Given) -> Json:
    """How many files failed for which reason, the most frequent first. The files are `items` of that `code`."""
    counted = await to_thread.run_sync(services.journal.failures, session_id)
    return {
        "session_id": session_id,
        "reasons": [{"code": code.value, "count": many} for code, many in counted.items()],
    }


@router.get("/items/{session_id}/{seq}")
async def item(session_id: str, seq: Seq, services: Given, raw: bool = False) -> Json:
    """All that is known of one outcome. With `?raw=true` also the texts embedded in the file, as they were found: a
    prompt, a workflow. Of each the first 262,144 characters; `length` counts all.
    """
    found = await to_thread.run_sync(services.journal.item, session_id, seq)
    if not raw:
        return bodies.item(found)
    texts = await to_thread.run_sync(services.journal.texts, session_id, seq)
    return {**bodies.item(found), "raw": [bodies.raw_text(text) for text in texts]}


@router.get("/file/{session_id}/{seq}", response_class=Response)
async def file(session_id: str, seq: Seq, services: Given, asked: AskedFile) -> Response:
    """The file of one outcome as it is on disk now, as long as it lies inside a root; also a range of it."""
    found = await to_thread.run_sync(services.journal.item, session_id, seq)
    return await file_response(services.roots, absolute(found.outcome.root, found.outcome.file), asked)


@router.get("/facets/{session_id}")
async def facets(session_id: str, services: Given, counted: Counted) -> Json:
    """What the extracted files are like, in counts: by type, model, score, month, size (`ends` are the upper ends of
    its classes) and, in 100 classes of a hundredth, NSFW score. While `complete` is false, not everything was counted:
    ask again, and it goes on from there.
    """
    session = await to_thread.run_sync(services.journal.session, session_id)
    own = counted.of(session_id, session.epoch)
    enough = services.clock.monotonic() + COUNTING_S
    return await to_thread.run_sync(
        own.go_on, services.journal, session_id, lambda: services.clock.monotonic() >= enough
    )


@router.get("/thumbnail/{session_id}/{seq}", response_class=Response)
async def thumbnail(session_id: str, seq: Seq, services: Given) -> Response:
    """The thumbnail of one outcome, at most 256 px a side."""
    item = await to_thread.run_sync(services.journal.item, session_id, seq)
    return await thumbnail_response(services.thumbnails, item.outcome)


@router.get("/report/{session_id}", response_class=HTMLResponse)
async def report(
    request: Request,
    session_id: str,
    services: Given,
    format: Literal["html", "json"] = "html",  # noqa: A002
) -> Response:
    """What the session did and what a commit would do: a self-contained page in the reader's language, or JSON with
    `?format=json`.
    """
    await services.looker.look_now(session_id)
    if format == "json":
        return JSONResponse(await to_thread.run_sync(_report_json, services, session_id))
    page = await to_thread.run_sync(_report_page, services, session_id, language_of(request))
    headers = {"content-security-policy": page.content_security_policy, "vary": "accept-language, cookie"}
    return HTMLResponse(page.html, headers=headers)


def _report_json(services: Services, session_id: str) -> Json:
    return make_report(
        services.journal, services.catalog, session_id, services.clock.now(), roots=services.roots
    ).as_json()


def _report_page(services: Services, session_id: str, language: str) -> ReportPage:
    made = make_report(services.journal, services.catalog, session_id, services.clock.now(), roots=services.roots)
    return render(made, services.thumbnails.get, texts(language))
