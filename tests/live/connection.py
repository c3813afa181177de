"""One connection of a client that believes nothing: each event must agree with what really happened."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import anyio
from tests.live.scene import EPOCHS

from tallylight.live import Event
from tallylight.live.cursor import parse
from tallylight.live.patch import applied
from tallylight.model import Json
from tallylight.testing import StreamProbe

if TYPE_CHECKING:
    from tests.live.client import Client


class Connection:
    """One connection, its events looked at in order."""

    def __init__(self, client: Client, last: str, pauses_at: str) -> None:
        self.client = client
        self.probe = StreamProbe()
        self.is_over = False
        self.ends: dict[str, list[int]] = {}  #: seqs of the ends told
        self._last = last
        self._pauses_at = pauses_at
        self._go_on = anyio.Event()
        self._is_stalled = False
        self._was_stalled = False  #: at any time
        self._has_left = False
        self._seen = 0
        self._names: list[str] = []
        self._told: set[str] = set()  #: sessions of which it has a whole state
        self._slots: dict[str, int] = {}
        self._read_at: dict[str, int] = {}  #: of each session, how many updates there were when the server looked
        self._known: dict[str, int] = {}  #: of each session, the seq up to which its entries are accounted for

    async def run(self) -> None:
        app = partial(self.client.sessions.serve, self.client.wish, self._last, self._pause)
        await self.probe.get(app, "/")
        self.is_over = True

    def stall(self) -> None:
        self._was_stalled = True
        if not self._is_stalled:
            self._is_stalled = True
            self.probe.stall()

    def unpause(self) -> None:
        self._go_on.set()

    def go_on(self) -> None:
        """Let a request that pauses, and a client that takes nothing, go on."""
        self.unpause()
        self._is_stalled = False
        self.probe.resume()

    def leave(self) -> None:
        self._has_left = True
        self.probe.leave()
        # A server that waits for a client which has gone is told so by the write.
        self.go_on()

    def look(self, most: int | None = None) -> None:
        new, self._seen = self.probe.events[self._seen :][:most], len(self.probe.events)
        for event in new:
            if "end" in self._names and self.client.wish.only is not None:
                assert event.name in {"heartbeat", "bye"}, "something came after the end"
            self._take(event)
            self._names.append(event.name)
            if event.id != self.client.ids[-1]:
                self.client.ids.append(event.id)
        if self.is_over and not self._has_left and most is None:
            self._check_how_it_ended()

    def check_ends(self) -> None:
        """Every end that came after the server looked was told exactly once, in order."""
        for key, read_at in self._read_at.items():
            finals = [update.seq for update in self.client.sessions.published[key][read_at:] if update.final]
            wanted = finals[:1] if self.client.wish.only else finals
            ends = self.ends.get(key, [])
            assert ends == sorted(set(ends))
            if not (self.client.wish.only and self._opened_at_rest(key)):
                assert [seq for seq in ends if seq > self._seq_read(key)] == wanted

    @property
    def concerned(self) -> set[str]:
        """Sessions whose newest state this connection must have told."""
        cursor = parse(self._last) if self._is_ours else None
        after = cursor.seq if cursor is not None and self.client.wish.only is None else None
        concerned = set()
        for key, read_at in self._read_at.items():
            updates = self.client.sessions.published[key]
            read = updates[read_at - 1]
            has_moved = len(updates) > read_at or not read.final
            if has_moved or key in self._told or (after is not None and read.tally > after):
                concerned.add(key)
        return concerned

    async def _pause(self, point: str) -> None:
        if point == self._pauses_at and not self._has_left:
            await self._go_on.wait()
        if point == "joined":
            published = self.client.sessions.published
            self._read_at = {
                key: len(updates) for key, updates in published.items() if self.client.wish.only in {None, key}
            }
            cursor = parse(self._last) if self._is_ours else None
            if self.client.wish.only:
                key = self.client.wish.only
                self._known[key] = cursor.seq if cursor else self._seq_read(key)

    @property
    def _is_ours(self) -> bool:
        """Whether the id it came with is one that this stream gave out."""
        return self._last in self.client.ids

    def _seq_read(self, key: str) -> int:
        return self.client.sessions.published[key][self._read_at[key] - 1].seq

    def _opened_at_rest(self, key: str) -> bool:
        return self.client.sessions.published[key][self._read_at[key] - 1].final

    def _take(self, event: Event) -> None:
        body = json.loads(event.data)
        match event.name:
            case "message":
                self._slots.pop(body["session_id"], None)
                self._told.add(body["session_id"])
                self._take_state(body)
            case "patch":
                self._take_patch(body)
            case "outcomes":
                self._take_outcomes(body)
            case "end":
                self._take_end(body)
            case "reset":
                self._take_reset(body)
            case _:
                assert event.name in {"heartbeat", "bye"}

    def _take_state(self, state: Json) -> None:
        key = state["session_id"]
        self.client.remember(state)
        self._known.setdefault(key, state["seq"])
        if self.client.wish.outcomes:
            assert not self._unaccounted(key, state["seq"]), "a state came before the outcomes behind it"

    def _take_patch(self, body: Json) -> None:
        key = body["session_id"]
        assert self.client.wish.patch
        assert key in self._told, "a connection begins with whole states"
        assert body["base"] == self._slots.get(key, body["base"])
        assert body["slot"] == body["base"] + 1
        self._slots[key] = body["slot"]
        self._take_state(applied(self.client.states[key], body["patch"]))

    def _take_outcomes(self, body: Json) -> None:
        assert self.client.wish.outcomes
        told = [item["seq"] for item in body["items"]]
        assert (told[0], told[-1]) == (body["from"], body["to"])
        key = body["session_id"]
        # What the shared stream did not open with, it may begin anywhere in.
        is_known = key in self._known
        behind = self._unaccounted(key, body["to"])
        assert told == behind[body["skipped"] if is_known else -len(told) :], "told twice, or missing and not counted"
        self._known[key] = body["to"]

    def _take_end(self, body: Json) -> None:
        key, seq = body["session_id"], body["seq"]
        self.ends.setdefault(key, []).append(seq)
        assert seq in [update.seq for update in self.client.sessions.published[key] if update.final]
        if key in self._told:
            assert self.client.states[key]["seq"] == seq, "the final state comes with its end"
        else:
            assert self._is_ours, "only who has the final state is told its end alone"

    def _take_reset(self, body: Json) -> None:
        assert self._names == [], "it comes first"
        assert not self._is_ours or body["reason"] == "pruned"
        if self.client.wish.only:
            self._known[self.client.wish.only] = self._seq_read(self.client.wish.only)

    def _unaccounted(self, key: str, until: int) -> list[int]:
        return [seq for seq in self.client.sessions.entries[key] if self._known.get(key, 0) < seq <= until]

    def _check_how_it_ended(self) -> None:
        if self.probe.status == 204:
            key = self.client.wish.only or ""
            assert self._last == f"{EPOCHS[key]}-{self._seq_read(key)}.end"
        elif not self._was_stalled:
            assert {"end", "bye"} & {*self._names}, "it was ended without a word"
        if "end" in self._names and self.client.wish.only is not None:
            self.check_ends()
        if not self._is_ours and self._names:
            assert self._names[0] == "reset"
