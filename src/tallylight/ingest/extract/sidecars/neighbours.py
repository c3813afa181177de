"""The names beside a file: which of its possible sidecars there are, without opening a dozen files that are not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Final

from tallylight.clock import SystemClock
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars import twins
from tallylight.roots import Roots

#: The only endings that sidecars have, and the folders in which some lie: where there are none, and no pictures beside
#: videos, nothing is looked for.
SUFFIXES: Final = (".json", ".xmp", ".txt", ".caption")
FOLDERS: Final = frozenset({".scores", ".workflows"})

#: Seconds in which a folder may change without its time telling: FAT counts in twos.
_COARSE_S: Final = 2.0
#: How often a second a folder that has just changed is listed again.
_FRESH_PER_S: Final = 20


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The names in a folder, as they are asked for and as they are: endings of sidecars are asked for in lower case,
    since cameras and Windows write either.
    """

    folder: str
    names: dict[str, str] | None  #: empty where nothing there is a sidecar; None where there are too many to list

    def find(self, name: str) -> str:
        """The path of what has this name; empty where nothing has."""
        if self.names is None:
            path = self._path(name)
            return path if os.path.lexists(path) else ""
        return self._path(self.names[name]) if name in self.names else ""

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)  # noqa: PTH118 (names that are not UTF-8)


def neighbours(roots: Roots, folder: str, limits: Limits = LIMITS) -> Neighbours:
    """What lies in a folder. Raises OSError and BadPath as `Roots.names` does."""
    changed_ns = os.stat(folder).st_mtime_ns  # noqa: PTH116 (names that are not UTF-8, and speed)
    age = SystemClock().now() - changed_ns / 1e9
    fresh = int(age * _FRESH_PER_S) if age < _COARSE_S else None
    return _listed(roots, folder, limits.beside, changed_ns, fresh)


# A worker unpickles what it is told anew for each file, so nothing it holds outlives one: only the module can remember
# the folder it is in. One listing a file instead would take 0.3 ms where 1,000 files lie together, and opening a dozen
# names that do not exist 0.05 ms, on a network share far more. Every argument is part of what is remembered.
@lru_cache(maxsize=4)
def _listed(roots: Roots, folder: str, most: int, changed_ns: int, fresh: int | None) -> Neighbours:
    names = roots.names(folder, most)
    if names is None:
        return Neighbours(folder, None)
    sidecars = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not sidecars and FOLDERS.isdisjoint(names) and not twins.among(names):
        return Neighbours(folder, {})
    # Of two that differ in their ending's case alone, the one in lower case is the one that was asked for.
    return Neighbours(folder, {_lowered(name): name for name in sidecars} | {name: name for name in names})


def _lowered(name: str) -> str:
    suffix = PurePath(name).suffix
    return name.removesuffix(suffix) + suffix.lower()
