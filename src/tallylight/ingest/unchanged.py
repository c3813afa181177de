"""The files that a session passed over because they are as the catalog knows them: recorded by their folders."""

from __future__ import annotations

from collections.abc import Iterator

from tallylight.catalog import Catalog
from tallylight.ingest.discover import name_filter
from tallylight.journal import Journal
from tallylight.model import FolderFound
from tallylight.roots import absolute, unescape


def unchanged_paths(journal: Journal, catalog: Catalog, session_id: str) -> Iterator[str]:
    """Their absolute, escaped paths, folder by folder and sorted within each: those the catalog has directly in a
    folder, but for those that have an outcome in the session, that it does not ask for, or that it missed.

    It is the catalog of now that is asked: what was added to or removed from a folder by a later session shows.
    """
    folders = [found for found in journal.folders(session_id) if found.unchanged]
    # A number takes half the memory of a path, and where nothing else was found there is nothing to leave out.
    done = {hash(path) for path in journal.paths(session_id)} if any(found.files for found in folders) else set()
    takes = name_filter(journal.session(session_id).parameters.pattern)
    for found in folders:
        paths = (absolute(found.folder, name) for name in _names(catalog, found) if takes(unescape(name)))
        yield from (path for path in paths if hash(path) not in done)


def _names(catalog: Catalog, found: FolderFound) -> list[str]:
    missing = set(found.missing)
    return sorted(name for name, *_ in catalog.in_folder(found.folder) if name not in missing)
