"""How fast a session goes and how long it will still take. Pure: `now` is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from tallylight.messages import Pace

#: Seconds that the rate looks back: long enough to bridge one huge video, short enough to follow a change of folder.
WINDOW = 20.0
#: A rate from less time than this is noise.
SHORTEST = 0.5


@dataclass(slots=True)
class _Bucket:
    second: int
    files: int = 0
    bytes: int = 0


class RateEstimator:
    """Counts finished files and bytes in buckets of one second. Bounded memory; bursts within a second weigh no more
    than their sum.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._buckets: deque[_Bucket] = deque()

    def note(self, now: float, files: int, size: int) -> None:
        """So many files, of so many bytes together, were finished at `now` (seconds, monotone)."""
        second = int(now)
        if not self._buckets or self._buckets[-1].second != second:
            self._buckets.append(_Bucket(second))
        self._buckets[-1].files += files
        self._buckets[-1].bytes += size
        while self._buckets and self._buckets[0].second < now - WINDOW:
            self._buckets.popleft()

    def pace(self, now: float, files_left: int | None, bytes_left: int = 0) -> Pace:
        """The present pace. `files_left` None means the total is not known, and so no time left either."""
        since = max(self._started, now - WINDOW)
        span = now - since
        # Wall time may jump back: what then lies ahead of `now` says nothing of the present pace.
        recent = [bucket for bucket in self._buckets if since - 1 < bucket.second <= now]
        if span < SHORTEST or not recent:
            return Pace()
        files_per_s = sum(bucket.files for bucket in recent) / span
        bytes_per_s = sum(bucket.bytes for bucket in recent) / span
        return Pace(files_per_s, bytes_per_s, _time_left(files_per_s, bytes_per_s, files_left, bytes_left))


def _time_left(files_per_s: float, bytes_per_s: float, files_left: int | None, bytes_left: int) -> float | None:
    if files_left is None or files_per_s <= 0:
        return None
    by_files = files_left / files_per_s
    # Few large videos at the end outlast many small pictures; the slower of the two ways to count is the honest one.
    return max(by_files, bytes_left / bytes_per_s) if bytes_per_s > 0 else by_files
