"""What the catalog has in a folder, while that folder is listed: what is as expected needs no second look, and what is
not met is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tallylight.catalog import KnownFile
from tallylight.model import Tier
from tallylight.roots import escape, unescape


@dataclass(slots=True)
class Expected:
    """Files that a folder should hold. Whoever lists it takes out what it meets."""

    #: By name, as `os` has it: `stamp` of a file that is not read again where it looks like this, None of one that is
    #: read whatever it looks like.
    stamps: dict[str, int | None] = field(default_factory=dict)
    marked: list[str] = field(default_factory=list)  #: names of those that were missing when last looked for
    known: int = 0  #: those that were not


def stamp(size: int, mtime_ns: int) -> int:
    """Size and modification time as one number: of a million files in a folder, pairs would take three times the
    memory.
    """
    return (size << 64) + mtime_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a session wants read, as far as a file's name and the catalog's entry tell. Pure."""

    version: int  #: what reads now
    tier: Tier
    skips_known: bool
    takes: Callable[[str], bool]  #: tells by a file's name whether it is asked for

    def expected(self, files: Iterable[KnownFile], queued: Collection[str] = ()) -> Expected:
        """What to expect of a folder with these files in the catalog. Those `queued` (names) are met in any case."""
        expected = Expected()
        stamps, takes = expected.stamps, self.takes
        current = {tier.value: self.skips_known and tier.reaches(self.tier) for tier in Tier}
        for name, size, mtime_ns, version, tier, missing_since in files:
            plain = unescape(name) if "\\" in name else name
            takes_it = takes(plain)
            if missing_since is not None:
                expected.marked.append(plain)
            elif takes_it:
                expected.known += 1
            is_current = takes_it and version >= self.version and tier is not None and current[tier]
            stamps[plain] = (size << 64) + mtime_ns if is_current else None
        for name in queued:
            if name in stamps:
                stamps[name] = None
        return expected


@dataclass(frozen=True, slots=True)
class Unmet:
    """What became of what was expected. Names are escaped."""

    missing: tuple[str, ...] = ()
    found: tuple[str, ...] = ()  #: marked before, and met
    lost: int = 0  #: of `missing`, those that were not marked before


def unmet(expected: Expected, takes: Callable[[str], bool]) -> Unmet:
    """What was not met of a folder that was listed to its end; of what the session asks for alone. Pure."""
    missing = [name for name in expected.stamps if takes(name)]
    marked = set(expected.marked)
    return Unmet(
        missing=tuple(sorted(map(escape, missing))),
        found=tuple(sorted(escape(name) for name in marked if name not in expected.stamps)),
        lost=sum(name not in marked for name in missing),
    )
