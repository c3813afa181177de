"""Live progress over server-sent events: feeds, frames, readers, the endless response.

Knows nothing of media and is usable in any ASGI app: states reach it as numbered mappings. It imports no media,
database or web library.
"""

from tallylight.live.cursor import Cursor
from tallylight.live.hub import Hub
from tallylight.live.opening import Opening, shared, shared_after, single
from tallylight.live.parser import Event, Parser
from tallylight.live.reader import Reader
from tallylight.live.response import StreamResponse
from tallylight.live.update import Update

__all__ = [
    "Cursor",
    "Event",
    "Hub",
    "Opening",
    "Parser",
    "Reader",
    "StreamResponse",
    "Update",
    "shared",
    "shared_after",
    "single",
]
