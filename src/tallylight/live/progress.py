"""One job's progress: counted from any thread, told as a state."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self

from tallylight.clock import Clock
from tallylight.live.speed import Speed

#: Characters of a label, a note or an error that readers are told; the rest is cut, so that a message stays small.
LONGEST_TEXT: Final = 500
_CUT: Final = "…"


class JobStatus(StrEnum):
    """Where a job stands, in the words of the sessions."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"  #: ended by cancellation, Ctrl-C or the end of the program
    ERROR = "error"  #: ended by another exception


@dataclass(slots=True)
class _Count:
    """What a job has come to; guarded by its progress's lock."""

    done: float = 0
    total: float | None = None
    label: str = ""
    note: str = ""
    error: str = ""
    status: JobStatus = JobStatus.PROCESSING
    ended: float | None = None  #: monotonic


class Progress:
    """A job under way. Made by `Live.progress`; use it as a context manager, in whatever thread or task does the work.

    Every method may be called from any thread, returns at once and never waits for a reader. The block's end ends the
    job: `completed`, `cancelled` where it was left by cancellation, else `error` with the exception's words, which goes
    on its way. Nothing counts after that.
    """

    def __init__(
        self, key: str, total: float | None, label: str, *, clock: Clock, changed: Callable[[Progress], None]
    ) -> None:
        self.key = key  #: which job: the last part of its stream's address
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self._count = _Count(total=_amount("total", total), label=_cut(label))
        self._started_at = clock.now()
        self._since = clock.monotonic()
        self._speed = Speed(self._since)

    @property
    def done(self) -> float:
        """How much is done."""
        return self._count.done

    @property
    def total(self) -> float | None:
        """How much there is to do; None while nobody knows."""
        return self._count.total

    @total.setter
    def total(self, total: float | None) -> None:
        self._set(total=_amount("total", total))

    @property
    def status(self) -> JobStatus:
        return self._count.status

    @property
    def at_rest(self) -> bool:
        """Whether it has ended: nothing about it changes any more."""
        return self._count.status is not JobStatus.PROCESSING

    def advance(self, amount: float = 1) -> None:
        """So much more is done. Raises ValueError for what is below zero or no number: a count never falls."""
        if not 0 <= amount < math.inf:
            raise ValueError(f"advance({amount!r}): a count never falls; give a number that is not below zero.")
        with self._lock:
            if self._count.status is not JobStatus.PROCESSING:
                return
            self._count.done += amount
        self._changed(self)

    def note(self, text: str) -> None:
        """What is being worked on, for people; the newest counts."""
        self._set(note=_cut(text))

    def label(self, text: str) -> None:
        """What the job is called, for people."""
        self._set(label=_cut(text))

    def end(self, status: JobStatus = JobStatus.COMPLETED, error: str = "") -> None:
        """End it where no block does. The first end counts."""
        self._set(status=status, error=_cut(error), ended=self._clock.monotonic())

    def state(self) -> dict[str, Any]:
        """What readers are told of it, without its position in the stream. Holds no nulls: what is unknown is absent.

        `done` may exceed `total`; `progress` is whole percents, rounded down, at most 99 before `completed` and exactly
        100 then.
        """
        with self._lock:
            count = self._count
            now = self._clock.monotonic() if count.ended is None else count.ended
            self._speed.note(now, count.done)
            per_s = self._speed.per_s(now, count.done)
            return {
                "session_id": self.key,
                "status": count.status.value,
                "label": count.label,
                "done": count.done,
                "progress": _percent(count),
                "started_at": round(self._started_at, 3),
                "elapsed_s": round(max(0.0, now - self._since), 1),
                **_known(count, per_s),
            }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self.end()
        elif isinstance(error, asyncio.CancelledError | KeyboardInterrupt | SystemExit | GeneratorExit):
            self.end(JobStatus.CANCELLED)
        else:
            self.end(JobStatus.ERROR, str(error) or type(error).__name__)

    def _set(self, **values: Any) -> None:
        with self._lock:
            if self._count.status is not JobStatus.PROCESSING:
                return
            for name, value in values.items():
                setattr(self._count, name, value)
        self._changed(self)


def _percent(count: _Count) -> int:
    if count.status is JobStatus.COMPLETED:
        return 100
    if not count.total:
        return 0
    return min(99, int(count.done * 100 / count.total))


def _known(count: _Count, per_s: float | None) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if count.total is not None:
        known["total"] = count.total
    if count.note:
        known["note"] = count.note
    if count.status is JobStatus.ERROR:
        known["error"] = {"message": count.error}
    if per_s is not None:
        known["per_s"] = round(per_s, 3)
        if count.total is not None and per_s > 0 and count.status is JobStatus.PROCESSING:
            known["eta_s"] = round(max(0.0, count.total - count.done) / per_s, 1)
    return known


def _amount(name: str, value: float | None) -> float | None:
    if value is not None and not 0 <= value < math.inf:
        raise ValueError(
            f"{name} is {value!r}; it must be a number that is not below zero, or None where it is unknown."
        )
    return value


def _cut(text: str) -> str:
    # What JSON can spell and UTF-8 cannot hold would end the stream of every reader.
    clean = text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= LONGEST_TEXT else clean[: LONGEST_TEXT - 1] + _CUT
