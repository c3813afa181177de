"""An engine that opens no file: it makes outcomes up, at a rate that is given, as fast as anybody could extract."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from tallylight.clock import SystemClock
from tallylight.engine.contract import Done, Item, Result, Verdict, WorkerOn
from tallylight.model import Candidate, Outcome, OutcomeKind

#: Calls to `run` that go on side by side, so that none waits for the journal at the highest rate.
JOBS: Final = 4
#: Up to this rate each file comes alone, as slow ones do: what is said to take less shares a chunk with others.
_ALONE_UP_TO: Final = 100.0
_CHUNK_MS: Final = 50.0
#: What was late by no more than this is made up for.
_CATCHES_UP_S: Final = 0.25
_KEYWORDS: Final = ("portrait", "fog", "harbour", "35mm", "night", "rain", "glass", "neon", "forest", "dust")


class SyntheticEngine:
    """Answers so many files a second, one after another, each with what a picture of a generator would have told."""

    def __init__(self, files_per_s: float) -> None:
        self._interval = 1 / files_per_s
        self._ms = self._interval * 1000 if files_per_s > _ALONE_UP_TO else max(_CHUNK_MS, self._interval * 1000)
        self._clock = SystemClock()
        self._next = self._clock.monotonic()
        self._on: dict[int, WorkerOn] = {}

    @property
    def jobs(self) -> int:
        return JOBS

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        """As `Engine.run`; the function is never called."""
        number = id(asyncio.current_task())
        self._on[number] = WorkerOn(str(items[0]), self._clock.now())
        try:
            await self._turn(len(items))
        finally:
            del self._on[number]
        return [Done(self._outcome(item)) for item in items]

    def working_on(self) -> list[WorkerOn]:
        return list(self._on.values())

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _turn(self, files: int) -> None:
        # Counted from when it was due: what was late once must not make all that follows late.
        now = self._clock.monotonic()
        self._next = max(self._next, now - _CATCHES_UP_S) + files * self._interval
        await self._clock.sleep_until(self._next)

    def _outcome(self, item: Any) -> Any:
        candidate: Candidate = item
        digest = hashlib.sha256(candidate.file.encode()).hexdigest()
        chance = random.Random(digest)
        return Outcome(
            root=candidate.root,
            file=candidate.file,
            kind=OutcomeKind.EXTRACTED,
            bytes=candidate.size,
            mtime_ns=candidate.mtime_ns,
            ms=self._ms,
            media={"type": "image", "format": "PNG", "width": 1024, "height": 1024, "mode": "RGB"},
            keywords=tuple(
                {"text": word, "weight": 1.0, "source": "prompt"}
                for word in chance.sample(_KEYWORDS, chance.randrange(2, 9))
            ),
            score=3 if chance.random() < 0.05 else None,
            sha256=digest,
            phash=digest[:16],
        )
