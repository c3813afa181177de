"""What every drawer does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tallylight.facts import Trouble
from tallylight.model import Json


class Drawer(Protocol):
    """Shows a session to one person or program. Called from one task; must not block for long.

    In order: `message` any number of times, `failures` whenever there are new ones, `finish` once a phase is at rest or
    held.
    """

    def message(self, message: Json) -> None:
        """The newest state; earlier ones may have been left out."""
        ...

    def failures(self, failures: Sequence[Trouble]) -> None:
        """New failures, each exactly once, in the order they happened."""
        ...

    def finish(self, message: Json) -> None:
        """The state in which the session came to rest, or is held. Nothing of the phase follows."""
        ...

    def close(self) -> None:
        """Leave everything as it was found. Called last, also after an exception; calling it again does nothing."""
        ...
