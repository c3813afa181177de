"""Goes on with what was cut off: by the end of a process, this one's or another's, or of its storage."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from anyio import to_thread

from tallylight.errors import NotFound, OwnedElsewhere
from tallylight.facts import WAITING, Moved, Resumed
from tallylight.ingest import works
from tallylight.ingest.in_motion import InMotion
from tallylight.ingest.left import ALONE
from tallylight.ingest.workshop import Workshop
from tallylight.journal import Session
from tallylight.model import Status

log: Final = logging.getLogger(__name__)


class Recovery:
    """Finds sessions that are in motion in the journal and that nobody works on, and goes on with them."""

    def __init__(self, workshop: Workshop, motion: InMotion) -> None:
        self._workshop = workshop
        self._motion = motion
        self._left_alone: set[str] = set()  #: sessions that were logged as such

    async def recover(self) -> None:
        """Go on with the sessions that a process which is gone left in motion, as far as their folders may be read
        here. Where several share the journal, again and again.
        """
        shop = self._workshop
        found = await to_thread.run_sync(shop.journal.sessions_in_motion)
        left = {session.session_id: session for session in found if not self._motion.keeps(session.session_id)}
        free = await to_thread.run_sync(shop.leases.free, left)
        for session in left.values():
            if session.session_id in free and await self._is_ours_to_do(session):
                # Another process may be quicker, or delete it.
                with suppress(OwnedElsewhere, NotFound):
                    await self._take_over(session.session_id)

    async def go_on(self, session: Session, *, wakes: bool = True) -> None:
        """Go on with a claimed session that is in motion in the journal. One that waits for a word takes this for it,
        unless `wakes` says otherwise.
        """
        now = self._workshop.now()
        if session.session_id in self._motion.sessions:
            await self._blame_nobody(session.session_id)
        waits = session.state.status in WAITING
        word = [Moved(at=now, status=Status.PROCESSING)] if wakes else []
        running = works.going_on(self._workshop, session, paused=waits and not wakes)
        await self._motion.set_off(running, *(word if waits else [Resumed(at=now)]))

    async def _blame_nobody(self, session_id: str) -> None:
        """The storage failed, not the process: what was under way then has ended nothing."""
        shop = self._workshop
        tries = await to_thread.run_sync(shop.journal.tries, session_id)
        innocent = {number: min(count, ALONE) for number, count in tries.items()}
        await shop.write(shop.journal.count_tries, session_id, innocent)

    async def _take_over(self, session_id: str) -> None:
        async with self._motion.deciding:
            if self._motion.keeps(session_id):
                return
            async with self._motion.claimed(session_id) as session:
                if not session.state.at_rest:
                    await self.go_on(session, wakes=False)

    async def _is_ours_to_do(self, session: Session) -> bool:
        if await to_thread.run_sync(self._may_go_on, session):
            return True
        if session.session_id not in self._left_alone:
            self._left_alone.add(session.session_id)
            log.warning("session %s is left as it is: it reads folders outside the roots", session.session_id)
        return False

    def _may_go_on(self, session: Session) -> bool:
        match session.state.status:
            case Status.UNDOING:
                # It reads no folder any more.
                return True
            case Status.COMMITTING:
                return self._workshop.may_recheck(session.parameters)
            case _:
                return self._workshop.may_read(session.parameters)
