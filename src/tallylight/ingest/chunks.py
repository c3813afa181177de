"""Cuts the queue of candidates into chunks of about the same work. Pure."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tallylight.ingest.waiting import Waiting
from tallylight.model import Candidate

#: Milliseconds of estimated work in a chunk: a count moves at least this often, and cancelling waits no longer.
CHUNK_MS = 50.0
#: Files in a chunk, however cheap they are.
MOST_FILES = 256
#: How much a new measurement counts against the estimate so far.
_LEARNING = 0.2


class ChunkQueue:
    """Candidates waiting for a worker, and what is known of the cost of each type. Learns from every outcome."""

    def __init__(self, first_guess_ms: float = 15.0) -> None:
        self._waiting = Waiting()
        self._guess = first_guess_ms
        self._ms: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, candidates: Sequence[Candidate]) -> None:
        self._waiting.put(candidates)

    def take(self, workers: int = 1) -> list[Candidate]:
        """The next chunk: at least one candidate if any waits, and no more than lets `workers` share what is left."""
        chunk: list[Candidate] = []
        budget = CHUNK_MS
        fair = max(1, len(self._waiting) // workers)
        while self._waiting and len(chunk) < min(MOST_FILES, fair):
            cost = self.estimate(self._waiting.first().file)
            if chunk and cost > budget:
                break
            budget -= cost
            chunk.append(self._waiting.pop())
        return chunk

    def estimate(self, file: str) -> float:
        """Milliseconds a file of this type is expected to take."""
        return self._ms.get(_suffix(file), self._guess)

    def learn(self, file: str, ms: float) -> None:
        """A file of this type took so long."""
        suffix = _suffix(file)
        known = self._ms.get(suffix)
        self._ms[suffix] = ms if known is None else known + _LEARNING * (ms - known)


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()  # noqa: PTH122 (asked for each of a million files)
