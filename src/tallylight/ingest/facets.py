"""What the extracted files of a session are like, in counts: by type, model, score, month, size and NSFW score.

Counted page by page and never twice: whoever asks again goes on where the last one stopped, so a session of a million
files is counted in several answers, each of which takes a moment. Memory is bounded by the limits below.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from tallylight.journal import Item, Journal
from tallylight.model import Json, Outcome, OutcomeKind

#: How many different values of one facet are told apart; those that come later count as `OTHER`.
MOST_VALUES: Final = 1_000
#: How many of them are told, those with most files.
MOST_TOLD: Final = 24
OTHER: Final = "other"
#: Upper ends of the classes of size, in bytes.
SIZES: Final = tuple(factor * 10**power for power in range(4, 9) for factor in (1, 3))
#: Classes of the NSFW score: enough to move a threshold by hundredths.
NSFW_BINS: Final = 100
_PAGE: Final = 500
_MOST_SESSIONS: Final = 8


class SessionFacets:
    """The counts of one session, as far as it was gone through."""

    def __init__(self) -> None:
        self.until = 0
        self.complete = False
        self._lock = threading.Lock()
        self._files = 0
        self._values: dict[str, Counter[str]] = {name: Counter() for name in ("type", "model", "score", "month")}
        self._sizes = [0] * (len(SIZES) + 1)
        self._nsfw = [0] * NSFW_BINS

    def go_on(self, journal: Journal, session_id: str, is_enough: Callable[[], bool]) -> Json:
        """Count what has come since, for as long as it is not `is_enough`, at least a page; returns what there is.

        Blocking. Raises NotFound for an unknown session.
        """
        with self._lock:
            while True:
                page = journal.items(session_id, kind=OutcomeKind.EXTRACTED, after=self.until, limit=_PAGE)
                self._add(page)
                self.complete = len(page) < _PAGE
                if self.complete or is_enough():
                    return {"session_id": session_id, "complete": self.complete, **self.told()}

    def _add(self, page: list[Item]) -> None:
        for item in page:
            self.count(item.outcome)
            self.until = item.seq

    def count(self, outcome: Outcome) -> None:
        """Count one extracted file. For whoever goes through a session anyway."""
        self._files += 1
        for name, value in _values(outcome).items():
            values = self._values[name]
            values[value if value in values or len(values) < MOST_VALUES else OTHER] += 1
        self._sizes[next((place for place, end in enumerate(SIZES) if outcome.bytes < end), len(SIZES))] += 1
        if outcome.nsfw_score is not None:
            # As floats, 0.29 * 100 is less than 29.
            place = int(outcome.nsfw_score * NSFW_BINS + 1e-9)
            self._nsfw[min(NSFW_BINS - 1, max(0, place))] += 1

    def told(self) -> Json:
        """What was counted so far."""
        return {
            "files": self._files,
            "type": _most(self._values["type"]),
            "model": _most(self._values["model"]),
            "score": _most(self._values["score"]),
            "month": dict(sorted(self._values["month"].items())),
            "size": {"ends": list(SIZES), "files": list(self._sizes)},
            "nsfw": list(self._nsfw),
        }


class FacetsOfSessions:
    """Those of the sessions that were asked for last. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], SessionFacets] = OrderedDict()

    def of(self, session_id: str, epoch: str) -> SessionFacets:
        """Of this session; its numbers begin anew with a new epoch."""
        with self._lock:
            facets = self._kept.setdefault((session_id, epoch), SessionFacets())
            self._kept.move_to_end((session_id, epoch))
            while len(self._kept) > _MOST_SESSIONS:
                self._kept.popitem(last=False)
        return facets


def _values(outcome: Outcome) -> dict[str, str]:
    """Where a file says nothing, an empty text."""
    created_at, model = outcome.media.get("created_at"), outcome.generation.get("model")
    return {
        "type": PurePosixPath(outcome.file).suffix.lower().removeprefix("."),
        "model": model[:200] if isinstance(model, str) else "",
        "score": "" if outcome.score is None else str(outcome.score),
        "month": created_at[:7] if isinstance(created_at, str) else "",
    }


def _most(values: Counter[str]) -> dict[str, int]:
    """Most first; what is beyond the limit is one entry."""
    told = dict(values.most_common(MOST_TOLD))
    left = values.total() - sum(told.values())
    if left:
        told[OTHER] = told.get(OTHER, 0) + left
    return told
