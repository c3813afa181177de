"""The bytes of server-sent events (WHATWG HTML, 9.2). Each is encoded once and shared by all readers.

No event is without data and none is named `error` or `open`: a plain EventSource would drop or confuse them. JSON holds
no raw line ends, so one `data:` line is always enough.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MEDIA_TYPE = "text/event-stream"


def data(body: Mapping[str, Any]) -> bytes:
    """The `data:` line of a JSON object, without the blank line that ends an event."""
    # allow_nan=False: NaN is no JSON, and one would end every browser's JSON.parse.
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return b"data: " + text.encode() + b"\n"


def message(data_line: bytes, position: str = "") -> bytes:
    """An unnamed event, the only kind `onmessage` sees. `data_line` is what `data` made."""
    return _position(position) + data_line + b"\n"


def event(name: str, body: Mapping[str, Any], position: str = "", retry_ms: int | None = None) -> bytes:
    """A named event, with its id and a new reconnection time where given."""
    retry = f"retry: {retry_ms}\n".encode() if retry_ms is not None else b""
    return retry + _position(position) + f"event: {name}\n".encode() + data(body) + b"\n"


def retry(milliseconds: int) -> bytes:
    """Tell the browser how long to wait before it reconnects; dispatches no event."""
    return f"retry: {milliseconds}\n\n".encode()


def heartbeat(now: float, position: str = "") -> bytes:
    """Says that the connection lives. A real event, not a comment: comments are invisible to the page's watchdog."""
    return event("heartbeat", {"t": round(now, 3)}, position)


def _position(position: str) -> bytes:
    return f"id: {position}\n".encode() if position else b""
