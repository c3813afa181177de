"""Schedules that are forgotten when the process ends: for tests."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tallylight.schedules.contract import PENDING_S, Look, Schedule
from tallylight.schedules.sentences import missing, taken


class MemorySchedules:
    """`Schedules` in memory. Nothing survives the process, and every other promise holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._schedules: dict[str, Schedule] = {}
        self._looks: dict[str, dict[str, tuple[Look, float, str | None]]] = {}  # when taken, for which session

    def all(self) -> list[Schedule]:
        with self._lock:
            return sorted(self._schedules.values(), key=lambda one: (one.created_at, one.schedule_id))

    def one(self, schedule_id: str) -> Schedule:
        with self._lock:
            if schedule_id not in self._schedules:
                raise missing(schedule_id)
            return self._schedules[schedule_id]

    def add(self, schedule: Schedule) -> None:
        with self._lock:
            if any(one.folder == schedule.folder for one in self._schedules.values()):
                raise taken(schedule.folder)
            self._schedules[schedule.schedule_id] = schedule

    def remove(self, schedule_id: str) -> None:
        self.one(schedule_id)
        with self._lock:
            self._schedules.pop(schedule_id, None)
            self._looks.pop(schedule_id, None)

    def claim(self, schedule_id: str, ran_at: float | None, at: float) -> bool:
        with self._lock:
            known = self._schedules.get(schedule_id)
            if known is None or known.ran_at != ran_at:
                return False
            self._schedules[schedule_id] = replace(known, ran_at=at)
            return True

    def note(self, schedule_id: str, trouble: str = "") -> None:
        with self._lock:
            if known := self._schedules.get(schedule_id):
                self._schedules[schedule_id] = replace(known, trouble=trouble)

    def looks(self, schedule_id: str, paths: Sequence[str], now: float) -> dict[str, Look]:
        with self._lock:
            return self._taken(schedule_id, paths, now)

    def take(self, schedule_id: str, looks: Mapping[str, Look], at: float) -> dict[str, Look]:
        with self._lock:
            if schedule_id not in self._schedules:
                return {}
            taken = self._taken(schedule_id, list(looks), at)
            fresh = {path: look for path, look in looks.items() if taken.get(path) != look}
            self._looks.setdefault(schedule_id, {}).update({path: (look, at, None) for path, look in fresh.items()})
            return fresh

    def started(self, schedule_id: str, session_id: str, at: float) -> None:
        with self._lock:
            if known := self._schedules.get(schedule_id):
                self._schedules[schedule_id] = replace(known, session_id=session_id, trouble="")
            for path, (look, taken_at, session) in self._looks.get(schedule_id, {}).items():
                if session is None and taken_at == at:
                    self._looks[schedule_id][path] = (look, at, session_id)

    def give_back(self, schedule_id: str, at: float) -> None:
        with self._lock:
            own = self._looks.get(schedule_id, {})
            self._looks[schedule_id] = {path: one for path, one in own.items() if one[1:] != (at, None)}

    def keep_only(self, schedule_id: str, paths: Collection[str]) -> None:
        with self._lock:
            own = self._looks.get(schedule_id, {})
            self._looks[schedule_id] = {path: look for path, look in own.items() if path in paths}

    def _taken(self, schedule_id: str, paths: Sequence[str], now: float) -> dict[str, Look]:
        own = self._looks.get(schedule_id, {})
        taken = {path: own[path] for path in paths if path in own}
        return {path: look for path, (look, at, session) in taken.items() if session or at > now - PENDING_S}
