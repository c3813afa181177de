"""How many measure the way of the streams at the same time."""

from __future__ import annotations


class StreamTests:
    """Counts the tests that run: a few at most, since each keeps a connection for minutes where it is asked to."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._count = 0

    def begin(self) -> bool:
        """Whether there is room for one more; then it counts until `end`."""
        has_room = self._count < self._most
        self._count += has_room
        return has_room

    def end(self) -> None:
        self._count -= 1
