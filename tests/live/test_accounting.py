"""The accounts of a hub: what is counted, what is refused, and that a snapshot stays as it was."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.live.accounting import BOUNDS, Accounts, Cause, Histogram, ReaderTransport


def test_new_accounts_tell_every_transport_and_every_cause_at_zero() -> None:
    told = Accounts(reader_memory_bound=1000).as_json()
    assert told == {
        "readers": {"session": 0, "shared": 0, "poll": 0},
        "opened": {"session": 0, "shared": 0, "poll": 0},
        "ended": {"gone": 0, "rest": 0, "stopping": 0, "aged": 0, "stalled": 0, "full": 0, "cancelled": 0, "failed": 0},
        "published": 0,
        "delivered": 0,
        "conflated": 0,
        "resets": 0,
        "bytes_written": 0,
        "publish_to_write_s": {"le": list(BOUNDS), "counts": [0] * 15, "count": 0, "sum": 0.0},
        "reader_memory_bound": 1000,
        "readers_memory_bound": 0,
    }
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_reader_is_counted_while_it_is_there_and_then_by_its_cause() -> None:
    accounts = Accounts(reader_memory_bound=70_000)
    accounts.opened(ReaderTransport.SESSION)
    accounts.opened(ReaderTransport.SESSION)
    accounts.opened(ReaderTransport.POLL)
    assert accounts.readers == 3
    assert accounts.snapshot().readers_memory_bound == 210_000
    accounts.ended(ReaderTransport.SESSION, Cause.STALLED)
    told = accounts.as_json()
    assert told["readers"] == {"session": 1, "shared": 0, "poll": 1}
    assert told["opened"] == {"session": 2, "shared": 0, "poll": 1}
    assert told["ended"]["stalled"] == 1
    assert sum(told["ended"].values()) == 1


def test_a_reader_that_is_turned_away_was_never_there() -> None:
    accounts = Accounts()
    accounts.turned_away(ReaderTransport.SHARED)
    told = accounts.as_json()
    assert (accounts.readers, told["opened"]["shared"], told["ended"]["full"]) == (0, 1, 1)


@pytest.mark.parametrize("transport", ReaderTransport)
def test_more_ends_than_openings_are_refused_and_count_nothing(transport: ReaderTransport) -> None:
    accounts = Accounts()
    for other in set(ReaderTransport) - {transport}:
        accounts.opened(other)
    before = accounts.as_json()
    with pytest.raises(ValueError, match=f"No {transport} reader is left"):
        accounts.ended(transport, Cause.GONE)
    assert accounts.as_json() == before


def test_a_snapshot_is_of_its_moment() -> None:
    accounts = Accounts()
    accounts.opened(ReaderTransport.SHARED)
    snapshot = accounts.snapshot()
    before = snapshot.as_json()
    accounts.ended(ReaderTransport.SHARED, Cause.GONE)
    accounts.published += 1
    accounts.publish_to_write.observe_many(0.01, 5)
    assert snapshot.as_json() == before != accounts.as_json()
    with pytest.raises(FrozenInstanceError):
        snapshot.published = 9  # type: ignore[misc]
    with pytest.raises(TypeError):
        snapshot.readers[ReaderTransport.SHARED] = 9  # type: ignore[index]


@pytest.mark.parametrize(("seconds", "bucket"), [(-3.0, 0), (0.0, 0), (0.001, 0), (0.0011, 1), (2.5, 13), (2.51, 14)])
def test_a_duration_falls_into_the_first_bucket_that_holds_it(seconds: float, bucket: int) -> None:
    histogram = Histogram()
    histogram.observe_many(seconds, 3)
    counts = histogram.distribution().counts
    assert counts[bucket] == sum(counts) == 3


@given(st.lists(st.tuples(st.floats(-1, 10), st.integers(0, 1000))))
def test_a_histogram_loses_nothing_and_its_sum_never_falls(observed: list[tuple[float, int]]) -> None:
    histogram = Histogram()
    sums = [0.0]
    for seconds, count in observed:
        histogram.observe_many(seconds, count)
        sums.append(histogram.distribution().sum)
    told = histogram.distribution()
    assert told.count == sum(count for _, count in observed)
    assert sums == sorted(sums)
    for at, bound in enumerate(BOUNDS):
        assert sum(told.counts[: at + 1]) == sum(count for seconds, count in observed if seconds <= bound)


@given(st.lists(st.tuples(st.sampled_from(ReaderTransport), st.sampled_from(["open", "away", *Cause]))))
def test_who_came_is_who_left_and_who_is_there(happened: list[tuple[ReaderTransport, str]]) -> None:
    accounts = Accounts()
    for transport, what in happened:
        if what == "open":
            accounts.opened(transport)
        elif what == "away":
            accounts.turned_away(transport)
        elif accounts.snapshot().readers[transport]:
            accounts.ended(transport, Cause(what))
    told = accounts.as_json()
    assert sum(told["opened"].values()) == sum(told["ended"].values()) + accounts.readers
    assert min(told["readers"].values()) >= 0
