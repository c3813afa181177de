"""When a folder is looked at: `events`, `poll`, `every 15m`, `daily 03:00`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from tallylight.errors import BadParameters

EVENTS: Final = "events"
POLL: Final = "poll"
#: Seconds between two looks where nothing tells of changes.
POLL_S: Final = 60.0
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_EVERY = re.compile(r"(?:every\s+)?(\d{1,6})\s*([smhd])", re.ASCII)
_DAILY = re.compile(r"daily\s+(\d{1,2}):(\d{2})", re.ASCII)
SHORTEST_S: Final = 10.0
LONGEST_S: Final = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say when. `text` is what `parse_rule` makes of itself."""

    text: str
    every: float | None = None  #: seconds from the beginning of one look to the next
    daily: time | None = None  #: by the clock on the wall of the machine that serves

    @property
    def listens(self) -> bool:
        """Whether it goes by what the disk tells."""
        return self.text == EVENTS

    def due(self, since: float, now: float, zone: tzinfo | None = None) -> float | None:
        """When the next look is due, as wall time; in the past where it was missed. None where the disk tells. `since`
        is when the last one began, or the schedule was made.

        A time of day is that of the wall clock (`zone`; None: this machine's): a time that the clock skips in spring
        comes when it has gone forward, one that comes twice in autumn counts the first time. A clock that was set back
        makes nobody wait longer than a whole round.
        """
        since = min(since, now)
        if self.every is not None:
            return since + self.every
        if self.daily is None:
            return None
        today = datetime.fromtimestamp(since, zone).date()
        return next(at for days in range(3) if (at := _at(today + timedelta(days), self.daily, zone)) > since)


def parse_rule(text: str) -> Rule:
    """Raises BadParameters for a text that is no rule, with those there are."""
    words = " ".join(text.lower().split())
    if words == EVENTS:
        return Rule(EVENTS)
    if words == POLL:
        return Rule(POLL, every=POLL_S)
    if match := _EVERY.fullmatch(words):
        return _every(int(match[1]), match[2])
    if (match := _DAILY.fullmatch(words)) and int(match[1]) < 24 and int(match[2]) < 60:
        at = time(int(match[1]), int(match[2]))
        return Rule(f"daily {at:%H:%M}", daily=at)
    raise BadParameters(
        f"{text[:60]!r} is no time to look at a folder; write events, poll, every 15m (s, m, h, d) or daily 03:00."
    )


def _every(number: int, unit: str) -> Rule:
    seconds = float(number * _UNITS[unit])
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise BadParameters("A folder can be looked at every 10 seconds at most, and once a year at least.")
    return Rule(f"every {number}{unit}", every=seconds)


def _at(day: date, at: time, zone: tzinfo | None) -> float:
    # fold=0: of two the first; of none, the one that the old offset makes, which is after the gap by the new one.
    return datetime.combine(day, at, zone).timestamp()
