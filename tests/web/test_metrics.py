"""Prometheus' text format of the accounts, as its own parser reads it."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tallylight.live.accounting import BOUNDS, Accounts, Cause, ReaderTransport
from tallylight.web.metrics import MEDIA_TYPE, exposition

Labels = tuple[tuple[str, str], ...]


@pytest.fixture
def accounts() -> Accounts:
    """With a different number everywhere, so that no two can be mixed up."""
    accounts = Accounts(reader_memory_bound=1000)
    for number, transport in enumerate(ReaderTransport, start=30):
        for _ in range(number):
            accounts.opened(transport)
    for number, cause in enumerate(Cause, start=1):
        for _ in range(number):
            accounts.ended(list(ReaderTransport)[number % 3], cause)
    accounts.published, accounts.delivered, accounts.conflated = 101, 102, 103
    accounts.resets, accounts.bytes_written = 104, 105
    accounts.publish_to_write.observe_many(0.004, 3)
    accounts.publish_to_write.observe_many(9.0, 2)
    return accounts


def samples(accounts: Accounts) -> dict[tuple[str, Labels], float]:
    text = exposition(accounts.snapshot()).decode()
    return {
        (sample.name, tuple(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_media_type_is_the_one_that_every_prometheus_reads() -> None:
    assert MEDIA_TYPE == "text/plain; version=0.0.4; charset=utf-8"


def test_every_number_of_the_accounts_is_told(accounts: Accounts) -> None:
    told, snapshot = samples(accounts), accounts.snapshot()
    for transport in ReaderTransport:
        label = (("transport", transport.value),)
        assert told["tallylight_readers", label] == snapshot.readers[transport]
        assert told["tallylight_readers_opened_total", label] == snapshot.opened[transport]
    for cause in Cause:
        assert told["tallylight_readers_ended_total", (("cause", cause.value),)] == snapshot.ended[cause]
    assert told["tallylight_updates_published_total", ()] == 101
    assert told["tallylight_updates_delivered_total", ()] == 102
    assert told["tallylight_updates_conflated_total", ()] == 103
    assert told["tallylight_stream_resets_total", ()] == 104
    assert told["tallylight_stream_bytes_total", ()] == 105
    assert told["tallylight_readers_memory_bound_bytes", ()] == accounts.readers * 1000


def test_the_buckets_are_cumulative_and_end_with_all(accounts: Accounts) -> None:
    told = samples(accounts)
    buckets = {
        labels[0][1]: value
        for (name, labels), value in told.items()
        if name == "tallylight_publish_to_write_seconds_bucket"
    }
    assert [float(bound) for bound in buckets] == [*BOUNDS, float("inf")]
    assert (buckets["0.002"], buckets["0.005"], buckets["2.5"], buckets["+Inf"]) == (0, 3, 3, 5)
    assert told["tallylight_publish_to_write_seconds_count", ()] == 5
    assert told["tallylight_publish_to_write_seconds_sum", ()] == pytest.approx(18.012)


def test_a_family_is_there_before_anything_happened() -> None:
    told = samples(Accounts())
    assert told["tallylight_readers_ended_total", (("cause", "stalled"),)] == 0
    assert set(told.values()) == {0}


def test_every_line_but_samples_is_help_or_type(accounts: Accounts) -> None:
    text = exposition(accounts.snapshot()).decode()
    assert text.endswith("\n")
    families = text.count("# TYPE ")
    assert families == text.count("# HELP ") == 10
