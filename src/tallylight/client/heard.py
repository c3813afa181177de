"""What a stream tells, typed. Pure: one event in, one message out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tallylight.live.parser import Event

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a session stands: the whole of it, so that the newest is always enough."""

    session_id: str
    status: str  #: as in the glossary; further ones may come with later versions
    progress: int  #: whole percents of the phase
    seq: int  #: counts what happened; never falls, but after a `Reset`
    t: float  #: when it was so, in seconds since 1970
    position: str  #: what to come back with, as `last_event_id`
    body: Json  #: all of it, as docs/reference/stream.md describes it; holds no nulls


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What happened to single files, where that was asked for: each told once, in order."""

    session_id: str
    items: tuple[Json, ...]  #: {seq, file, outcome, ms} and, of failures, `code`
    skipped: int  #: so many more came before these and are not told
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The position that was come back with means nothing to the server: what comes next starts anew. `reason` is
    `unreadable`, `other_epoch`, `future` or `pruned`.
    """

    reason: str
    session_id: str  #: empty on a stream of several


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A session is at rest, or was deleted (status `deleted`). On a stream of its own it is the last message."""

    session_id: str
    status: str
    seq: int
    position: str


Message = State | Outcomes | Reset | End


def heard(event: Event) -> Message | None:
    """The message of an event; None for one that only keeps the connection, and for kinds of later versions. Raises
    ValueError where its data is not what the protocol says.
    """
    if event.name not in {"message", "outcomes", "reset", "end"}:
        return None
    try:
        return _message(event.name, json.loads(event.data), event.id)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"an event {event.name!r} that is not what it should be: {event.data[:200]!r}") from error


def state_of(body: Json, position: str) -> State:
    """A state from its JSON, wherever that came from. Raises KeyError where it is none."""
    return State(
        session_id=body["session_id"],
        status=body["status"],
        progress=body["progress"],
        seq=body["seq"],
        t=body["t"],
        position=position,
        body=body,
    )


def _message(name: str, body: Json, position: str) -> Message:
    match name:
        case "outcomes":
            items = tuple(body["items"])
            return Outcomes(session_id=body["session_id"], items=items, skipped=body["skipped"], position=position)
        case "reset":
            return Reset(reason=body["reason"], session_id=body.get("session_id", ""))
        case "end":
            return End(session_id=body["session_id"], status=body["status"], seq=body["seq"], position=position)
        case _:
            return state_of(body, position)
