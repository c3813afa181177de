"""The HTTP side of `Live`: which job a request asks for, and what it is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from tallylight.live.compression import accepts_gzip
from tallylight.live.cursor import Cursor
from tallylight.live.frames import MEDIA_TYPE
from tallylight.live.line import Receive, Scope, Send
from tallylight.live.opening import FULL, Opening, shared, shared_after, single
from tallylight.live.reader import Reader, Wish
from tallylight.live.response import StreamResponse

if TYPE_CHECKING:
    from tallylight.live.jobs import Live

_METHODS: Final = (b"GET", b"HEAD")
_NO_STORE: Final = (b"cache-control", b"no-store")
#: A page of anywhere may open a stream here; without permission of ours its browser gives it nothing to read.
_JSON: Final = (b"content-type", b"application/json")


async def serve(live: Live, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request to a mounted `Live`. Raises RuntimeError for a scope that is no HTTP."""
    if scope["type"] != "http":
        raise RuntimeError(f"Live serves HTTP alone, not {scope['type']!r}; open live.running() in your own lifespan.")
    if scope["method"].encode() not in _METHODS:
        await _answer(send, 405, {"detail": "Progress is read with GET."}, (b"allow", b"GET, HEAD"))
        return
    headers, key = _headers(scope), _key(scope)
    if _wants_json(headers):
        await _answer_state(live, send, key)
    elif key and live.state(key) is None:
        await _answer(send, 404, {"detail": f"There is no job {key!r}: it has not begun, or ended a while ago."})
    elif live.hub.full:
        await _turn_away(live, send, key)
    else:
        await _stream(live, key, headers, scope, receive, send)


async def _stream(
    live: Live, key: str, headers: Mapping[bytes, str], scope: Scope, receive: Receive, send: Send
) -> None:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    wish = Wish(only=key or None, patch=query.get("patch", ["0"])[-1] == "1")
    last = headers.get(b"last-event-id") or query.get("last_event_id", [""])[-1]
    # Registered before the state is read: nothing can pass between the two.
    reader = live.hub.join(wish, live.epoch)
    try:
        opening = _opening(live, reader, key, last)
        gzip = wish.patch and scope["method"] == "GET" and accepts_gzip(headers.get(b"accept-encoding", ""))
    except BaseException:
        live.hub.leave(reader)
        raise
    await StreamResponse(live.hub, reader, opening, gzip=gzip)(scope, receive, send)


def _opening(live: Live, reader: Reader, key: str, last: str) -> Opening:
    if key and (update := live.state(key)) is not None:
        live.hub.begin(reader, {key: update.seq})
        return single(last, update)
    tally = live.tally
    after, foreign = shared_after(last, live.epoch, tally)
    updates = [update for update in live.states() if not update.final or (after is not None and update.tally > after)]
    live.hub.begin(reader, {update.key: update.seq for update in updates}, tally)
    return shared(updates, Cursor(live.epoch, tally), live.now(), foreign)


async def _answer_state(live: Live, send: Send, key: str) -> None:
    if not key:
        await _answer(send, 200, {"states": [dict(update.state) for update in live.states()]})
    elif (update := live.state(key)) is not None:
        await _answer(send, 200, dict(update.state))
    else:
        await _answer(send, 404, {"detail": f"There is no job {key!r}: it has not begun, or ended a while ago."})


async def _turn_away(live: Live, send: Send, key: str) -> None:
    # In the language of an EventSource, which a 503 would end for good.
    live.hub.accounts.turned_away(Wish(only=key or None).transport)
    headers = [(b"content-type", MEDIA_TYPE.encode()), _NO_STORE]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": FULL.body})


async def _answer(send: Send, status: int, body: Mapping[str, Any], *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, _NO_STORE, *headers]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _headers(scope: Scope) -> dict[bytes, str]:
    return {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _wants_json(headers: Mapping[bytes, str]) -> bool:
    accepted = headers.get(b"accept", "")
    return "application/json" in accepted and MEDIA_TYPE not in accepted


def _key(scope: Scope) -> str:
    """What follows the place where we are mounted. Newer servers and frameworks keep that in `path`, older ones not."""
    path, root = scope["path"], scope.get("root_path", "")
    below = path[len(root) :] if root and path.startswith(root) else path
    return str(below.strip("/"))
