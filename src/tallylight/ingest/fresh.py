"""What is new in a folder: files that neither the catalog nor an earlier session of the same schedule has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from anyio import to_thread

from tallylight.catalog import Catalog
from tallylight.ingest.discover import discover
from tallylight.ingest.ports import Write
from tallylight.model import Candidate
from tallylight.roots import Roots, absolute, escape
from tallylight.schedules import Look, Schedules

#: Files and folders gone through in one go.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What it takes to tell what is new."""

    roots: Roots
    catalog: Catalog
    schedules: Schedules
    skip: tuple[str, ...]  #: real paths that are passed over
    wanted: Callable[[str], bool]  #: tells by a file's name


async def fresh(
    sight: Sight, schedule_id: str, folders: Iterable[str], now: float, write: Write | None = None
) -> dict[str, Look]:
    """The new files below these (real) folders, by their escaped path, as a session over them would find them.

    With `write` the folders are all of the schedule's, and what it remembers of other files is forgotten: they are
    committed, or gone. Cancelling it stops between two handfuls of files.
    """
    walk = discover(sight.roots, tuple(map(escape, folders)), sight.skip, sight.wanted)
    found: dict[str, Look] = {}
    remembered: set[str] = set()
    while batch := await to_thread.run_sync(lambda: list(islice(walk, _AT_ONCE))):
        files = {absolute(one.root, one.file): _look(one) for one in batch if isinstance(one, Candidate)}
        unknown = await to_thread.run_sync(_unknown, sight.catalog, files)
        taken = await to_thread.run_sync(sight.schedules.looks, schedule_id, list(unknown), now)
        remembered |= taken.keys()
        found |= {path: look for path, look in unknown.items() if taken.get(path) != look}
    if write is not None:
        await write(sight.schedules.keep_only, schedule_id, remembered)
    return found


def _unknown(catalog: Catalog, files: dict[str, Look]) -> dict[str, Look]:
    known = catalog.known(list(files))
    looks = {path: Look(one.size, one.mtime_ns) for path, one in known.items()}
    return {path: look for path, look in files.items() if looks.get(path) != look}


def _look(candidate: Candidate) -> Look:
    return Look(candidate.size, candidate.mtime_ns)
