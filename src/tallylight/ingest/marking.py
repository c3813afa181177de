"""Marks what a session missed, takes the marks of what it found again away, and remembers where its folders were."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from anyio import to_thread

from tallylight.catalog import Catalog
from tallylight.ingest.missing import found_paths, missing_paths
from tallylight.ingest.ports import Write
from tallylight.journal import Journal
from tallylight.roots import is_absent, is_folder_gone, mount_point

#: Files in one transaction.
BATCH: Final = 500


async def mark(journal: Journal, catalog: Catalog, session_id: str, write: Write, at: float) -> None:
    """Mark all that a session missed, but for what is there again by now or has moved (then nothing is known of its old
    place any more), and take the marks away of what it found. Doing it again changes nothing.
    """
    missing, found = missing_paths(journal, session_id), found_paths(journal, session_id)
    while page := await to_thread.run_sync(_page, missing):
        gone = await to_thread.run_sync(lambda paths: list(filter(is_absent, paths)), page)
        await write(catalog.mark_missing, session_id, gone, at)
    while page := await to_thread.run_sync(_page, found):
        await write(catalog.mark_found, session_id, page)


def mount_points(directories: tuple[str, ...]) -> dict[str, str]:
    """The mount point of each of these (escaped) directories that is there."""
    return {directory: mount_point(directory) for directory in directories if not is_folder_gone(directory)}


def _page(paths: Iterator[str]) -> list[str]:
    return list(islice(paths, BATCH))
