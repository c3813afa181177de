"""What a hub has done so far, counted: plain numbers, cheap enough for every write."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class ReaderTransport(StrEnum):
    """How a reader is served."""

    SESSION = "session"  #: the stream of one feed
    SHARED = "shared"  #: the stream of all feeds
    POLL = "poll"  #: a request that waits for news


class Cause(StrEnum):
    """Why a reader ended: a closed list, so that people can alert on it."""

    GONE = "gone"  #: the client left
    REST = "rest"  #: its feed came to rest; a poll was answered
    STOPPING = "stopping"  #: the server stops
    AGED = "aged"  #: reached the maximum age of a connection
    STALLED = "stalled"  #: took nothing until the deadline, and was aborted
    FULL = "full"  #: turned away: the cap on readers was reached
    CANCELLED = "cancelled"  #: whoever runs the response cancelled it
    FAILED = "failed"  #: a send raised


#: Upper bounds in seconds of the histogram's buckets; the last bucket has none.
BOUNDS: Final = (0.001, 0.002, 0.005, 0.010, 0.020, 0.035, 0.050, 0.075, 0.100, 0.150, 0.250, 0.500, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram held at one moment."""

    counts: tuple[int, ...]  #: a bucket each, not cumulative; one more than `BOUNDS`
    sum: float  #: seconds

    @property
    def count(self) -> int:
        return sum(self.counts)

    def as_json(self) -> dict[str, Any]:
        """`le`: the upper bounds in seconds; `counts`: one more, the last for everything above; `count`; `sum`."""
        return {"le": list(BOUNDS), "counts": list(self.counts), "count": self.count, "sum": round(self.sum, 6)}


class Histogram:
    """Durations in fixed buckets. A duration of exactly a bound belongs to that bound's bucket."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def observe_many(self, seconds: float, count: int) -> None:
        """Add `count` durations of `seconds` each: all readers of one slot share theirs. A negative one counts as 0."""
        # Wall clocks step back, and a histogram whose sum falls looks like a restart to Prometheus.
        seconds = max(0.0, seconds)
        self._counts[bisect_left(BOUNDS, seconds)] += count
        self._sum += seconds * count

    def distribution(self) -> Distribution:
        """Its content now; later observations do not change it."""
        return Distribution(tuple(self._counts), self._sum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Accounts at one moment; safe to hand to another thread."""

    readers: Mapping[ReaderTransport, int]
    opened: Mapping[ReaderTransport, int]
    ended: Mapping[Cause, int]
    published: int
    delivered: int
    conflated: int
    resets: int
    bytes_written: int
    publish_to_write: Distribution
    reader_memory_bound: int

    @property
    def readers_memory_bound(self) -> int:
        """Bytes that all readers of now may hold at most, together."""
        return sum(self.readers.values()) * self.reader_memory_bound

    def as_json(self) -> dict[str, Any]:
        """The body of `GET /api/ingest/stream-stats`; docs/reference/stream-stats.md explains each field.

        Every transport and every cause is there, also at 0. Counts run since the process started.
        """
        return {
            "readers": _named(self.readers),
            "opened": _named(self.opened),
            "ended": _named(self.ended),
            "published": self.published,
            "delivered": self.delivered,
            "conflated": self.conflated,
            "resets": self.resets,
            "bytes_written": self.bytes_written,
            "publish_to_write_s": self.publish_to_write.as_json(),
            "reader_memory_bound": self.reader_memory_bound,
            "readers_memory_bound": self.readers_memory_bound,
        }


class Accounts:
    """The counts of one hub since it was made.

    For one thread, the event loop's: no locks. The numbers are plain attributes to be added to in place. A reader is
    counted by `opened` once and by `ended` once, or by `turned_away` alone; so at any moment the sum of `opened` is the
    sum of `ended` plus the readers there are.
    """

    __slots__ = (
        "_ended",
        "_opened",
        "_readers",
        "bytes_written",
        "conflated",
        "delivered",
        "publish_to_write",
        "published",
        "reader_memory_bound",
        "resets",
    )

    def __init__(self, *, reader_memory_bound: int = 0) -> None:
        self._readers = dict.fromkeys(ReaderTransport, 0)
        self._opened = dict.fromkeys(ReaderTransport, 0)
        self._ended = dict.fromkeys(Cause, 0)
        self.published = 0  #: updates that feeds were told
        self.delivered = 0  #: updates written, one for each reader that got it, whole or as a patch
        self.conflated = 0  #: updates that a newer one replaced before they were written, one for each reader
        self.resets = 0  #: readers told that their position is not one to go on from
        self.bytes_written = 0  #: of event streams and polls, without HTTP's own
        self.publish_to_write = Histogram()  #: from publishing an update to handing it to the server
        self.reader_memory_bound = reader_memory_bound  #: bytes that one reader may hold at most; 0 where it is unknown

    @property
    def readers(self) -> int:
        """How many there are now, whatever their transport."""
        return sum(self._readers.values())

    def opened(self, transport: ReaderTransport) -> None:
        """A reader came and was let in."""
        self._opened[transport] += 1
        self._readers[transport] += 1

    def ended(self, transport: ReaderTransport, cause: Cause) -> None:
        """A reader that was let in has ended. ValueError where none of this transport is left."""
        if self._readers[transport] == 0:
            raise ValueError(f"No {transport} reader is left that could have ended ({cause}).")
        self._readers[transport] -= 1
        self._ended[cause] += 1

    def turned_away(self, transport: ReaderTransport) -> None:
        """A reader came and was not let in, for the cap was reached."""
        self._opened[transport] += 1
        self._ended[Cause.FULL] += 1

    def snapshot(self) -> Snapshot:
        """All numbers of now; what happens later does not change them."""
        return Snapshot(
            readers=MappingProxyType(dict(self._readers)),
            opened=MappingProxyType(dict(self._opened)),
            ended=MappingProxyType(dict(self._ended)),
            published=self.published,
            delivered=self.delivered,
            conflated=self.conflated,
            resets=self.resets,
            bytes_written=self.bytes_written,
            publish_to_write=self.publish_to_write.distribution(),
            reader_memory_bound=self.reader_memory_bound,
        )

    def as_json(self) -> dict[str, Any]:
        """`Snapshot.as_json` of now."""
        return self.snapshot().as_json()


def _named(counts: Mapping[ReaderTransport, int] | Mapping[Cause, int]) -> dict[str, int]:
    return {key.value: count for key, count in counts.items()}
