"""Follow a session, or any job of `tallylight.live`, from Python: over restarts, proxies and bad networks.

    async for message in follow("http://127.0.0.1:8710/api/ingest/stream/SESSION"):
        print(message)

Loads no media and no database library.
"""

from tallylight.client.following import Following, follow
from tallylight.client.heard import End, Message, Outcomes, Reset, State
from tallylight.client.patience import Patience

__all__ = ["End", "Following", "Message", "Outcomes", "Patience", "Reset", "State", "follow"]
