"""Who works on which session.

Several processes may share a database. Each session in motion then has one owner, the only process that may write of
it; an owner's lease says until when it counts as alive, and is renewed while it is. What a dead owner worked on, others
go on with.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from tallylight.data_folder import reach_of_holder
from tallylight.errors import OwnedElsewhere

#: Seconds that an owner counts as alive after its last word. A takeover within half a minute leaves some for looking.
LEASE: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A process that works on sessions. The id is its own alone; the rest is for people and programs to reach it."""

    owner: str = field(default_factory=lambda: uuid4().hex)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    url: str = ""  #: empty where it is no server
    folder: str = ""  #: its data folder, in which its own user finds what lets him in


class Leases(Protocol):
    """What one process knows and says of the owners of sessions. Plain synchronous calls, from any thread.

    A session at rest has no owner; a process becomes the owner of one that it makes, and claims one before it changes
    it.
    """

    def tell(self, url: str) -> None:
        """Say where this process is reached."""
        ...

    def renew(self, working_on: Collection[str]) -> set[str]:
        """Say that this process is alive; returns those of these sessions that another process owns by now."""
        ...

    def claim(self, session_id: str) -> bool:
        """Become the owner of a session that has none, or a dead one; whether this process was not its owner before.
        Raises OwnedElsewhere where a living process is, and NotFound.
        """
        ...

    def free(self, session_ids: Collection[str]) -> set[str]:
        """Those of these sessions that no other living process owns."""
        ...

    def release(self, session_id: str) -> None:
        """Own this session no longer."""
        ...

    def leave(self) -> None:
        """Own nothing any more: this process ends."""
        ...


class SoleOwner:
    """`Leases` of a process that has its data folder for itself."""

    def tell(self, url: str) -> None:
        pass

    def renew(self, working_on: Collection[str]) -> set[str]:
        return set()

    def claim(self, session_id: str) -> bool:
        return False

    def free(self, session_ids: Collection[str]) -> set[str]:
        return set(session_ids)

    def release(self, session_id: str) -> None:
        pass

    def leave(self) -> None:
        pass


def is_free(owner: str | None, leased_until: float | None, me: str, now: float) -> bool:
    """Whether a session may be claimed: nobody owns it, or its owner is this process, or dead, or not known any more.
    Pure.
    """
    return owner is None or owner == me or leased_until is None or leased_until <= now


def elsewhere(session_id: str, owner: Owner) -> OwnedElsewhere:
    """The refusal where a living process owns a session. Reads that one's data folder where it is this machine's."""
    who = f"process {owner.pid} on {owner.host}"
    if owner.url:
        sentence = f"Session {session_id} is worked on by the server at {owner.url} ({who}); give the command there."
    else:
        sentence = (
            f"Session {session_id} is worked on by {who}, which takes no commands from elsewhere; wait until it is"
            " done, or stop it there."
        )
    if not owner.url or owner.host != socket.gethostname():
        # The address that is told is one of its own machine.
        return OwnedElsewhere(sentence)
    secret = reach_of_holder(Path(owner.folder)).secret if owner.folder else ""
    return OwnedElsewhere(sentence, url=owner.url, secret=secret)
