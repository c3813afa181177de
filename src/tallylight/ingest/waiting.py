"""The candidates that wait for a worker, in little memory: a walk is done long before the work is. Pure."""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from tallylight.model import Candidate

#: As many as are held ready to be taken. The rest is packed, some 20 bytes each instead of 250.
READY: Final = 1024

_VALUES: Final = attrgetter("root", "file", "size", "mtime_ns", "number")


class Waiting:
    """Candidates, first come, first served."""

    def __init__(self) -> None:
        self._ready: deque[Candidate] = deque()
        self._packed: deque[bytes] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, candidates: Sequence[Candidate]) -> None:
        """Add candidates at the end. What is put together is packed together: a few hundred at once pack well."""
        if not candidates:
            return
        if self._packed or len(self._ready) >= READY:
            self._packed.append(_packed(candidates))
        else:
            self._ready.extend(candidates)
        self._count += len(candidates)

    def first(self) -> Candidate:
        """The next in turn, which stays. IndexError where none waits."""
        while not self._ready and self._packed:
            self._ready.extend(_unpacked(self._packed.popleft()))
        return self._ready[0]

    def pop(self) -> Candidate:
        """Take the next in turn. IndexError where none waits."""
        candidate = self.first()
        self._ready.popleft()
        self._count -= 1
        return candidate


def _packed(candidates: Sequence[Candidate]) -> bytes:
    # By columns, where like stands beside like: names of one folder share most of their letters.
    columns = tuple(zip(*map(_VALUES, candidates), strict=True))
    return zlib.compress(pickle.dumps(columns, pickle.HIGHEST_PROTOCOL), 1)


def _unpacked(packed: bytes) -> list[Candidate]:
    columns = pickle.loads(zlib.decompress(packed))  # noqa: S301 (packed above)
    return [Candidate(*values) for values in zip(*columns, strict=True)]
