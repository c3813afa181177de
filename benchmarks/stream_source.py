"""The updates: what a session of a thousand files says while it is processed, as the recorder makes it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from tallylight.facts import State, Trouble
from tallylight.messages import Pace, view
from tallylight.model import Status


class Source:
    """Makes one message after the other, each with the moment of its making as `mono` (CLOCK_MONOTONIC, ns)."""

    def __init__(self, session_id: str) -> None:
        now = time.time()
        damaged = Trouble(now, "day_3/gen_000017.png", "truncated", "The file ends in the middle of its pixels.")
        self._state = State(
            session_id=session_id,
            status=Status.PROCESSING,
            started_at=now,
            at=now,
            total_final=True,
            files=100_000,
            bytes_total=150_000_000_000,
            errors=2,
            troubles=(damaged, replace(damaged, file="day_3/gen_000018.png")),
        )

    def next(self) -> dict[str, Any]:
        """The message after one more file."""
        now, state = time.time(), self._state
        done = state.processed + 1
        self._state = replace(
            state,
            seq=state.seq + 1,
            at=now,
            processed=done,
            bytes_done=state.bytes_done + 1_500_000,
            metadata_extracted=done,
            keywords_added=done * 7,
            last_file=f"day_{done % 30}/gen_{done:06}.png",
        )
        body = view(self._state, now, Pace(files_per_s=61.2, bytes_per_s=91_800_000.0, eta_s=9.5))
        return body | {"mono": time.monotonic_ns()}
