"""How fast a job goes and how long it will still take. Pure: `now` is an argument."""

from __future__ import annotations

from collections import deque
from typing import Final

#: Seconds that the speed looks back: long enough to bridge one slow item, short enough to follow a change.
WINDOW: Final = 20.0
#: Seconds between two samples: a bounded number of them, however often something is done.
_STEP: Final = 0.5


class Speed:
    """Samples of what was done by when. Give it times that do not fall."""

    def __init__(self, now: float) -> None:
        self._samples = deque([(now, 0.0)])

    def note(self, now: float, done: float) -> None:
        """By `now` so much was done in all."""
        if now - self._samples[-1][0] >= _STEP:
            self._samples.append((now, done))
        # One is kept from before the window, or a job that pauses would have nothing to look back to.
        while len(self._samples) > 1 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()

    def per_s(self, now: float, done: float) -> float | None:
        """What is done in a second at present; None where it began too shortly ago to tell."""
        since, before = self._samples[0]
        return (done - before) / (now - since) if now - since >= _STEP else None
