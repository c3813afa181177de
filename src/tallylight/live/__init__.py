"""Live progress over server-sent events: feeds, frames, readers, the endless response.

Knows nothing of media and is usable in any ASGI app: states reach it as numbered mappings. It imports no media,
database or web library.
"""

from tallylight.live.accounting import Accounts, Cause
from tallylight.live.bar import Bar
from tallylight.live.compression import accepts_gzip
from tallylight.live.cursor import Cursor
from tallylight.live.feed import outcomes_event
from tallylight.live.hub import MOST_READERS, Hub, Pace
from tallylight.live.jobs import Live
from tallylight.live.opening import FULL, Opening, replay_after, shared, shared_after, single
from tallylight.live.parser import Event, Parser
from tallylight.live.progress import JobStatus, Progress
from tallylight.live.reader import Reader, Wish
from tallylight.live.remote import Remote
from tallylight.live.response import StreamResponse
from tallylight.live.update import Entry, Update

__all__ = [
    "FULL",
    "MOST_READERS",
    "Accounts",
    "Bar",
    "Cause",
    "Cursor",
    "Entry",
    "Event",
    "Hub",
    "JobStatus",
    "Live",
    "Opening",
    "Pace",
    "Parser",
    "Progress",
    "Reader",
    "Remote",
    "StreamResponse",
    "Update",
    "Wish",
    "accepts_gzip",
    "outcomes_event",
    "replay_after",
    "shared",
    "shared_after",
    "single",
]
