"""Schedules: folders that this server takes files from by itself."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from fastapi import APIRouter

from tallylight.ingest.scheduler import new_schedule
from tallylight.model import Json
from tallylight.web import bodies
from tallylight.web.context import Given
from tallylight.web.schemas import ScheduleRequest

router = APIRouter(prefix="/api/schedules", tags=["schedules"])


@router.get("")
async def schedules(services: Given) -> Json:
    """All schedules: when each looks next, what it did last, and what is wrong with it."""
    found = await to_thread.run_sync(services.schedules.all)
    now, is_busy = services.clock.now(), services.scheduler.is_busy
    return {"schedules": [bodies.schedule(one, now, is_busy=is_busy(one.schedule_id)) for one in found]}


@router.post("")
async def add(body: ScheduleRequest, services: Given) -> Json:
    """Look at a folder from now on. A folder has one schedule."""
    now = services.clock.now()
    making = partial(new_schedule, services.roots, body.folder, body.rule, auto_commit=body.auto_commit, now=now)
    schedule = await to_thread.run_sync(making)
    await services.write(services.schedules.add, schedule)
    services.scheduler.changed()
    return bodies.schedule(schedule, now, is_busy=False)


@router.delete("/{schedule_id}")
async def remove(schedule_id: str, services: Given) -> Json:
    """Look at a folder no more. A session of it that is under way goes on, and waits for a review."""
    await services.write(services.schedules.remove, schedule_id)
    services.scheduler.changed()
    return {"schedule_id": schedule_id, "removed": True}
