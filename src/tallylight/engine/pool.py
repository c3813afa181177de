"""One generation of worker processes, on pebble.

pebble gives a shared queue, exit codes of workers that died, their replacement, and cancelling by killing. All workers
share one pipe; where that breaks, the whole generation is replaced (see `local`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import RLock
from typing import Any

from pebble import ProcessExpired, ProcessPool

from tallylight.engine.contract import Verdict
from tallylight.engine.deaths import Death
from tallylight.engine.slots import Slots, Ticket
from tallylight.engine.verdicts import unseal
from tallylight.engine.worker import Setup, prepare, work

#: Seconds between looks at whether starting workers have failed.
_GLANCE = 0.1


class PoolBroken(Exception):
    """These workers take no more chunks; start others."""


class _Context(ForkServerContext):
    """Keeps the pool's locks. pebble drops them before its workers when it stops, and a worker that is just starting
    would print a traceback over the terminal for want of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._locks: list[RLock] = []

    def RLock(self) -> RLock:  # noqa: N802 (multiprocessing's name)
        lock = super().RLock()
        self._locks.append(lock)
        return lock

    def forget(self) -> None:
        """Drop the locks here and now: left to the garbage collector they would write to multiprocessing's resource
        tracker on whichever thread it runs, the event loop's too.
        """
        self._locks.clear()


class Workers:
    """Worker processes that share a queue. `start` and `stop` block: call them in a thread."""

    def __init__(self, jobs: int, slots: Slots, preload: Sequence[str], memory_limit: int | None) -> None:
        context = self._context = _Context()
        # Imported once, in the forkserver, so that a replacement is a fork away from work. The forkserver is the
        # process's own and starts once: with a second engine its preload holds, and `prepare` imports what is missing.
        context.set_forkserver_preload(["tallylight.engine.single_thread", __name__, *preload])
        self._jobs = jobs
        self._broken = False
        self._preload = tuple(preload)
        self._arrivals, self._ready = context.Pipe(duplex=False)
        setup = Setup(slots, self._ready, self._preload, memory_limit)
        self._pool = ProcessPool(max_workers=jobs, initializer=prepare, initargs=(setup,), context=context)

    def start(self) -> None:
        """Return once every worker has imported its modules and waits for work.

        Raises ModuleNotFoundError for a module to preload that does not exist, RuntimeError where workers end while
        they start.
        """
        for module in self._preload:
            if importlib.util.find_spec(module) is None:
                raise ModuleNotFoundError(f"There is no module {module!r} to preload in workers.")
        try:
            for _ in range(self._jobs):
                self._await_one()
        except BaseException:
            self.stop()
            raise
        self._arrivals.close()  # of replacements nobody needs to know

    def _await_one(self) -> None:
        while self._pool.active:  # the first question starts the pool
            if self._arrivals.poll(_GLANCE):
                self._arrivals.recv_bytes()
                return
        raise RuntimeError("Workers end while they start; see the log for why, or raise the memory limit.")

    def submit(
        self,
        ticket: Ticket,
        function: bytes,
        items: Sequence[bytes],
        time_limit: float,
        tell: Callable[[list[Verdict[Any]] | Death], None],
    ) -> Future[Any]:
        """Queue a group of items. `tell` is called in another thread, once, unless the future is cancelled, which
        kills the worker that has the group. Raises PoolBroken.
        """
        if self._broken:
            raise PoolBroken
        try:
            future: Future[Any] = self._pool.schedule(work, args=(ticket, function, items, time_limit))
        except RuntimeError as error:  # pebble's word for a pool that ended; an idle worker's death is enough
            raise PoolBroken from error
        future.add_done_callback(lambda done: self._report(done, tell))
        return future

    def _report(self, done: Future[Any], tell: Callable[[list[Verdict[Any]] | Death], None]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            tell([unseal(sealed) for sealed in done.result()])
        elif isinstance(error, ProcessExpired):
            tell(Death(error.exitcode))
        elif isinstance(error, BrokenProcessPool):
            self.condemn()
            tell(Death(None))
        else:
            tell(Death(None, words=repr(error)))

    def condemn(self) -> None:
        """Take no more chunks."""
        self._broken = True

    def stop(self) -> None:
        """Kill every worker, and return once they are gone."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._arrivals.close()
        self._ready.close()
        self._context.forget()
