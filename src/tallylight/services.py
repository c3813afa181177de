"""The only place that opens things and wires them together: disk, workers, hub, supervisor."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio
from anyio import to_thread

from tallylight.access import Access
from tallylight.catalog import Catalog
from tallylight.clock import Clock, SystemClock
from tallylight.data_folder import DataFolder, Lock
from tallylight.db import Writer
from tallylight.disk import Disk, open_disk
from tallylight.engine import Engine
from tallylight.engine.local import LocalEngine
from tallylight.errors import TallylightError
from tallylight.ingest import commit, pipeline
from tallylight.ingest.changes import changes, must_poll
from tallylight.ingest.discover import is_media
from tallylight.ingest.extract import Limits, Options, extract
from tallylight.ingest.extract.plugins import declared
from tallylight.ingest.extractors import Extractors, examined
from tallylight.ingest.fresh import Sight
from tallylight.ingest.looking import Looker
from tallylight.ingest.ports import Record, Write
from tallylight.ingest.rechecking import changed_since
from tallylight.ingest.running import innermost
from tallylight.ingest.scheduler import Scheduler, Scheduling
from tallylight.ingest.supervisor import Supervisor
from tallylight.ingest.tenure import Tenure
from tallylight.ingest.valve import Valve
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Journal, Session, Tombstone
from tallylight.journal.epoch import new_epoch
from tallylight.journal.leases import Leases
from tallylight.live import MOST_READERS, Hub, Pace
from tallylight.mirror import Mirror
from tallylight.model import Parameters
from tallylight.presets import Presets
from tallylight.recorder import Recorder
from tallylight.roots import Roots
from tallylight.schedules import Schedules
from tallylight.settings import Settings, open_files_limit
from tallylight.thumbnails import Thumbnails
from tallylight.token_file import TokenFile
from tallylight.updates import Updates, deleted
from tallylight.visible import visible

log: Final = logging.getLogger(__name__)

#: What workers import before the first file, so that neither it nor the file after a crash waits for it.
PRELOAD: Final = ("tallylight.ingest.extract.candidate",)

OpenEngine = Callable[[Settings, Clock], AbstractAsyncContextManager[Engine]]


#: Descriptors kept back from readers, for files, workers and the database.
RESERVED_FILES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(Updates):
    """Everything a server or a headless run works with. Made by `open_services`, closed with it."""

    settings: Settings
    roots: Roots
    folder: DataFolder
    lock: Lock
    access: Access
    leases: Leases
    catalog: Catalog
    thumbnails: Thumbnails
    engine: Engine
    write: Write
    extractors: Extractors
    looker: Looker
    schedules: Schedules
    presets: Presets
    scheduler: Scheduler  #: runs only where sessions go on by themselves

    @property
    def skipped(self) -> tuple[str, ...]:
        """Real paths that are never scanned, though they may lie inside a root."""
        return (str(self.folder.path),)

    async def live_at(self, url: str) -> None:
        """Tell the processes that come to the same data folder or database where this one is reached."""
        public_url = str(self.settings.public_url or "")
        self.lock.tell(url, self.settings.database_mark, self.access.secret, public_url)
        await to_thread.run_sync(self.leases.tell, url)


def open_local_engine(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Engine]:
    """Worker processes on this machine, warm when the context is entered."""
    return LocalEngine(
        settings.jobs,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
        preload=PRELOAD,
        clock=clock,
    )


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    doing: str = "run",
    clock: Clock | None = None,
    open_engine: OpenEngine = open_local_engine,
    extracts: bool = True,
    goes_on: bool = False,
) -> AsyncIterator[Services]:
    """Open everything, and close all of it again in reverse order. With `goes_on`, sessions that an earlier process
    left in motion go on by themselves.

    Raises BadFolder for an unusable root, BadParameters for a limit there is not or that is out of range,
    DataFolderBusy and DataFolderUnusable for the data folder. `doing` says in the lock what holds it. Without
    `extracts` no extractor of another package is looked for. Sessions still in motion at the end stay so in the
    journal, where the next start finds them.
    """
    clock, limits = clock or SystemClock(), Limits.of(settings.limits)
    async with _plain_errors(), AsyncExitStack() as stack:
        disk = await stack.enter_async_context(open_disk(settings, doing))
        thumbnails = Thumbnails(disk.folder.thumbnails)
        await _sweep(thumbnails)
        # Workers that were killed, so that it can end at once, have left theirs.
        stack.push_async_callback(_sweep, thumbnails)
        writer = Writer()
        stack.push_async_callback(writer.aclose)
        engine = await stack.enter_async_context(open_engine(settings, clock))
        extractors = await _extractors(engine) if extracts else Extractors()
        hub = Hub(clock, tally=disk.tally, pace=_pace(settings), is_sole=disk.heard is None)
        await stack.enter_async_context(hub.running())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        # The sessions' tasks end first: they need everything above.
        stack.callback(tasks.cancel_scope.cancel)
        options_for = partial(_options, disk.roots, thumbnails, limits, extractors)
        mirror = None if disk.heard is None else _mirror(disk.journal, hub, clock, disk.heard, lambda: supervisor)
        looker = Looker(disk.journal, disk.catalog, disk.roots, writer.run, tasks)
        guarded = partial(_workshop, looker=looker, guard_share=settings.guard_share, mirror=mirror)
        workshop = guarded(disk, options_for, writer, engine, hub, clock, extractors=extractors)
        supervisor = Supervisor(workshop, tasks)
        scheduler = Scheduler(_scheduling(disk, supervisor, writer, clock, extractors), tasks)
        if mirror is not None:
            tenure = Tenure(leases=disk.leases, supervisor=supervisor, clock=clock)
            for loop in (mirror.run, tenure.keep, *([tenure.look] if goes_on else [])):
                tasks.start_soon(loop)
        if goes_on:
            await supervisor.recover()
            tasks.start_soon(scheduler.run)
        yield Services(
            settings=settings,
            roots=disk.roots,
            clock=clock,
            folder=disk.folder,
            lock=disk.lock,
            access=Access(TokenFile(disk.folder.token), clock, needed=settings.needs_token),
            leases=disk.leases,
            journal=disk.journal,
            catalog=disk.catalog,
            thumbnails=thumbnails,
            engine=engine,
            hub=hub,
            supervisor=supervisor,
            write=writer.run,
            extractors=extractors,
            looker=looker,
            schedules=disk.schedules,
            presets=disk.presets,
            scheduler=scheduler,
        )


def _scheduling(disk: Disk, supervisor: Supervisor, writer: Writer, clock: Clock, extractors: Extractors) -> Scheduling:
    sight = Sight(
        roots=disk.roots,
        catalog=disk.catalog,
        schedules=disk.schedules,
        skip=(str(disk.folder.path),),
        wanted=partial(is_media, suffixes=extractors.suffixes),
    )
    return Scheduling(
        sight=sight,
        journal=disk.journal,
        supervisor=supervisor,
        write=writer.run,
        clock=clock,
        changes=changes,
        must_poll=must_poll,
    )


async def _extractors(engine: Engine) -> Extractors:
    extractors = await examined(engine, await to_thread.run_sync(declared))
    for left_out in extractors.left_out:
        log.warning("%s", visible(str(left_out)))
    return extractors


async def _sweep(thumbnails: Thumbnails) -> None:
    with anyio.CancelScope(shield=True):
        await to_thread.run_sync(_swept, thumbnails)


def _swept(thumbnails: Thumbnails) -> None:
    try:
        thumbnails.sweep()
    except OSError as error:
        # Thumbnails are a cache: without any of them all else works.
        log.warning("half-written thumbnails in %s cannot be removed: %s", thumbnails.folder, error.strerror)


def _pace(settings: Settings) -> Pace:
    most = settings.max_readers or min(MOST_READERS, max(1, open_files_limit() - RESERVED_FILES))
    return Pace(
        heartbeat=settings.heartbeat, deadline=settings.reader_deadline, longest=settings.reader_age, most_readers=most
    )


def _workshop(  # noqa: PLR0913 (a workshop is made of all there is)
    disk: Disk,
    options_for: Callable[[Parameters], Options],
    writer: Writer,
    engine: Engine,
    hub: Hub,
    clock: Clock,
    *,
    extractors: Extractors,
    looker: Looker,
    guard_share: float,
    mirror: Mirror | None = None,
) -> Workshop:
    journal, catalog, write, now = disk.journal, disk.catalog, writer.run, clock.now
    wanted = partial(is_media, suffixes=extractors.suffixes)

    def ingest_for(session: Session, record: Record, valve: Valve) -> pipeline.Ingest:
        return pipeline.Ingest(
            session_id=session.session_id,
            parameters=session.parameters,
            roots=disk.roots,
            engine=engine,
            journal=journal,
            catalog=catalog,
            record=record,
            write=write,
            now=now,
            extract=partial(extract, options_for(session.parameters)),
            skip=(str(disk.folder.path),),
            wanted=wanted,
            valve=valve,
            noted=partial(looker.note, session.session_id),
            guard_share=guard_share,
        )

    def commit_for(session: Session, record: Record, as_shown: bool) -> commit.Commit:
        return commit.Commit(
            session_id=session.session_id,
            journal=journal,
            catalog=catalog,
            record=record,
            write=write,
            now=now,
            rule=session.parameters.conflict_rule,
            recheck=partial(changed_since, disk.roots),
            as_shown=as_shown,
            directories=session.parameters.directories,
            roots=disk.roots,
        )

    def record_for(session: Session) -> Recorder:
        recorder = Recorder(session, journal=journal, write=write, hub=hub, clock=clock)
        return recorder if mirror is None else mirror.recording(recorder)

    def forgotten(tombstone: Tombstone) -> None:
        if mirror is None:
            hub.publish(deleted(tombstone))
        else:
            mirror.bury(tombstone)

    return Workshop(
        journal=journal,
        write=write,
        now=now,
        new_epoch=new_epoch,
        record_for=record_for,
        ingest_for=ingest_for,
        commit_for=commit_for,
        catalog=catalog,
        look=looker.look_now,
        forgotten=forgotten,
        may_read=lambda parameters: all(map(disk.roots.covers, parameters.directories)),
        may_recheck=lambda parameters: any(map(disk.roots.covers, parameters.directories)),
        leases=disk.leases,
    )


def _mirror(
    journal: Journal, hub: Hub, clock: Clock, heard: Callable[[float], bool], supervisor: Callable[[], Supervisor]
) -> Mirror:
    return Mirror(
        journal=journal,
        hub=hub,
        clock=clock,
        record_of=lambda session_id: supervisor().record_of(session_id),
        deleted=deleted,
        heard=heard,
    )


@asynccontextmanager
async def _plain_errors() -> AsyncIterator[None]:
    """Let an error of the caller's own block out as it is, not wrapped by the task groups that the block stood in."""
    try:
        yield
    except BaseExceptionGroup as group:
        cause = innermost(group)
        if isinstance(cause, TallylightError):
            raise cause from group
        raise


def _options(
    roots: Roots, thumbnails: Thumbnails, limits: Limits, extractors: Extractors, parameters: Parameters
) -> Options:
    return Options(
        roots=roots,
        tier=parameters.tier,
        extract_metadata=parameters.extract_metadata,
        extract_keywords=parameters.extract_keywords,
        import_scores=parameters.import_scores,
        conflict_rule=parameters.conflict_rule,
        read_stealth=parameters.read_stealth,
        pixel_hash=parameters.pixel_hash,
        detect_nsfw=parameters.enable_nsfw_detection,
        extractors=extractors.installed,
        limits=limits,
        thumbnails=thumbnails,
    )
