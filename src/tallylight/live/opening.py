"""What a reader is sent first: decided from the id it came back with and the state there is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tallylight.live import frames
from tallylight.live.cursor import Cursor, parse
from tallylight.live.update import Update


@dataclass(frozen=True, slots=True)
class Opening:
    """The first bytes of a stream, and whether they are also the last. `status` 204 tells an EventSource never to come
    back.
    """

    body: bytes = b""
    closes: bool = False
    status: int = 200


def single(last_event_id: str, current: Update) -> Opening:
    """Open one feed's stream for a reader that comes with `last_event_id` (empty: a fresh one)."""
    cursor = parse(last_event_id)
    if last_event_id and (why := _foreign(cursor, current.epoch, current.seq)):
        reset = frames.event("reset", {"session_id": current.key, "reason": why})
        return Opening(reset + current.frame, closes=current.final)
    if current.final and cursor is not None and cursor.seq == current.seq:
        if cursor.ended:
            return Opening(status=204)
        return Opening(current.end(str(Cursor(current.epoch, current.seq, ended=True))), closes=True)
    return Opening(current.frame, closes=current.final)


def shared_after(last_event_id: str, epoch: str, tally: int) -> tuple[int | None, str]:
    """Read a shared-stream id: the tally to go on from (None: none to go on from), and why it is foreign (empty: it is
    not).
    """
    if not last_event_id:
        return None, ""
    cursor = parse(last_event_id)
    why = _foreign(cursor, epoch, tally)
    return (None, why) if why or cursor is None else (cursor.seq, "")


def shared(updates: Sequence[Update], position: Cursor, reset: str = "") -> Opening:
    """Open the shared stream with these states, `position` being the tally they were read at. It does not end.

    Also a reader that is told of no session gets the position, or what happens while it is away would be lost to it.
    """
    body = frames.event("reset", {"reason": reset}) if reset else b""
    return Opening(body + (several(updates, position) or frames.position(str(position))))


def several(updates: Sequence[Update], position: Cursor) -> bytes:
    """States of several feeds, their ends included, in one write: only the last event carries the id.

    A reader that is cut off in between keeps its former position, and so is told all of them again.
    """
    parts: list[bytes] = []
    for update in updates:
        is_last = update is updates[-1]
        at = str(position) if is_last else ""
        if update.final:
            parts += [frames.message(update.data), update.end(at)]
        else:
            parts.append(frames.message(update.data, at))
    return b"".join(parts)


def _foreign(cursor: Cursor | None, epoch: str, newest: int) -> str:
    """Why a position is not one of ours; empty where it is."""
    if cursor is None:
        return "unreadable"
    if cursor.epoch != epoch:
        return "other_epoch"
    return "future" if cursor.seq > newest else ""
