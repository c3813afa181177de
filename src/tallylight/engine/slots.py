"""What each chunk's worker is on, in memory shared by all processes of an engine.

A chunk gets a slot from the engine before it is sent, and keeps it until it is answered for. The worker holds the
kernel's lock on the slot for as long as it runs the chunk, so the lock tells a living worker from a dead one, however
it died, and what the slot shows last tells which item it died on.

A plain mapped file without a name, not `multiprocessing.shared_memory`: that one's resource tracker warns about, or
unlinks, segments that are in order.
"""

from __future__ import annotations

import fcntl
import mmap
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import reduction
from typing import Any

#: Bytes of UTF-8 that a slot holds of a label.
LONGEST_LABEL = 240

# The ticket is written by the engine alone, the rest by whoever holds the lock: no field has two writers.
# Native alignment ("@") writes each number in one store, where "<" would go byte by byte.
_NUMBER = struct.Struct("@Q")
_RECORD = struct.Struct("@QiidH")  # ticket, pid, item, since, length of the label
_TURN_AT = _NUMBER.size
_RECORD_AT = _TURN_AT + _NUMBER.size
_SLOT = 320
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Ticket:
    """One chunk's right to one slot. `number` is never given twice."""

    slot: int
    number: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What a slot showed."""

    pid: int
    item: int  #: counted within the chunk; the number of its items once it is through
    since: float  #: wall time
    label: str


def label_of(item: object) -> str:
    """`str(item)` as a slot holds it: cut between characters, lone surrogates replaced."""
    return str(item).encode("utf-8", "replace")[:LONGEST_LABEL].decode("utf-8", "ignore")


class Slots:
    """A row of slots. The engine makes it; workers get it pickled while they are spawned (and at no other time)."""

    def __init__(self, number_of_slots: int) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed by `close`)
        self._file.truncate(number_of_slots * _SLOT)
        self._map = mmap.mmap(self._file.fileno(), number_of_slots * _SLOT)
        self._slots = range(number_of_slots)
        self._taken: set[int] = set()
        self._numbers = count(1)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (reduction.DupFd(self._file.fileno()), len(self._slots))

    def close(self) -> None:
        self._map.close()
        self._file.close()

    # The engine's side

    def take(self) -> Ticket:
        """A free slot with a fresh ticket. A slot that a worker still holds is not free: its chunk was cancelled and
        the worker is about to be killed. With two slots a worker there is always a free one.
        """
        slot = next(slot for slot in self._slots if slot not in self._taken and not self.held(slot))
        self._taken.add(slot)
        ticket = Ticket(slot, next(self._numbers))
        _NUMBER.pack_into(self._map, slot * _SLOT, ticket.number)
        return ticket

    def give_back(self, ticket: Ticket) -> None:
        """End a ticket: a worker that comes with it later is told that nobody wants the chunk any more."""
        _NUMBER.pack_into(self._map, ticket.slot * _SLOT, 0)
        self._taken.discard(ticket.slot)

    def held(self, slot: int) -> bool:
        """Whether a living worker holds the slot's lock. For the engine's process only."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)
        return False

    def glance(self, ticket: Ticket) -> Glance | None:
        """What the worker of this ticket is on, or was on when it died; None if it has not begun."""
        raw = self._untorn(ticket.slot * _SLOT)
        if raw is None:
            return None
        number, pid, item, since, length = _RECORD.unpack_from(raw)
        if number != ticket.number:
            return None
        return Glance(pid, item, since, raw[_RECORD.size : _RECORD.size + length].decode("utf-8", "replace"))

    def _untorn(self, at: int) -> bytes | None:
        # A seqlock: the turn is odd while the record is being written, and another one afterwards.
        for _ in range(_TRIES):
            turn = self._turn(at)
            raw = self._map[at + _RECORD_AT : at + _SLOT]
            if turn % 2 == 0 and self._turn(at) == turn:
                return raw
        return None

    def _turn(self, at: int) -> int:
        turn: int = _NUMBER.unpack_from(self._map, at + _TURN_AT)[0]
        return turn

    # The worker's side

    @contextmanager
    def occupied(self, ticket: Ticket) -> Iterator[bool]:
        """Hold the slot's lock; the value tells whether the engine still wants this ticket's chunk."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, ticket.slot)
        try:
            yield _NUMBER.unpack_from(self._map, ticket.slot * _SLOT)[0] == ticket.number
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, ticket.slot)

    def show(self, ticket: Ticket, glance: Glance) -> None:
        """Write what this worker is on. Only while it holds the slot."""
        at = ticket.slot * _SLOT
        turn = (self._turn(at) + 1) | 1  # odd, also after a writer that died in the middle and left it odd
        label = glance.label.encode("utf-8", "replace")[:LONGEST_LABEL]
        _NUMBER.pack_into(self._map, at + _TURN_AT, turn)
        _RECORD.pack_into(self._map, at + _RECORD_AT, ticket.number, glance.pid, glance.item, glance.since, len(label))
        start = at + _RECORD_AT + _RECORD.size
        self._map[start : start + len(label)] = label
        _NUMBER.pack_into(self._map, at + _TURN_AT, turn + 1)


def _reopened(descriptor: Any, number_of_slots: int) -> Slots:
    slots = Slots.__new__(Slots)
    slots._file = open(descriptor.detach(), "r+b", buffering=0)  # noqa: SIM115, PTH123 (for the worker's life)
    slots._map = mmap.mmap(slots._file.fileno(), number_of_slots * _SLOT)
    slots._slots = range(number_of_slots)
    slots._taken = set()
    slots._numbers = count(1)
    return slots
