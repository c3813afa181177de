"""Sessions: start, look at, pause, resume, cancel, retry, commit, undo, delete."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query

from tallylight.ingest.retrying import EVERY
from tallylight.model import AT_REST, Json
from tallylight.web import bodies
from tallylight.web.context import Given
from tallylight.web.schemas import CommitRequest, ProcessRequest, RetryRequest

router = APIRouter(prefix="/api/ingest", tags=["sessions"])


@router.post("/process")
async def process(body: ProcessRequest, services: Given) -> Json:
    """Start a session. Answers as soon as that is durable, without waiting for the scan."""
    parameters = await to_thread.run_sync(body.parameters.to_parameters, services.roots)
    session = await services.supervisor.start(parameters)
    return {"session_id": session.session_id, "status": (await services.state(session.session_id)).status.value}


@router.get("/status/{session_id}")
async def status(session_id: str, services: Given) -> Json:
    """The session's newest message, the same JSON as in the stream."""
    return dict((await services.update(session_id)).state)


@router.get("/sessions")
async def sessions(
    services: Given,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[float | None, Query(allow_inf_nan=False)] = None,
) -> Json:
    """Sessions, newest first: the message of each, when it was made and what it was asked to do."""
    found = await to_thread.run_sync(lambda: services.journal.sessions(limit=limit, before=before))
    return {"sessions": [bodies.session(session, dict(services.newest(session).state)) for session in found]}


@router.get("/session/{session_id}")
async def session(session_id: str, services: Given) -> Json:
    """One session: its message, when it was made and what it was asked to do."""
    found = await services.session(session_id)
    return bodies.session(found, dict(services.newest(found).state))


@router.get("/active-session")
async def active_session(services: Given) -> Json:
    """The newest session that is not at rest, or nulls."""
    in_motion = await to_thread.run_sync(services.journal.sessions_in_motion)
    for session in reversed(in_motion):
        state = await services.state(session.session_id)
        if state.status not in AT_REST:
            return {"session_id": session.session_id, "status": state.status.value}
    return {"session_id": None, "status": None}


@router.post("/commit")
async def commit(body: CommitRequest, services: Given) -> Json:
    """Commit a session at rest to the catalog, without the files that were excluded from it. Committing a committed one
    changes nothing.

    With `preview`, only if it does what that preview showed.
    """
    status = await services.supervisor.commit(body.session_id, body.preview)
    return {"session_id": body.session_id, "status": status.value}


@router.post("/undo/{session_id}")
async def undo(session_id: str, services: Given) -> Json:
    """Put the catalog back as it was before the session's commit. Refused where a later session built on it."""
    return {"session_id": session_id, "status": (await services.supervisor.undo(session_id)).value}


@router.get("/commit-status/{session_id}")
async def commit_status(session_id: str, services: Given) -> Json:
    """How a commit stands."""
    return bodies.commit_status(await services.state(session_id))


@router.post("/cancel/{session_id}")
async def cancel(session_id: str, services: Given) -> Json:
    """Stop a session's processing. What it had stays reviewable."""
    return {"session_id": session_id, "status": (await services.supervisor.cancel(session_id)).value}


@router.post("/pause/{session_id}")
async def pause(session_id: str, services: Given) -> Json:
    """Finish what is under way and start nothing new until the session is resumed, also after a restart."""
    return {"session_id": session_id, "status": (await services.supervisor.pause(session_id)).value}


@router.post("/resume/{session_id}")
async def resume(session_id: str, services: Given) -> Json:
    """Go on with a paused session, or with one that nobody works on; confirm a held one."""
    return {"session_id": session_id, "status": (await services.supervisor.resume(session_id)).value}


@router.post("/retry-failed/{session_id}")
async def retry_failed(session_id: str, services: Given, body: RetryRequest | None = None) -> Json:
    """Try the failed files of a session at rest again, or those of them that the body says. Each stays failed until its
    new outcome.
    """
    wanted = EVERY if body is None else body.to_wanted()
    return {"session_id": session_id, "status": (await services.supervisor.retry(session_id, wanted)).value}


@router.delete("/session/{session_id}")
async def delete(session_id: str, services: Given) -> Json:
    """Forget a session, stopping it first. What it committed stays in the catalog."""
    await services.supervisor.delete(session_id)
    return {"session_id": session_id, "status": "deleted"}
