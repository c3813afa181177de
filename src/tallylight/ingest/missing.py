"""Files of the catalog that a walk should have met and did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from tallylight.catalog import Catalog
from tallylight.ingest.expected import Expected, Wish, unmet
from tallylight.journal import Journal
from tallylight.model import FolderFound, Tier
from tallylight.roots import absolute, is_folder_gone


def gone_folders(
    journal: Journal,
    catalog: Catalog,
    session_id: str,
    directories: Sequence[str],
    takes: Callable[[str], bool],
) -> list[FolderFound]:
    """The folders of the catalog at and below these (escaped) directories that are not there any more, where the walk
    could not come by. Those that are there and could not be read are none of them.

    `takes` tells by a file's name (as `os` has it) whether the session asks for it.
    """
    known = dict.fromkeys(chain.from_iterable(map(catalog.folders_below, directories)))
    gone = [folder for folder in known if is_folder_gone(folder)]
    # One that went while the walk was under way has been told of.
    told = {found.folder for found in journal.folders(session_id)} if gone else set()
    wish = Wish(version=0, tier=Tier.INDEX, skips_known=False, takes=takes)
    emptied = (
        _emptied(folder, wish.expected(catalog.in_folder(folder)), takes) for folder in gone if folder not in told
    )
    return [found for found in emptied if found.missing]


def missing_paths(journal: Journal, session_id: str) -> Iterator[str]:
    """The absolute, escaped paths of all files that a session missed, folder by folder."""
    return (absolute(found.folder, name) for found in journal.folders(session_id) for name in found.missing)


def found_paths(journal: Journal, session_id: str) -> Iterator[str]:
    """Those of all files that were marked as missing and that a session has met."""
    return (absolute(found.folder, name) for found in journal.folders(session_id) for name in found.found)


def _emptied(folder: str, expected: Expected, takes: Callable[[str], bool]) -> FolderFound:
    rest = unmet(expected, takes)
    return FolderFound(folder=folder, known=expected.known, lost=rest.lost, missing=rest.missing)
