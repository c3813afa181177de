"""Waits for files that arrive in folders, until each has stood still: what is still being copied is not read."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio
from anyio import to_thread

from tallylight.clock import Clock
from tallylight.ingest.discover import is_media

#: Seconds in which size and modification time of a file must not change.
STILL_S: Final = 5.0
#: Seconds between two looks at files that may still grow.
LOOK_S: Final = 1.0
#: Seconds after which a file that stands still no longer waits for others of its folder that keep growing.
PATIENCE_S: Final = 60.0
#: File systems that tell nobody what other machines do on them (`/proc/mounts`): these are looked at again and again.
NETWORK_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.rclone", "davfs"}
)


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looked like when it was looked at."""

    size: int
    mtime_ns: int


class Growing:
    """Files that were seen to change, until they have stood still. Pure: `now` is monotonic time."""

    def __init__(self, still_for: float = STILL_S, patience: float = PATIENCE_S) -> None:
        self._still_for = still_for
        self._patience = max(patience, still_for)
        self._since: dict[str, tuple[Look, float]] = {}

    def __len__(self) -> int:
        return len(self._since)

    @property
    def paths(self) -> list[str]:
        return list(self._since)

    def saw(self, path: str, look: Look | None, now: float) -> None:
        """A file looks like this now; None: it is gone, or was never a file."""
        known = self._since.get(path)
        if look is None:
            self._since.pop(path, None)
        elif known is None or known[0] != look:
            self._since[path] = (look, now)

    def ripe(self, now: float) -> list[str]:
        """Take out those that have looked the same for long enough. Where others in their folder, or below it, still
        grow, they wait for these a while: a session reads the whole folder, and what arrives together makes one.
        """
        still = {path: now - since for path, (_, since) in self._since.items() if now - since >= self._still_for}
        busy = _folders_above(path for path in self._since if path not in still)
        ripe = [path for path, age in still.items() if age >= self._patience or os.path.dirname(path) not in busy]  # noqa: PTH120
        for path in ripe:
            del self._since[path]
        return ripe


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a watch is given. `changes` tells paths (as `os` has them), for ever: of files that were made or changed,
    and of folders that were made. `take` is called with the folders of files that stand still, never while it is still
    busy.
    """

    changes: Callable[[], AsyncIterator[Collection[str]]]
    take: Callable[[list[str]], Awaitable[object]]
    clock: Clock
    still_for: float = STILL_S
    wanted: Callable[[str], bool] = is_media  #: tells by a file's name
    skip: tuple[str, ...] = ()  #: real paths that nothing is taken from


async def run(watch: Watch) -> None:
    """Watch until cancelled. Files that come while others are taken wait for their turn; none is forgotten."""
    growing, seen = Growing(watch.still_for), _Signal()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_listen, watch, growing, seen)
        tasks.start_soon(_settle, watch, growing, seen)


class _Signal:
    """Set whenever something was seen."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        self._event = anyio.Event()


async def _listen(watch: Watch, growing: Growing, seen: _Signal) -> None:
    async for paths in watch.changes():
        await _look(watch, growing, paths)
        seen.set()


async def _settle(watch: Watch, growing: Growing, seen: _Signal) -> None:
    while True:
        if not growing:
            await seen.wait()
        await watch.clock.sleep_until(watch.clock.monotonic() + min(LOOK_S, watch.still_for))
        await _look(watch, growing, growing.paths)
        ripe = growing.ripe(watch.clock.monotonic())
        if ripe:
            await watch.take(sorted({os.path.dirname(path) for path in ripe}))  # noqa: PTH120 (paths as `os` has them)


async def _look(watch: Watch, growing: Growing, paths: Iterable[str]) -> None:
    looks = await to_thread.run_sync(partial(_looks, list(paths), watch.wanted, watch.skip))
    for path, look in looks.items():
        growing.saw(path, look, watch.clock.monotonic())


def _looks(paths: Iterable[str], wanted: Callable[[str], bool], skip: tuple[str, ...]) -> dict[str, Look | None]:
    below = tuple(f"{path.rstrip('/')}/" for path in skip)
    return {path: look_at(path) for path in _files(paths, wanted) if not path.startswith(below)}


def _files(paths: Iterable[str], wanted: Callable[[str], bool]) -> Iterator[str]:
    """Those that are wanted, and in folders all that are. inotify tells of a new folder, but not of what came into it
    before it was watched too.
    """

    def is_wanted(name: str) -> bool:
        return wanted(name) and not name.startswith(".")

    for path in paths:
        if is_wanted(os.path.basename(path)):  # noqa: PTH119
            yield path
        elif os.path.isdir(path):  # noqa: PTH112
            for folder, folders, names in os.walk(path):
                folders[:] = [name for name in folders if not name.startswith(".")]
                yield from (os.path.join(folder, name) for name in names if is_wanted(name))  # noqa: PTH118


def _folders_above(paths: Iterable[str]) -> set[str]:
    """Every folder that one of these lies in or below."""
    above: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)  # noqa: PTH120
        while folder not in above:
            above.add(folder)
            folder = os.path.dirname(folder)  # noqa: PTH120
    return above


def look_at(path: str) -> Look | None:
    """What a file looks like now; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        # Gone, or out of reach for the moment: another change will tell of it.
        return None
    return Look(status.st_size, status.st_mtime_ns)


def is_on_network(folder: str, mounts: str) -> bool:
    """Whether a real folder lies on a file system that must be polled, by the text of `/proc/mounts`."""
    systems: dict[str, str] = {}
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            # Spaces and the like stand there in octal.
            place = fields[1].encode("latin-1", "replace").decode("unicode_escape", "replace")
            systems[place.rstrip("/")] = fields[2]
    above = folder.rstrip("/")
    while above and above not in systems:
        above = above.rpartition("/")[0]
    return systems.get(above, "") in NETWORK_SYSTEMS
