"""Runs the schedules of a server: looks at their folders when it is time, and starts a session where there is something
new.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Final

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from tallylight.clock import Clock
from tallylight.errors import BadFolder, NotFound, TallylightError
from tallylight.facts import State
from tallylight.ingest import watch
from tallylight.ingest.fresh import Sight, fresh
from tallylight.ingest.ports import Write
from tallylight.ingest.running import innermost
from tallylight.ingest.supervisor import Supervisor
from tallylight.journal import Journal
from tallylight.model import Parameters, Status
from tallylight.roots import Roots, escape, outermost, unescape
from tallylight.schedules import POLL, Look, Schedule, parse_rule

#: Seconds after which it is asked again what time it is (clocks are set, machines sleep), which schedules there are
#: (another process may have changed them) and whether a folder that could not be read is back.
ROUND_S: Final = 30.0
#: Seconds after which a folder that the disk tells of is looked at all the same: no telling is quite reliable.
RESCAN_S: Final = 3600.0

Changes = Callable[[list[str], bool, Callable[[str], bool]], AsyncIterator[Collection[str]]]

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling:
    """What the scheduler is given."""

    sight: Sight
    journal: Journal
    supervisor: Supervisor
    write: Write
    clock: Clock
    changes: Changes  #: of folders, polled for or not, by names
    must_poll: Callable[[list[str]], bool]
    still_for: float = watch.STILL_S
    zone: tzinfo | None = None  #: whose wall clock counts; None: this machine's


class Scheduler:
    """A task for each schedule. Call it on the event loop."""

    def __init__(self, scheduling: Scheduling, tasks: TaskGroup) -> None:
        self._given = scheduling
        self._tasks = tasks
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._busy: set[str] = set()
        self._seen_through: set[str] = set()  #: sessions that somebody here waits for
        self._changed = anyio.Event()

    def is_busy(self, schedule_id: str) -> bool:
        """Whether a session of it is under way here."""
        return schedule_id in self._busy

    def changed(self) -> None:
        """Schedules were added or removed."""
        self._changed.set()

    async def run(self) -> None:
        """Run until cancelled. Sessions that are to be committed, and that another process left, are seen through."""
        while True:
            self._changed = anyio.Event()
            try:
                await self._adopt()
                await self._match()
            except Exception:
                # A database that is restarted is back in a moment; the server has to survive that.
                log.exception("the schedules could not be read; they are read again")
            await self._changed_or_later()

    async def _adopt(self) -> None:
        """See sessions through whose beginner is gone: this process may have taken them over, and they are to be
        committed all the same.
        """
        given = self._given
        in_motion = await to_thread.run_sync(given.journal.sessions_in_motion)
        left = {session.session_id for session in in_motion if session.parameters.auto_commit}
        left = {session_id for session_id in left if given.supervisor.record_of(session_id) is not None}
        # Whoever began these may have died between their end and their commit.
        schedules = await to_thread.run_sync(given.sight.schedules.all)
        left |= {one.session_id for one in schedules if one.auto_commit and one.session_id is not None}
        for session_id in left - self._seen_through:
            self._tasks.start_soon(self._see_through, session_id)

    async def _changed_or_later(self) -> None:
        async with anyio.create_task_group() as tasks:

            async def later() -> None:
                await self._pause(ROUND_S)
                tasks.cancel_scope.cancel()

            tasks.start_soon(later)
            await self._changed.wait()
            tasks.cancel_scope.cancel()

    async def _pause(self, seconds: float) -> None:
        clock = self._given.clock
        await clock.sleep_until(clock.monotonic() + seconds)

    async def _match(self) -> None:
        """Let exactly the schedules that there are run."""
        schedules = {one.schedule_id: one for one in await to_thread.run_sync(self._given.sight.schedules.all)}
        for schedule_id in self._scopes.keys() - schedules.keys():
            self._scopes.pop(schedule_id).cancel()
        for schedule_id in schedules.keys() - self._scopes.keys():
            self._scopes[schedule_id] = scope = anyio.CancelScope()
            self._tasks.start_soon(self._scoped, scope, schedule_id)

    async def _scoped(self, scope: anyio.CancelScope, schedule_id: str) -> None:
        with scope:
            while True:
                await self._survive(schedule_id)

    async def _survive(self, schedule_id: str) -> None:
        """Run a schedule until something goes wrong with it; say what, and wait a while."""
        try:
            await self._follow(schedule_id)
        except Exception as error:
            cause = innermost(error)
            if isinstance(cause, TallylightError):
                sentence = str(cause)
            else:
                log.error("the schedule %s failed; it is tried again", schedule_id, exc_info=cause)
                sentence = "Something unforeseen went wrong; the log of the server has the details. It is tried again."
            await self._note(schedule_id, sentence)
        await self._pause(ROUND_S)

    async def _note(self, schedule_id: str, trouble: str = "") -> None:
        given = self._given
        try:
            await given.write(given.sight.schedules.note, schedule_id, trouble)
        except Exception:
            log.exception("what is wrong with the schedule %s could not be stored: %s", schedule_id, trouble)

    async def _follow(self, schedule_id: str) -> None:
        schedule = await self._schedule(schedule_id)
        folder = await to_thread.run_sync(self._given.sight.roots.folder, schedule.folder)
        listens = parse_rule(schedule.rule).listens
        if listens and not await to_thread.run_sync(self._given.must_poll, [folder]):
            await self._listen(schedule_id, folder)
            return
        while True:
            await self._look(await self._due(schedule_id, POLL if listens else schedule.rule))

    # --- by the clock --------------------------------------------------------------------------------------------

    async def _due(self, schedule_id: str, rule: str) -> Schedule:
        """Return once the next look is due, with the schedule as it was then: only one process may claim that look."""
        now = self._given.clock.now
        while True:
            schedule = await self._schedule(schedule_id)
            at = due(replace(schedule, rule=rule), now(), self._given.zone)
            if at is None or at <= now():
                return schedule
            await self._pause(min(at - now(), ROUND_S))

    async def _look(self, schedule: Schedule) -> None:
        """One look at the whole folder, and a session of what is new and stands still."""
        given, schedule_id = self._given, schedule.schedule_id
        if await self._is_under_way(schedule) or not await self._claimed(schedule):
            # Its time comes again; or another process took this one.
            await self._pause(watch.LOOK_S)
            return
        folder = await to_thread.run_sync(given.sight.roots.folder, schedule.folder)
        found = await fresh(given.sight, schedule_id, [folder], given.clock.now(), given.write)
        still = await self._settled(found)
        if still:
            await self._take(schedule, still)
        else:
            await self._note(schedule_id)

    async def _settled(self, found: dict[str, Look]) -> dict[str, Look]:
        """Those of new files that have stood still; those that go on growing are left for the next look."""
        clock, growing = self._given.clock, watch.Growing(self._given.still_for)
        still: dict[str, Look] = {}
        begun = clock.monotonic()
        paths = {unescape(path): path for path in found}
        await self._see(growing, list(paths))
        while growing and clock.monotonic() - begun < watch.PATIENCE_S + self._given.still_for:
            await self._pause(min(watch.LOOK_S, self._given.still_for))
            looks = await self._see(growing, growing.paths)
            for path in growing.ripe(clock.monotonic()):
                if (look := looks[path]) is not None:
                    still[paths[path]] = Look(look.size, look.mtime_ns)
        return still

    async def _see(self, growing: watch.Growing, paths: list[str]) -> dict[str, watch.Look | None]:
        looks = await to_thread.run_sync(lambda: {path: watch.look_at(path) for path in paths})
        for path, look in looks.items():
            growing.saw(path, look, self._given.clock.monotonic())
        return looks

    # --- by what the disk tells ----------------------------------------------------------------------------------

    async def _listen(self, schedule_id: str, folder: str) -> None:
        send, receive = anyio.create_memory_object_stream[Collection[str]](0)
        job = watch.Watch(
            changes=lambda: receive,
            take=partial(self._arrived, schedule_id),
            clock=self._given.clock,
            still_for=self._given.still_for,
            wanted=self._given.sight.wanted,
            skip=self._given.sight.skip,
        )
        async with send, receive, anyio.create_task_group() as tasks:
            tasks.start_soon(watch.run, job)
            tasks.start_soon(self._pump, folder, send)
            # After listening has begun, so that what arrives in between is seen twice rather than never.
            tasks.start_soon(self._rescan, schedule_id, send)

    async def _pump(self, folder: str, send: MemoryObjectSendStream[Collection[str]]) -> None:
        try:
            async for paths in self._given.changes([folder], False, self._given.sight.wanted):
                await send.send(paths)
        except (OSError, RuntimeError) as error:
            raise BadFolder(
                f"{escape(folder)} cannot be listened to ({error}); schedule it with poll, or see that"
                " fs.inotify.max_user_watches is large enough."
            ) from error

    async def _rescan(self, schedule_id: str, send: MemoryObjectSendStream[Collection[str]]) -> None:
        given = self._given
        while True:
            folder = await to_thread.run_sync(given.sight.roots.folder, (await self._schedule(schedule_id)).folder)
            found = await fresh(given.sight, schedule_id, [folder], given.clock.now(), given.write)
            await self._note(schedule_id)
            if found:
                await send.send([unescape(path) for path in found])
            await self._pause(RESCAN_S)

    async def _arrived(self, schedule_id: str, folders: list[str]) -> None:
        """Files in these folders stand still: a session of those that are new."""
        given = self._given
        while True:
            schedule = await self._schedule(schedule_id)
            there = await to_thread.run_sync(lambda: [folder for folder in folders if os.path.isdir(folder)])  # noqa: PTH112
            found = await fresh(given.sight, schedule_id, there, given.clock.now())
            if not found:
                return
            if not await self._is_under_way(schedule):
                await self._claimed(schedule)
                await self._take(schedule, found)
                return
            await self._pause(watch.LOOK_S)

    # --- sessions ------------------------------------------------------------------------------------------------

    async def _take(self, schedule: Schedule, found: dict[str, Look]) -> None:
        """A session over the folders of these files, to its end, unless another process has them."""
        given, schedule_id, at = self._given, schedule.schedule_id, self._given.clock.now()
        mine = await given.write(given.sight.schedules.take, schedule_id, found, at)
        if not mine:
            return
        self._busy.add(schedule_id)
        try:
            session_id = await self._start(schedule, mine, at)
            await self._see_through(session_id)
        finally:
            self._busy.discard(schedule_id)

    async def _start(self, schedule: Schedule, found: dict[str, Look], at: float) -> str:
        given, schedule_id = self._given, schedule.schedule_id
        try:
            folders = outermost(sorted({path.rpartition("/")[0] or "/" for path in found}))
            directories = [await to_thread.run_sync(given.sight.roots.folder, folder) for folder in folders]
            parameters = Parameters(directories=tuple(map(escape, directories)), auto_commit=schedule.auto_commit)
            session = await given.supervisor.start(parameters)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await given.write(given.sight.schedules.give_back, schedule_id, at)
            raise
        with anyio.CancelScope(shield=True):
            await given.write(given.sight.schedules.started, schedule_id, session.session_id, at)
        return session.session_id

    async def _see_through(self, session_id: str) -> None:
        """Wait for the end of a session, and commit it where that was asked for. What is not committed then, because
        somebody stopped it or nothing could be read, is theirs to decide.
        """
        supervisor = self._given.supervisor
        self._seen_through.add(session_id)
        try:
            await supervisor.finished(session_id)
            session = await to_thread.run_sync(self._given.journal.session, session_id)
            if session.parameters.auto_commit and _is_to_commit(session.state):
                await supervisor.commit(session_id)
                await supervisor.finished(session_id)
        except NotFound:
            log.info("session %s was deleted before it was committed", session_id)
        except TallylightError as error:
            log.info("session %s of a schedule is not committed here: %s", session_id, error)
        except Exception:
            log.exception("session %s of a schedule was not committed", session_id)
        finally:
            self._seen_through.discard(session_id)

    async def _is_under_way(self, schedule: Schedule) -> bool:
        """Whether the newest session of a schedule still moves, here or in another process."""
        if schedule.session_id is None:
            return False
        try:
            session = await to_thread.run_sync(self._given.journal.session, schedule.session_id)
        except NotFound:
            return False
        return not session.state.at_rest

    async def _claimed(self, schedule: Schedule) -> bool:
        given = self._given
        return await given.write(given.sight.schedules.claim, schedule.schedule_id, schedule.ran_at, given.clock.now())

    async def _schedule(self, schedule_id: str) -> Schedule:
        return await to_thread.run_sync(self._given.sight.schedules.one, schedule_id)


def due(schedule: Schedule, now: float, zone: tzinfo | None = None) -> float | None:
    """When the next look of a schedule is due, as wall time; in the past where it was missed. One that was never looked
    at is due at once, unless it waits for a time of day. None where the disk tells.
    """
    rule = parse_rule(schedule.rule)
    if schedule.ran_at is None and rule.every is not None:
        return min(schedule.created_at, now)
    return rule.due(schedule.created_at if schedule.ran_at is None else schedule.ran_at, now, zone)


def new_schedule(roots: Roots, folder: str, rule: str, *, auto_commit: bool, now: float) -> Schedule:
    """A schedule of a folder (escaped text). Raises BadFolder for one that cannot be read, or lies outside the roots,
    and BadParameters for a rule there is not. Reads the disk; call it off the event loop.
    """
    return Schedule(
        schedule_id=str(uuid.uuid4()),
        rule=parse_rule(rule).text,
        folder=escape(roots.folder(folder)),
        auto_commit=auto_commit,
        created_at=now,
    )


def _is_to_commit(state: State) -> bool:
    """Whether it is completed with something to commit, and was never committed."""
    return state.status is Status.COMPLETED and state.processed > state.errors
