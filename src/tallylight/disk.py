"""What is on disk, opened: the data folder with its lock, the roots, the database with journal and catalog."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio
from anyio import to_thread

from tallylight.catalog import Catalog
from tallylight.catalog.sql import SqlCatalog
from tallylight.data_folder import DataFolder, Lock
from tallylight.db import Database, open_database
from tallylight.db.fence import Fence
from tallylight.errors import DatabaseUnusable
from tallylight.journal import Journal
from tallylight.journal.leases import Leases, Owner, SoleOwner
from tallylight.journal.sql import SqlJournal
from tallylight.journal.sql_leases import SqlLeases
from tallylight.presets.sql import SqlPresets
from tallylight.roots import Roots
from tallylight.schedules import Schedules
from tallylight.schedules.sql import SqlSchedules
from tallylight.settings import Settings

log: Final = logging.getLogger(__name__)

#: Linux gives every start of the machine a new one.
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

Opened = TypeVar("Opened")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a server or a headless run has on disk."""

    folder: DataFolder
    lock: Lock
    roots: Roots
    journal: SqlJournal
    catalog: SqlCatalog
    schedules: SqlSchedules
    presets: SqlPresets
    leases: Leases
    tally: int
    #: Waits so many seconds at most until another process has written to the journal; None where there is no other.
    heard: Callable[[float], bool] | None = None


def open_disk(settings: Settings, doing: str) -> AbstractAsyncContextManager[Disk]:
    """Lock the data folder and open what is in it; closes it again off the event loop.

    Raises BadFolder for an unusable root, DataFolderBusy and DataFolderUnusable for the data folder.
    """
    return _in_thread(_opened(settings, doing))


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[Journal]:
    """The journal alone, for looking while another process owns the data folder. Write nothing through it."""
    async with _in_thread(_journal(settings)) as journal:
        yield journal


@asynccontextmanager
async def open_catalog(settings: Settings) -> AsyncIterator[Catalog]:
    """The catalog alone, for looking while another process owns the data folder. Write nothing through it."""
    async with _in_thread(_catalog(settings)) as catalog:
        yield catalog


@asynccontextmanager
async def open_schedules(settings: Settings) -> AsyncIterator[Schedules]:
    """The schedules alone, for looking while another process owns the data folder. Write nothing through it."""
    async with _in_thread(_schedules(settings)) as schedules:
        yield schedules


@contextmanager
def _opened(settings: Settings, doing: str) -> Iterator[Disk]:
    folder = DataFolder.at(settings.data)
    roots = Roots.of(*settings.roots)
    with folder.locked(doing) as lock, closing(open_database(_address(settings))) as database:
        opened = partial(Disk, folder=folder, lock=lock, roots=roots)
        with _shared(database, opened, folder) if database.is_shared else nullcontext(_alone(database, opened)) as disk:
            yield disk


def _alone(database: Database, opened: Callable[..., Disk]) -> Disk:
    journal = SqlJournal(database)
    if journal.remember_boot(_boot_id()):
        log.info("the machine was restarted: ids given out before may be ahead of the journal, so they are foreign now")
    return opened(
        journal=journal,
        catalog=SqlCatalog(database),
        schedules=SqlSchedules(database),
        presets=SqlPresets(database),
        leases=SoleOwner(),
        tally=journal.tally(),
    )


@contextmanager
def _shared(database: Database, opened: Callable[..., Disk], folder: DataFolder) -> Iterator[Disk]:
    # A restart of this machine says nothing of the database's, which keeps what it has confirmed through any.
    me = Owner(folder=str(folder.path))
    fence, leases = Fence(me.owner), SqlLeases(database, me)
    journal = SqlJournal(database, fence)
    leases.renew(())
    try:
        yield opened(
            journal=journal,
            catalog=SqlCatalog(database, fence),
            schedules=SqlSchedules(database),
            presets=SqlPresets(database),
            leases=leases,
            tally=journal.tally(),
            heard=partial(database.heard, me=me.owner),
        )
    finally:
        try:
            leases.leave()
        except DatabaseUnusable as error:
            # What this process owned, others take over once its lease has run out.
            log.warning("%s", error)


@contextmanager
def _journal(settings: Settings) -> Iterator[Journal]:
    with closing(open_database(_address(settings))) as database:
        yield SqlJournal(database)


@contextmanager
def _catalog(settings: Settings) -> Iterator[Catalog]:
    with closing(open_database(_address(settings))) as database:
        yield SqlCatalog(database)


@contextmanager
def _schedules(settings: Settings) -> Iterator[Schedules]:
    with closing(open_database(_address(settings))) as database:
        yield SqlSchedules(database)


def _address(settings: Settings) -> str | Path:
    return settings.database or DataFolder.at(settings.data).database


@asynccontextmanager
async def _in_thread(blocking: AbstractContextManager[Opened]) -> AsyncIterator[Opened]:
    """A context manager that reads and writes files, entered and left off the event loop."""
    opened = await to_thread.run_sync(blocking.__enter__)
    try:
        yield opened
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(blocking.__exit__, type(error), error, error.__traceback__)
        raise
    with anyio.CancelScope(shield=True):
        await to_thread.run_sync(blocking.__exit__, None, None, None)


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        # Elsewhere than on Linux a restart cannot be told from a pause: ids then stay valid across both.
        return "unknown"
