"""What every store of presets promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from tallylight.model import Parameters

#: Characters of a name, and how many presets there may be: they are listed all at once.
LONGEST_NAME: Final = 100
MOST_PRESETS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Parameters by a name. `directories` may be empty: then it is how deep and with which options alone."""

    name: str
    parameters: Parameters
    saved_at: float


class Presets(Protocol):
    """The presets of all who use the server. Plain synchronous calls; other processes may write too."""

    def all(self) -> list[Preset]:
        """Every preset, by name."""
        ...

    def one(self, name: str) -> Preset:
        """NotFound where there is none."""
        ...

    def save(self, preset: Preset) -> bool:
        """Keep it in place of the one with its name; returns whether there was none. BadInput where it would be one
        more than `MOST_PRESETS`.
        """
        ...

    def remove(self, name: str) -> None:
        """NotFound where there is none."""
        ...
