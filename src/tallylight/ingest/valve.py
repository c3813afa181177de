"""Tells a run to start nothing new."""

from __future__ import annotations

import anyio


class Valve:
    """Open until it is closed; then it is closed for good."""

    def __init__(self) -> None:
        self._shut = anyio.Event()

    @property
    def is_shut(self) -> bool:
        return self._shut.is_set()

    def close(self) -> None:
        """Start nothing more; what is under way is finished."""
        self._shut.set()

    async def shut(self) -> None:
        """Return once it is closed."""
        await self._shut.wait()
