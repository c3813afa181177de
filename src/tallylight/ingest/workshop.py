"""What it takes to work on sessions: handed to whoever starts, stops or forgets one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tallylight.catalog import Catalog
from tallylight.ingest.commit import Commit
from tallylight.ingest.pipeline import Ingest
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.valve import Valve
from tallylight.journal import Journal, Session, Tombstone
from tallylight.journal.leases import Leases, SoleOwner
from tallylight.model import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Everything a session is worked on with; `*_for` set up one session's record and work."""

    journal: Journal
    write: Write
    now: Now
    new_epoch: Callable[[], str]
    record_for: Callable[[Session], Record]
    ingest_for: Callable[[Session, Record, Valve], Ingest]
    commit_for: Callable[[Session, Record, bool], Commit]  #: the last: whether it is held to what was shown
    catalog: Catalog
    look: Callable[[str], Awaitable[None]]  #: brings a session's preview up to date
    forgotten: Callable[[Tombstone], None]  #: told after a session was deleted
    may_read: Callable[[Parameters], bool] = lambda _parameters: True  #: whether its folders are ours to read
    may_recheck: Callable[[Parameters], bool] = lambda _parameters: True  #: whether at least one of them is
    leases: Leases = field(default_factory=SoleOwner)
