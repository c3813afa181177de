"""Asks the catalog for several folders at once: of small ones, most of the time would go into the asking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tallylight.catalog import Catalog, KnownFile
from tallylight.roots import escape

#: Folders asked for at once, and files in one answer.
MOST_FOLDERS: Final = 64
MOST_FILES: Final = 2000


class Ahead:
    """What the catalog has in the folders of one walk, read a little ahead of it. So it may be a little old, which does
    no harm: what is committed meanwhile is read once more.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._read: dict[str, list[KnownFile]] = {}  #: folders that were asked for and not come to yet
        self._count = 1  #: folders to ask for beside the one that is wanted

    def files(self, folder: str, following: Sequence[str]) -> Iterable[KnownFile]:
        """Those of a folder. `following` come after it, the nearest last; all as `os` has them."""
        name = escape(folder)
        if name in self._read:
            return self._read.pop(name)
        upcoming = following[-self._count :] if self._count else ()
        further = [one for one in map(escape, upcoming) if one not in self._read]
        found = self._catalog.in_folders([name, *further], MOST_FILES)
        if found is None:
            self._count = 0
            # Gone through, not held: it may have a million.
            return self._catalog.in_folder(name)
        self._read |= {one: found.get(one, []) for one in further}
        self._count = _next_count(1 + len(further), sum(map(len, found.values())))
        return found.get(name, [])


def _next_count(folders: int, files: int) -> int:
    """Up to twice as many as so far, as long as folders that hold as much are not too much together."""
    return min(MOST_FOLDERS, 2 * folders, MOST_FILES * folders // max(files, 1) - 1)
