"""The hub's accounts in Prometheus' text format, made from a snapshot when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from tallylight.live.accounting import BOUNDS, Cause, Distribution, ReaderTransport, Snapshot

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


def exposition(snapshot: Snapshot) -> bytes:
    """The body of `GET /metrics`, of media type `MEDIA_TYPE`. Names and meanings: docs/reference/stream-stats.md."""
    # A collector of its own for each scrape: the library's registry is global to the process, and hubs are not.
    return generate_latest(StreamCollector(snapshot))


@dataclass(frozen=True, slots=True)
class StreamCollector(Collector):
    """A snapshot as metric families. Every label value is there from the start, so that rates begin at 0."""

    snapshot: Snapshot

    def collect(self) -> Iterator[Metric]:
        """The families, in the order of the documentation."""
        told = self.snapshot
        yield _readers(told.readers)
        yield _opened(told.opened)
        yield _ended(told.ended)
        yield CounterMetricFamily("tallylight_updates_published", "Updates that feeds were told.", told.published)
        yield CounterMetricFamily(
            "tallylight_updates_delivered", "Updates written, one for each reader that got it.", told.delivered
        )
        yield CounterMetricFamily(
            "tallylight_updates_conflated",
            "Updates replaced by a newer one before they were written, one for each reader.",
            told.conflated,
        )
        yield CounterMetricFamily(
            "tallylight_stream_resets", "Readers told that their position is not one to go on from.", told.resets
        )
        yield CounterMetricFamily(
            "tallylight_stream_bytes", "Bytes written to readers, without HTTP's own.", told.bytes_written
        )
        yield _seconds(told.publish_to_write)
        yield GaugeMetricFamily(
            "tallylight_readers_memory_bound_bytes",
            "Bytes that all connected readers may hold at most, together.",
            told.readers_memory_bound,
        )


def _readers(counts: Mapping[ReaderTransport, int]) -> Metric:
    family = GaugeMetricFamily("tallylight_readers", "Readers connected now.", labels=["transport"])
    for transport, count in counts.items():
        family.add_metric([transport], count)
    return family


def _opened(counts: Mapping[ReaderTransport, int]) -> Metric:
    family = CounterMetricFamily("tallylight_readers_opened", "Readers that came.", labels=["transport"])
    for transport, count in counts.items():
        family.add_metric([transport], count)
    return family


def _ended(counts: Mapping[Cause, int]) -> Metric:
    family = CounterMetricFamily("tallylight_readers_ended", "Readers that ended, by cause.", labels=["cause"])
    for cause, count in counts.items():
        family.add_metric([cause], count)
    return family


def _seconds(told: Distribution) -> Metric:
    bounds = [*map(floatToGoString, BOUNDS), "+Inf"]
    return HistogramMetricFamily(
        "tallylight_publish_to_write_seconds",
        "From publishing an update to handing it to the server, for each reader.",
        buckets=list(zip(bounds, accumulate(told.counts), strict=True)),
        sum_value=told.sum,
    )
