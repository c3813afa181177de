"""Lets only the owner of a session write of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Update, bindparam, select

from tallylight.db.tables import sessions
from tallylight.errors import LeaseLost

#: Until the transaction ends nobody else becomes its owner.
_OWNER = select(sessions.c.owner).where(sessions.c.session_id == bindparam("of")).with_for_update(key_share=True)


@dataclass(frozen=True, slots=True)
class Fence:
    """Who writes: an owner among others, or (None) the only process there is."""

    me: str | None = None

    def within(self, changing: Update) -> Update:
        """The same change of a session, but of one that is ours only: where it changes nothing, `check` says why. For
        writes that cannot afford to look first.
        """
        return changing if self.me is None else changing.where(sessions.c.owner == self.me)

    def check(self, connection: Connection, session_id: str) -> None:
        """Raise LeaseLost where this session is not, or no longer, ours to write of; for as long as the transaction
        lasts it then stays ours. A session that there is not is left to the caller.
        """
        if self.me is None:
            return
        found = connection.execute(_OWNER, {"of": session_id}).one_or_none()
        if found is not None and found.owner != self.me:
            raise LeaseLost


#: For the only process there is.
OPEN = Fence()
