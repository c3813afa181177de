"""What every store of schedules promises."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A folder that a server looks at by itself."""

    schedule_id: str
    folder: str  #: absolute real path, escaped
    rule: str  #: as `parse_rule` writes it
    auto_commit: bool  #: commit what a session found, without a review
    created_at: float
    ran_at: float | None = None  #: when the newest look that counts began; None before the first
    session_id: str | None = None  #: the newest session; it may be deleted by now
    trouble: str = ""  #: why the newest look came to nothing, for people


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looked like when a session of a schedule took it."""

    size: int
    mtime_ns: int


#: Seconds in which a session of what was taken starts.
PENDING_S: Final = 600.0


class Schedules(Protocol):
    """The schedules, and which files each has taken that are not in the catalog. Plain synchronous calls; one writer at
    a time in a process, other processes may write too.
    """

    def all(self) -> list[Schedule]:
        """Every schedule, the oldest first."""
        ...

    def one(self, schedule_id: str) -> Schedule:
        """NotFound where there is none."""
        ...

    def add(self, schedule: Schedule) -> None:
        """BadInput where its folder has one already."""
        ...

    def remove(self, schedule_id: str) -> None:
        """Forget it and what it took. NotFound where there is none."""
        ...

    def claim(self, schedule_id: str, ran_at: float | None, at: float) -> bool:
        """Say that a look begins at `at`, if the newest began at `ran_at`; False where another process was quicker, or
        the schedule is gone. One process wins.
        """
        ...

    def note(self, schedule_id: str, trouble: str = "") -> None:
        """Remember what is wrong with it (empty: nothing)."""
        ...

    def looks(self, schedule_id: str, paths: Sequence[str], now: float) -> dict[str, Look]:
        """How those of these (absolute, escaped) paths looked that were taken; others are absent. Any number. What was
        taken for a session that did not start within `PENDING_S` is not: its process died in between.
        """
        ...

    def take(self, schedule_id: str, looks: Mapping[str, Look], at: float) -> dict[str, Look]:
        """Take these files for a session that is about to start; returns those that were not taken already, looking
        like this. Of several processes each file falls to one. Empty where the schedule is gone.
        """
        ...

    def started(self, schedule_id: str, session_id: str, at: float) -> None:
        """The session of what was taken at `at` has started: it is the newest one, and nothing is wrong."""
        ...

    def give_back(self, schedule_id: str, at: float) -> None:
        """No session came of what was taken at `at`."""
        ...

    def keep_only(self, schedule_id: str, paths: Collection[str]) -> None:
        """Forget what was taken of all other paths: they are in the catalog, or gone."""
        ...
