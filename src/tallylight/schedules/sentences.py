"""What is said of schedules that there are not, or are already."""

from __future__ import annotations

from tallylight.errors import BadInput, NotFound


def missing(schedule_id: str) -> NotFound:
    """For one that is not there."""
    return NotFound(f"There is no schedule {schedule_id[:40]}; `tallylight schedules` lists them.")


def taken(folder: str) -> BadInput:
    """For a folder that has one."""
    return BadInput(f"{folder} has a schedule already; remove it first: `tallylight unschedule`.")
