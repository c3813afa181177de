"""What the disk tells of changes, and where it tells nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Final

from tallylight.ingest.watch import is_on_network

#: Where Linux lists what is mounted; elsewhere nothing is known to need polling.
MOUNTS: Final = Path("/proc/mounts")
_POLL_MS: Final = 2000


async def changes(folders: list[str], poll: bool, wanted: Callable[[str], bool]) -> AsyncIterator[Collection[str]]:
    """Paths of files that were made or changed below these folders, and of folders that were made, for ever."""
    from watchfiles import Change, awatch  # noqa: PLC0415 (no other command needs it)

    told = awatch(
        *folders, watch_filter=None, force_polling=poll, poll_delay_ms=_POLL_MS, ignore_permission_denied=True
    )
    async for found in told:
        # Of a folder only that it is new: what changes in it is told of by itself.
        yield {path for change, path in found if change is Change.added or (change is Change.modified and wanted(path))}


def must_poll(folders: list[str]) -> bool:
    """Whether one of these real folders lies where other machines change things that nobody tells."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(is_on_network(folder, mounts) for folder in folders)
