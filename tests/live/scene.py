"""A hub with sessions behind it, as a journal and its routes would serve them, on a clock that a test turns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final

import anyio

from tallylight.live import (
    Cursor,
    Entry,
    Hub,
    Reader,
    StreamResponse,
    Update,
    Wish,
    outcomes_event,
    replay_after,
    shared,
    shared_after,
    single,
)
from tallylight.testing import ManualClock

EPOCHS: Final = {"a": "aaaaaa", "b": "bbbbbb"}
SHARED_EPOCH: Final = "jjjjjj"
#: Entries that a reader which comes back is told at most, and in one write.
WINDOW: Final = 6
CHUNK: Final = 4

#: Turns of the event loop after which everything waits: far more than any task has steps.
TURNS: Final = 25

#: Lets other things happen at a point of a request; is given the name of that point.
Pause = Callable[[str], Awaitable[None]]


class SteppedClock(ManualClock):
    """A manual clock whose turns take no real time: `wait_all_tasks_blocked` naps for a tenth of a second."""

    async def advance(self, seconds: float) -> None:
        self._elapsed += seconds
        turned, self._turned = self._turned, anyio.Event()
        turned.set()
        await settle()


class _Turns:
    """Gives way to the other tasks so many times. A bare `yield` is what asyncio takes for that."""

    def __await__(self) -> Generator[None, None, None]:
        for _ in range(TURNS):
            yield


async def settle() -> None:
    """Let every task take the steps it can."""
    await _Turns()


class Sessions:
    """All that happened to each session, and the application that tells it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.published: dict[str, list[Update]] = {key: [] for key in EPOCHS}
        self.entries: dict[str, list[int]] = {key: [] for key in EPOCHS}
        for key in EPOCHS:
            self.publish(key, 0)

    def newest(self, key: str) -> Update:
        return self.published[key][-1]

    def publish(self, key: str, outcomes: int, *, final: bool = False) -> None:
        """Add so many outcomes and, where there is none or the session ends, one more fact."""
        before = self.published[key][-1] if self.published[key] else None
        seq = before.seq if before else 0
        new = tuple(Entry(number, {"seq": number}) for number in range(seq + 1, seq + 1 + outcomes))
        self.entries[key] += [entry.seq for entry in new]
        seq += outcomes + (final or not outcomes)
        self._tell(key, seq, final=final, tally=self.hub.tally + 1, new=new)

    def refresh(self, key: str) -> None:
        """Tell a session in motion again, without a new fact."""
        newest = self.newest(key)
        if not newest.final:
            self._tell(key, newest.seq, final=False, tally=newest.tally)

    def _tell(self, key: str, seq: int, *, final: bool, tally: int, new: tuple[Entry, ...] = ()) -> None:
        number = len(self.published[key])
        state: dict[str, Any] = {"session_id": key, "status": "completed" if final else "processing", "seq": seq}
        state |= {"number": number, "stats": {"done": len(self.entries[key])}, **({"odd": seq} if seq % 2 else {})}
        # As the recorder does: entries are made as long as somebody follows them.
        entries = new if self.hub.wants_entries else ()
        update = Update(key, EPOCHS[key], seq, state, final, tally=tally, entries=entries)
        self.published[key].append(update)
        self.hub.publish(update)

    async def serve(self, wish: Wish, last: str, pause: Pause, *asgi: Any) -> None:
        """The request of a reader that comes back with the id `last`."""
        reader = self.hub.join(wish, "" if wish.only else SHARED_EPOCH)
        try:
            serve = self._serve_shared if wish.only is None else self._serve_single
            response = await serve(reader, last, pause)
        except BaseException:
            self.hub.leave(reader)
            raise
        await response(*asgi)

    async def _serve_single(self, reader: Reader, last: str, pause: Pause) -> StreamResponse:
        key = reader.wish.only or ""
        await pause("joined")
        update = self.newest(key)
        await pause("read")
        after = replay_after(last, update) if reader.wish.outcomes else None
        missed = [seq for seq in self.entries[key] if after is not None and after < update.seq and seq > after]
        pruned = len(missed) > WINDOW
        frames, known = [], update.seq
        if missed and not pruned:
            known = max(known, missed[-1])
            chunks = [missed[start : start + CHUNK] for start in range(0, len(missed), CHUNK)]
            frames = [outcomes_event(key, [{"seq": seq} for seq in chunk]) for chunk in chunks]
        self.hub.begin(reader, {key: update.seq}, known={key: known})
        return StreamResponse(self.hub, reader, single(last, update, frames, pruned=pruned))

    async def _serve_shared(self, reader: Reader, last: str, pause: Pause) -> StreamResponse:
        tally = self.hub.tally
        after, foreign = shared_after(last, SHARED_EPOCH, tally)
        await pause("joined")
        newest = [self.newest(key) for key in EPOCHS]
        told = [
            update
            for update in sorted(newest, key=lambda update: update.tally)
            if foreign or not update.final or (after is not None and update.tally > after)
        ]
        await pause("read")
        self.hub.begin(reader, {update.key: update.seq for update in told}, tally)
        return StreamResponse(self.hub, reader, shared(told, Cursor(SHARED_EPOCH, tally), 0.0, foreign))
