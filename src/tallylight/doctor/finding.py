"""One thing that was found out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    NOTE = "note"  #: works, and could be better
    TROUBLE = "trouble"  #: people see stuck or broken progress


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out. `cure` says what to change; empty where nothing need be."""

    level: Level
    about: str  #: `reach`, `buffering`, `compression`, `idle`, `http`, `first`: a closed list, for programs
    what: str
    cure: str = ""
