"""What a reader is sent first: decided from the id it came back with and the state there is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tallylight.live import frames
from tallylight.live.accounting import Cause
from tallylight.live.cursor import Cursor, parse
from tallylight.live.feed import Slot
from tallylight.live.update import Update

#: Milliseconds that a reader over the cap is told to stay away.
WHEN_FULL: Final = 30_000


@dataclass(frozen=True, slots=True)
class Opening:
    """The first writes of a stream, and whether they are also the last. `status` 204 tells an EventSource never to come
    back.
    """

    parts: tuple[bytes, ...] = ()
    closes: bool = False
    status: int = 200
    cause: Cause = Cause.REST  #: why it closes
    resets: bool = False

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(self.parts)


#: The cap on readers is reached. Not a 503, which would end a plain EventSource for good.
FULL: Final = Opening((frames.event("bye", {"reason": "full"}, retry_ms=WHEN_FULL),), closes=True, cause=Cause.FULL)


def replay_after(last_event_id: str, current: Update) -> int | None:
    """The seq after which a reader of one feed has missed entries; None where there is nothing to go on from."""
    cursor = parse(last_event_id)
    return None if cursor is None or _foreign(cursor, current.epoch, current.seq) else cursor.seq


def single(last_event_id: str, current: Update, replay: Sequence[bytes] = (), *, pruned: bool = False) -> Opening:
    """Open one feed's stream for a reader that comes with `last_event_id` (empty: a fresh one).

    `replay` are the entries it missed, as frames of bounded size; `pruned` says that they are no longer held.
    """
    cursor = parse(last_event_id)
    state = Slot(0, current, None).whole_frame
    why = (_foreign(cursor, current.epoch, current.seq) if last_event_id else "") or ("pruned" if pruned else "")
    if why:
        reset = frames.event("reset", {"session_id": current.key, "reason": why})
        return Opening((reset + state,), closes=current.final, resets=True)
    if current.final and cursor is not None and cursor.seq == current.seq:
        if cursor.ended:
            return Opening(status=204)
        return Opening((current.end(current.end_position),), closes=True)
    return Opening((*replay, state), closes=current.final)


def shared_after(last_event_id: str, epoch: str, tally: int) -> tuple[int | None, str]:
    """Read a shared-stream id: the tally to go on from (None: none to go on from), and why it is foreign (empty: it is
    not).
    """
    if not last_event_id:
        return None, ""
    cursor = parse(last_event_id)
    why = _foreign(cursor, epoch, tally)
    return (None, why) if why or cursor is None else (cursor.seq, "")


def shared(updates: Sequence[Update], position: Cursor, now: float, reset: str = "") -> Opening:
    """Open the shared stream with these states, `position` being the tally they were read at, `now` wall time. It does
    not end.

    Also a reader that is told of no session gets the position, or what happens while it is away would be lost to it.
    It comes with a heartbeat: Firefox and WebKit take no id from an event without data.
    """
    body = frames.event("reset", {"reason": reset}) if reset else b""
    states = several([(Slot(0, update, None), False) for update in updates], position)
    return Opening((body + (states or frames.heartbeat(now, str(position))),), resets=bool(reset))


def several(slots: Sequence[tuple[Slot, bool]], position: Cursor) -> bytes:
    """Slots of several feeds (and whether a patch will do), their ends included, in one write: only the last event
    carries the id.

    A reader that is cut off in between keeps its former position, and so is told all of them again.
    """
    parts: list[bytes] = []
    for number, (slot, as_patch) in enumerate(slots, 1):
        line = slot.patch if as_patch else slot.data
        at = str(position) if number == len(slots) else ""
        if slot.update.final:
            parts += [frames.message(line), slot.update.end(at)]
        else:
            parts.append(frames.message(line, at))
    return b"".join(parts)


class Bundles:
    """What `several` makes, once for all readers that are told the same: in each slot nearly all of the shared ones."""

    def __init__(self) -> None:
        self._told: tuple[list[tuple[Slot, bool]], Cursor, bytes] = ([], Cursor("", 0), b"")

    def several(self, slots: list[tuple[Slot, bool]], position: Cursor) -> bytes:
        """As `several`; the very same bytes for the same arguments, until others come."""
        known_slots, known_position, told = self._told
        if slots != known_slots or position != known_position:
            told = several(slots, position)
            self._told = (slots, position, told)
        return told


def _foreign(cursor: Cursor | None, epoch: str, newest: int) -> str:
    """Why a position is not one of ours; empty where it is."""
    if cursor is None:
        return "unreadable"
    if cursor.epoch != epoch:
        return "other_epoch"
    return "future" if cursor.seq > newest else ""
