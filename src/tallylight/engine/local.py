"""Extraction in worker processes on this machine, each of which may be killed at any time."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

import anyio
import anyio.to_thread

from tallylight.clock import Clock
from tallylight.engine.contract import Item, Result, Verdict, WorkerOn
from tallylight.engine.deaths import Death, Group, inquest
from tallylight.engine.pool import PoolBroken, Workers
from tallylight.engine.slots import Slots
from tallylight.engine.watch import LOOK_EVERY, Flight, Step


class LocalEngine:
    """Worker processes at lowered priority, warm from `start` on. See `contract.Engine` for what it promises.

    An item that takes longer than `time_limit` seconds is `Died("timeout")`, also where it hangs in C and holds the
    GIL. `memory_limit` is bytes of address space a worker (None: no limit). `preload` names the modules that workers
    import before the first chunk. Bound to the event loop that starts it.
    """

    def __init__(
        self,
        jobs: int,
        *,
        time_limit: float = 60.0,
        memory_limit: int | None = None,
        preload: Sequence[str] = (),
        clock: Clock,
    ) -> None:
        """Raises ValueError for a number that is not above zero."""
        for name, number in (("jobs", jobs), ("time_limit", time_limit), ("memory_limit", memory_limit)):
            if number is not None and not number > 0:
                raise ValueError(f"{name} is {number}; it must be above zero.")
        self._jobs = jobs
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._preload = tuple(preload)
        self._clock = clock
        self._turn = anyio.Semaphore(jobs, fast_acquire=True)  # first come, first served
        self._mending = anyio.Lock()
        self._under_way = asyncio.Event()
        self._flights: set[Flight] = set()
        self._slots: Slots | None = None
        self._workers: Workers | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closed = False
        self._sealed: tuple[Callable[[Any], Any], bytes] | None = None  #: the newest function, and pickled

    @property
    def jobs(self) -> int:
        return self._jobs

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def start(self) -> Self:
        """Return once every worker is up and has imported `preload`. Raises as `Workers.start` does."""
        if self._workers is not None or self._closed:
            raise RuntimeError("This engine was started before; make another.")
        try:
            await anyio.to_thread.run_sync(self._open)
        except BaseException:
            await self.aclose()
            raise
        self._watch = asyncio.create_task(self._keep_watch(), name="engine-watch")
        return self

    def _open(self) -> None:
        # Two slots a worker: one for the chunk it has, one for a cancelled chunk whose worker is not dead yet.
        self._slots = Slots(2 * self._jobs)
        self._renew_workers()

    def _renew_workers(self) -> None:
        # Kept before it is started: whatever happens then, `aclose` finds it.
        self._workers = Workers(self._jobs, self._open_slots, self._preload, self._memory_limit)
        self._workers.start()

    @property
    def _open_slots(self) -> Slots:
        if self._slots is None:
            raise RuntimeError("The engine is not running; start it first.")
        return self._slots

    async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
        """As `Engine.run`. Raises what pickling raises for a function or item that is not picklable, and RuntimeError
        on an engine that is not running.
        """
        if self._closed or self._workers is None:
            raise RuntimeError("The engine is not running; start it first, and do not use it once it is closed.")
        # A session asks with the same function chunk after chunk.
        if self._sealed is None or self._sealed[0] is not function:
            self._sealed = function, pickle.dumps(function, pickle.HIGHEST_PROTOCOL)
        sealed_function = self._sealed[1]
        sealed_items = [pickle.dumps(item, pickle.HIGHEST_PROTOCOL) for item in items]
        async with self._turn:
            return await self._verdicts(sealed_function, sealed_items)

    async def _verdicts(self, function: bytes, items: list[bytes]) -> list[Verdict[Any]]:
        verdicts: dict[int, Verdict[Any]] = {}
        groups = [Group(tuple(range(len(items))))] if items else []
        while groups:
            group = groups.pop()
            ending = await self._fly(function, [items[place] for place in group.places])
            if isinstance(ending, Death):
                settled, again = inquest(group, ending, self._time_limit)
                verdicts.update(settled)
                groups.extend(again)
            else:
                verdicts.update(zip(group.places, ending, strict=True))
        return [verdicts[place] for place in range(len(items))]

    async def _fly(self, function: bytes, items: list[bytes]) -> list[Verdict[Any]] | Death:
        slots, answer = self._open_slots, asyncio.get_running_loop().create_future()
        flight = Flight(slots.take(), len(items), answer, self._clock.monotonic())
        try:
            sent = await self._send(flight, function, items)
            try:
                ending = await self._answer(flight)
            finally:
                sent.cancel()
            if isinstance(ending, Death):
                glance = slots.glance(flight.ticket)
                return replace(ending, item=None if glance is None else glance.item, overdue=flight.overdue)
            return ending
        finally:
            slots.give_back(flight.ticket)

    async def _send(self, flight: Flight, function: bytes, items: list[bytes]) -> Future[Any]:
        loop = asyncio.get_running_loop()
        while True:
            # Closed while this one waited for its turn, or for new workers.
            if self._closed or self._workers is None:
                raise asyncio.CancelledError
            workers = self._workers
            try:
                return workers.submit(
                    flight.ticket,
                    function,
                    items,
                    self._time_limit,
                    lambda ending: _tell(loop, flight, ending),
                )
            except PoolBroken:
                await self._mend(workers)

    async def _answer(self, flight: Flight) -> list[Verdict[Any]] | Death:
        flight.since = self._clock.monotonic()
        self._flights.add(flight)
        self._under_way.set()
        try:
            return await flight.answer
        finally:
            self._flights.discard(flight)

    async def _mend(self, broken: Workers) -> None:
        async with self._mending:
            if self._workers is not broken or self._closed:
                return
            self._condemn(broken)
            await anyio.to_thread.run_sync(broken.stop)
            await anyio.to_thread.run_sync(self._renew_workers)

    def _condemn(self, workers: Workers) -> None:
        workers.condemn()
        for flight in tuple(self._flights):
            flight.settle(Death(None))

    async def _keep_watch(self) -> None:
        while True:
            await self._under_way.wait()
            await self._clock.sleep_until(self._clock.monotonic() + LOOK_EVERY)
            if not self._flights:
                self._under_way.clear()
            for flight in tuple(self._flights):
                self._look_at(flight)

    def _look_at(self, flight: Flight) -> None:
        slots = self._open_slots
        glance, held = slots.glance(flight.ticket), slots.held(flight.ticket.slot)
        step = flight.look(glance, held, self._clock.monotonic(), self._time_limit)
        if step is Step.KILL and glance is not None:
            with suppress(ProcessLookupError):  # ended meanwhile; pebble or the next look will tell
                os.kill(glance.pid, signal.SIGKILL)
        elif step is Step.LOST:
            flight.settle(Death(None))
        elif step is Step.STUCK and self._workers is not None:
            self._condemn(self._workers)

    def working_on(self) -> list[WorkerOn]:
        """As `Engine.working_on`; empty on an engine that is not running."""
        shown = (self._shown(flight) for flight in tuple(self._flights))
        return [on for on in shown if on is not None]

    def _shown(self, flight: Flight) -> WorkerOn | None:
        glance = self._open_slots.glance(flight.ticket)
        if glance is None or glance.item >= flight.size or not self._open_slots.held(flight.ticket.slot):
            return None
        return WorkerOn(glance.label, glance.since)

    async def aclose(self) -> None:
        """As `Engine.aclose`; within about a second. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            for flight in tuple(self._flights):
                flight.answer.cancel()
            await self._end_watch()
            async with self._mending:
                if self._workers is not None:
                    await anyio.to_thread.run_sync(self._workers.stop)
            # Whoever waits for a turn comes before us, finds the engine closed and ends; with all turns taken, no call
            # is under way.
            for _ in range(self._jobs):
                await self._turn.acquire()
            if self._slots is not None:
                self._slots.close()

    async def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])


def _tell(loop: asyncio.AbstractEventLoop, flight: Flight, ending: list[Verdict[Any]] | Death) -> None:
    loop.call_soon_threadsafe(flight.settle, ending)
