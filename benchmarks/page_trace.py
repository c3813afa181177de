"""What Chromium's own trace says of a page: tasks of its main thread, and when frames were on the screen."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

#: Only what is read here: with more, tracing itself would be most of the work. Not even the default ones.
CATEGORIES: Final = ("-*", "toplevel", "devtools.timeline", "blink.user_timing")
_MARK: Final = "drawn "
_TASK: Final = "ThreadControllerImpl::RunTask"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A change that the page's observer marked. Times in ms."""

    shown: int
    at: float  #: of the page's own clock
    until_painted: float  #: from the change to the end of the main thread's task that painted it
    until_presented: float  #: and to the moment its frame was on the screen


@dataclass(frozen=True, slots=True)
class Trace:
    """One page's."""

    drawn: tuple[Drawn, ...]
    loading_ms: float  #: processor time of the longest task before the first change
    moving_ms: float  #: and from then to the last
    review_ms: float  #: and after it, when the page draws what was found


@dataclass(frozen=True, slots=True)
class _Frame:
    renders_at: float
    painted_at: float
    presented_at: float


def read(path: Path) -> Trace:
    """Read a trace of one page with marks. Ends the benchmark where it has none: then nothing was drawn."""
    events: list[Event] = json.loads(path.read_bytes())["traceEvents"]
    marks = [event for event in events if event["name"].startswith(_MARK)]
    if not marks:
        raise SystemExit("The trace holds no change of the page.")
    thread = (marks[0]["pid"], marks[0]["tid"])
    ours = sorted((event for event in events if (event["pid"], event["tid"]) == thread), key=lambda event: event["ts"])
    first, last = marks[0]["ts"], marks[-1]["ts"]
    return Trace(
        tuple(_drawn(marks, _frames(ours))),
        loading_ms=_longest(event for event in ours if event["ts"] < first),
        moving_ms=_longest(event for event in ours if first <= event["ts"] < last),
        review_ms=_longest(event for event in ours if event["ts"] >= last),
    )


def _longest(events: Iterable[Event]) -> float:
    return max((event["tdur"] for event in events if event["name"] == _TASK and "tdur" in event), default=0) / 1000


def _frames(events: list[Event]) -> list[_Frame]:
    """The frames in which the main thread drew. A frame is told by when it was asked for (`AnimationFrame`, whose flow
    ends where it was presented) and when it was drawn (`AnimationFrame::Render`).
    """
    asked = [(event["ts"], event["id"]) for event in events if _is(event, "AnimationFrame", "s")]
    presented = {event["id"]: event["ts"] for event in events if _is(event, "AnimationFrame", "f")}
    renders = [event["ts"] for event in events if _is(event, "AnimationFrame::Render", "b")]
    tasks = [event for event in events if event["name"] == _TASK and "dur" in event]
    frames = []
    for (at, flow), (before_next, _) in zip(asked, [*asked[1:], (float("inf"), None)], strict=True):
        place = bisect_left(renders, at)
        if place < len(renders) and renders[place] < before_next and flow in presented:
            frames.append(_Frame(renders[place], _end_of_task(tasks, renders[place]), presented[flow]))
    return frames


def _end_of_task(tasks: Sequence[Event], at: float) -> float:
    """When the task that ran at this time was over."""
    task = tasks[bisect_right(tasks, at, key=lambda task: task["ts"]) - 1]
    return float(task["ts"] + task["dur"])


def _is(event: Event, name: str, phase: str) -> bool:
    return bool(event["name"] == name and event["ph"] == phase)


def _drawn(marks: list[Event], frames: list[_Frame]) -> Iterable[Drawn]:
    renders = [frame.renders_at for frame in frames]
    for mark in marks:
        place = bisect_left(renders, mark["ts"])
        if place < len(frames):
            painted, presented = frames[place].painted_at - mark["ts"], frames[place].presented_at - mark["ts"]
            shown, at = int(mark["name"].removeprefix(_MARK)), mark["args"]["data"]["startTime"]
            yield Drawn(shown, at, painted / 1000, presented / 1000)
